#!/bin/bash
# What is wrong with a command line is told in one line that names it; exit code 2. Help is on stdout and succeeds.
hearth=$1
export XDG_STATE_HOME=/dev/null/none # a wrong command line never gets as far as the home
bad=0

# wrong EXPECTED COMMAND…: exit code 2, nothing on stdout, exactly this line on stderr
wrong() {
    local want=$1 out err code
    shift
    out=$("$hearth" "$@" 2>/dev/null </dev/null)
    err=$("$hearth" "$@" 2>&1 >/dev/null </dev/null)
    code=$?
    if [ $code -ne 2 ] || [ -n "$out" ] || [ "$err" != "$want" ]; then
        printf 'hearth %s: exit code %d\n  got      %s\n  expected %s\n' "$*" $code "$err" "$want"
        bad=1
    fi
}

for command in $("$hearth" help | grep -oE '^  [a-z]+ {2,}[^ ]' | awk '{ print $1 }' | grep -v '^hearth$'); do
    case $command in
    eval) words=(eval home) name="eval home" ;;
    tokenizer) words=(tokenizer train) name=tokenizer ;;
    data) words=(data pack) name="data pack" ;;
    *) words=("$command") name=$command ;;
    esac
    wrong "hearth $name: unknown option --foo (see \`hearth $name --help\`)" "${words[@]}" --foo
    wrong "hearth $name: unknown option --foo (see \`hearth $name --help\`)" "${words[@]}" --foo=bar
    wrong "hearth $name: unknown option -Z (see \`hearth $name --help\`)" "${words[@]}" -Z
    wrong "hearth $name: --help takes no value (see \`hearth $name --help\`)" "${words[@]}" --help=x
    for way in "help $command" "$command --help" "$command -h"; do
        # shellcheck disable=SC2086  # two words on purpose
        text=$("$hearth" $way 2>/dev/null) || { echo "hearth $way fails"; bad=1; }
        [ "${text#usage: hearth $command}" != "$text" ] || { echo "hearth $way: begins with '${text%%$'\n'*}'"; bad=1; }
        grep -q '^example' <<<"$text" || { echo "hearth $way: no example"; bad=1; }
    done
done
wrong "hearth eval ppl: unknown option --foo (see \`hearth eval ppl --help\`)" eval ppl --foo
wrong "hearth data home: unknown option --foo (see \`hearth data home --help\`)" data home --foo

wrong "hearth ask: --home wants a value (see \`hearth ask --help\`)" ask x --home
wrong "hearth ask: -m wants a value (see \`hearth ask --help\`)" ask x -m
wrong "hearth ask: --json takes no value (see \`hearth ask --help\`)" ask --json=1 x
wrong "hearth ask: unknown option --hoem, did you mean --home? (see \`hearth ask --help\`)" ask --hoem f x
wrong "hearth ask: --h could be more than one option (see \`hearth ask --help\`)" ask --h x
wrong "hearth ask: unknown option -x (see \`hearth ask --help\`)" ask --json -xt x
wrong "hearth ask: --threads wants a whole number from 1 to 1024, not 'many' (see \`hearth ask --help\`)" ask --threads many x
wrong "hearth ask: what do you want to ask? (see \`hearth ask --help\`)" ask
wrong "hearth ask: the request is empty (see \`hearth ask --help\`)" ask " "
wrong "hearth ask: one request, in quotes, please (see \`hearth ask --help\`)" ask turn on
wrong "hearth ask: --batch SUITE.jsonl and --homes HOMES.json go together (see \`hearth ask --help\`)" ask --batch x
wrong "hearth ask: --batch takes its requests from the suite, not 'x' (see \`hearth ask --help\`)" ask --batch a --homes b x
wrong "hearth chat: 'x' is too much; for one request there is \`hearth ask\` (see \`hearth chat --help\`)" chat x
wrong "hearth serve: --port wants a whole number from 0 to 65535, not '70000' (see \`hearth serve --help\`)" serve --port 70000
wrong "hearth eval: cannot evaluate 'x', only: home, ppl (see \`hearth eval --help\`)" eval x
wrong "hearth data: there is no action 'x', only: pack, home (see \`hearth data --help\`)" data x
wrong "hearth: there is no command 'aks'; did you mean 'ask'?" aks
wrong "hearth: there is no command 'generat'; did you mean 'generate'?" generat
wrong "hearth: there is no command 'xyzzy'; \`hearth help\` lists them" xyzzy
wrong "hearth: there is no command 'xyzzy'; \`hearth help\` lists them" help xyzzy
wrong "hearth: the command comes first, then its options; '--json' is none (see \`hearth help\`)" --json ask x

# help: on stdout when asked for, on stderr with exit code 2 when the command is missing; no colours off a terminal
"$hearth" help 2>&1 >/dev/null | grep -q . && { echo "hearth help writes to stderr"; bad=1; }
"$hearth" help | grep -q $'\033' && { echo "colours in a pipe"; bad=1; }
"$hearth" >/dev/null 2>&1
[ $? -eq 2 ] || { echo "hearth alone: exit code"; bad=1; }
[ -z "$("$hearth" 2>/dev/null)" ] || { echo "hearth alone writes to stdout"; bad=1; }
if command -v script >/dev/null; then
    TERM=xterm script -qec "env -u NO_COLOR '$hearth' help" /dev/null | grep -q $'\033\[1m' || { echo "no colours on a terminal"; bad=1; }
    TERM=xterm NO_COLOR=1 script -qec "'$hearth' help" /dev/null | grep -q $'\033' && { echo "colours in spite of NO_COLOR"; bad=1; }
fi
"$hearth" version | grep -qE '^hearth [0-9]+\.[0-9]+\.[0-9]+$' || { echo "hearth version"; bad=1; }
[ "$("$hearth" --version)" = "$("$hearth" version)" ] || { echo "hearth --version"; bad=1; }
exit $bad
