#!/bin/bash
# Whatever is wrong, outside or in the files: one clear line on stderr that names it, exit code 1, no crash. With a tiny random
# model, so that it also runs under the sanitizers. Arguments: hearth, the program that writes that model.
hearth=$1
write_model=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export XDG_STATE_HOME=$dir/state HEARTH_MODEL=$dir/tiny.gguf
unset HEARTH_MQTT
tiny=$HEARTH_MODEL
bad=0
"$write_model" --write "$tiny" || exit 1

# fails WORD COMMAND…: exit code 1, one line with WORD on stderr
fails() {
    local word=$1 code
    shift
    "$hearth" "$@" >"$dir/out" 2>"$dir/err" </dev/null
    code=$?
    if [ $code -ne 1 ] || [ "$(wc -l <"$dir/err")" -ne 1 ] || ! grep -q -- "$word" "$dir/err"; then
        printf 'hearth %s: exit code %d, expected 1 and one line with "%s", got:\n%s\n' "$*" $code "$word" "$(cat "$dir/err")"
        bad=1
    fi
}
"$hearth" ask "hi" >"$dir/out" 2>"$dir/err" || { echo "the tiny model does not work: $(cat "$dir/err")"; exit 1; }

# --- model files ---
size=$(stat -c %s "$tiny")
for n in 0 3 4 20 200 5000 $((size / 2)) $((size - 1)); do
    head -c "$n" "$tiny" >"$dir/cut.gguf"
    fails "cut.gguf" ask --model "$dir/cut.gguf" "hi"
done
sed 's/qwen3/mamba/g' "$tiny" >"$dir/arch.gguf"
fails "architecture 'mamba'" ask --model "$dir/arch.gguf" "hi"
sed 's/<tool_call>/<fool_call>/' "$tiny" >"$dir/plain.gguf"
fails "not a model for the assistant" ask --model "$dir/plain.gguf" "hi"
fails "none.gguf" ask --model "$dir/none.gguf" "hi"
fails "not a regular file" ask --model "$dir" "hi"
fails "GGUF" ask --model "$0" "hi"
HEARTH_MODEL=$dir/env.gguf fails "env.gguf" chat
fails "none.gguf" serve --port 0 --model "$dir/none.gguf"
# bytes changed anywhere in the description: an error in one line, or a model that still works; never a crash
for i in $(seq 0 150 9000); do
    cp "$tiny" "$dir/flip.gguf"
    printf '\377\377\377\377' | dd of="$dir/flip.gguf" bs=1 seek="$i" conv=notrunc status=none
    "$hearth" inspect "$dir/flip.gguf" >/dev/null 2>"$dir/err"
    code=$?
    { [ $code -eq 0 ] || { [ $code -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ]; }; } || { echo "inspect with byte $i changed: $code, $(cat "$dir/err")"; bad=1; }
    "$hearth" logits -m "$dir/flip.gguf" --tokens 1,2 --out "$dir/logits" >/dev/null 2>"$dir/err"
    code=$?
    [ $code -le 1 ] || { echo "logits with byte $i changed: $code, $(cat "$dir/err")"; bad=1; }
done

# --- homes ---
home() { printf '%s' "$1" >"$dir/home.json"; }
home '{"id": "x", "entities": ['
fails "home.json" ask --home "$dir/home.json" "hi"
home '[]'
fails "home.json" ask --home "$dir/home.json" "hi"
home '{"homes": {}}'
fails "home.json" ask --home "$dir/home.json" "hi"
home '{"id": "x", "areas": [], "entities": [{"id": 7}]}'
fails "home.json" ask --home "$dir/home.json" "hi"
home '{"homes": {"a": {"id": "a", "areas": [], "entities": []}}}'
fails "nobody" ask --home "$dir/home.json#nobody" "hi"
fails "none.json" ask --home "$dir/none.json" "hi"
fails "$dir" ask --home "$dir" "hi"
fails "no area 'attic'" ask --area attic "hi"
fails "not UTF-8" ask $'\xff\xfe'
fails "longer than" ask "$(head -c 5000 /dev/zero | tr '\0' x)"

# --- suites ---
echo '{"id": "1", "text": "hi"}' >"$dir/suite.jsonl"
echo '{"homes": {"a": {"id": "a", "areas": [], "entities": []}}}' >"$dir/homes.json"
fails "homes.txt" ask --batch "$dir/suite.jsonl" --homes "$dir/homes.txt"
fails "Is a directory" ask --batch "$dir/suite.jsonl" --homes "$dir"
fails "Is a directory" ask --batch "$dir" --homes "$dir/homes.json"
fails "none.jsonl" ask --batch "$dir/none.jsonl" --homes "$dir/homes.json"
fails "suite.jsonl: " ask --batch "$dir/suite.jsonl" --homes "$dir/suite.jsonl"
for line in '{' '{"id": "1"}' '{"text": 7}' '{"text": "hi", "home": "b"}' '{"text": ""}' '{"text": "hi", "now": "soon"}' \
    '{"text": "hi", "setup": {"light.none": {"state": "on"}}}'; do
    echo "$line" >"$dir/bad.jsonl"
    fails "bad.jsonl line 1: " ask --batch "$dir/bad.jsonl" --homes "$dir/homes.json"
    fails "bad.jsonl line 1: " eval home "$dir/bad.jsonl" --homes "$dir/homes.json"
done

# --- state and output ---
XDG_STATE_HOME=/proc/none fails "/proc/none" ask "hi"
: >"$dir/file"
XDG_STATE_HOME=$dir/file fails "$dir/file" ask "hi"
XDG_STATE_HOME=$dir/file fails "$dir/file" serve --port 0
for command in "ask hi" "ask --json hi" "ask --batch $dir/suite.jsonl --homes $dir/homes.json" "help" "help ask" "inspect $tiny" "version"; do
    # shellcheck disable=SC2086  # words on purpose
    "$hearth" $command >/dev/full 2>"$dir/err"
    code=$?
    [ $code -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q 'standard output' "$dir/err" || { echo "hearth $command >/dev/full: $code, $(cat "$dir/err")"; bad=1; }
done
echo '{ broken' >"$XDG_STATE_HOME/hearth/home-demo.json" # as if by a full disk: the home begins anew
"$hearth" ask "hi" >"$dir/out" 2>"$dir/err" || { echo "a broken state file: $(cat "$dir/err")"; bad=1; }
"$hearth" inspect "$tiny" --all 2>"$dir/err" | head -n 1 >/dev/null # a reader that leaves is no reason to complain
[ ! -s "$dir/err" ] || { echo "inspect | head: $(cat "$dir/err")"; bad=1; }
exit $bad
