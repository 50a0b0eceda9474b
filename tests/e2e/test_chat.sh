#!/bin/bash
# hearth chat: a conversation through a pipe, and in a terminal.
hearth=$1
. "$(dirname "$0")/ask_kit.sh"

printf '打开卧室的床头灯\n\n再把它关掉\n' | "$hearth" chat --home "$data/homes.json#flat" >"$dir/out" 2>"$dir/err" || wrong "exit code"
[ ! -s "$dir/err" ] || wrong "stderr: $(cat "$dir/err")"
[ "$(wc -l <"$dir/out")" -eq 2 ] || wrong "two requests, these answers: $(cat "$dir/out")"
grep -q $'\033\|ms$\|^>' "$dir/out" && wrong "prompt, colours or times in a pipe: $(cat "$dir/out")"

# commands; what is wrong with one request does not end the conversation
printf '/area 阳台\n打开灯\n/area 卧室\n打开床头灯\n/forget\n/what\n打开沙发灯\n/quit\n关闭沙发灯\n' |
    "$hearth" chat --home "$data/homes.json#flat" >"$dir/out" 2>"$dir/err" || wrong "exit code after an error"
[ "$(wc -l <"$dir/out")" -eq 2 ] || wrong "answers: $(cat "$dir/out")"
[ "$(wc -l <"$dir/err")" -eq 2 ] && grep -q "area '阳台'" "$dir/err" && grep -q '/quit' "$dir/err" || wrong "stderr: $(cat "$dir/err")"

# a long conversation goes on: what the context has no room for is forgotten
for _ in 1 2 3 4 5 6 7; do printf '%s\n' "打开沙发灯$(printf '，真的真的真的真的真的真的真的真的真的真的%.0s' $(seq 25))"; done |
    "$hearth" chat --home "$data/homes.json#flat" >"$dir/out" 2>"$dir/err" || wrong "exit code of a long conversation"
[ ! -s "$dir/err" ] && [ "$(wc -l <"$dir/out")" -eq 7 ] || wrong "a long conversation stops: $(cat "$dir/err")"

# what was said is done, and stays; after /quit nothing is
"$hearth" ask --json --home "$data/homes.json#flat" "打开沙发灯" >"$dir/kept"
holds "$dir/kept" 'a[0]["effects"] and not a[0]["changes"]' "the conversation is not kept, or goes on behind /quit"

: | "$hearth" chat >"$dir/out" 2>&1 || wrong "an empty conversation: $(cat "$dir/out")"
[ ! -s "$dir/out" ] || wrong "an empty conversation says $(cat "$dir/out")"
if command -v script >/dev/null; then
    { sleep 1; printf '打开沙发灯\n'; sleep 3; printf '/quit\n'; } | NO_COLOR=1 script -qec "'$hearth' chat --home '$data/homes.json#flat'" /dev/null >"$dir/tty" 2>&1
    grep -q '^> \|> 打' "$dir/tty" && grep -q ' ms' "$dir/tty" || wrong "in a terminal: $(cat "$dir/tty")"
    grep -q $'\033\[1m' "$dir/tty" && wrong "colours in spite of NO_COLOR"
fi
exit $bad
