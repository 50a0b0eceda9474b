#!/bin/bash
# The completions for bash and zsh know every command, every action and every option that `hearth help` tells of, and no other.
hearth=$1
tools=$(cd "$(dirname "$0")/../../tools/completion" && pwd)
export XDG_STATE_HOME=/dev/null/none
bad=0

# same WHAT EXPECTED GOT: two lists, in any order
same() {
    if [ "$(tr ' ' '\n' <<<"$2" | sort -u)" != "$(tr ' ' '\n' <<<"$3" | sort -u)" ]; then
        echo "$1: hearth says '$2', the completion '$3'"
        bad=1
    fi
}
words() { tr '\n' ' ' | sed 's/ *$//'; }

# options of a help text: in the usage (up to the first empty line), and at the start of a row
help_options() {
    { sed '/^$/q' <<<"$1" | grep -oE '[[( ]--?[a-z][a-z0-9-]*' | tr -d '[( '
      grep -oE '^  (-[a-z], )?--?[a-z][a-z0-9-]*' <<<"$1" | tr ',' '\n' | tr -d ' '; } | grep -v '^--help$' | sort -u | words
}

# what bash offers after the words given
source "$tools/hearth.bash"
offered() {
    COMP_WORDS=(hearth "$@")
    COMP_CWORD=$#
    _hearth
    printf '%s\n' "${COMPREPLY[@]}" | grep -vx -e --help | words
}
zsh_block() { # the options between "key)" and ";;"
    local pattern=$1
    [ "${pattern#devices }" = "$pattern" ] || pattern="'devices '*"
    awk -v key="$pattern" -v quote="'" 'index($0, key ")") == 1 || index($0, quote key quote ")") == 1 { on = 1 } on { print } on && /;;/ { exit }' "$tools/_hearth" |
        grep -oE "'\*?--?[a-z][a-z0-9-]*\[" | tr -d "'*[" | words
}

commands=$("$hearth" help | grep -oE '^  [a-z]+ {2,}[^ ]' | awk '{ print $1 }' | grep -v '^hearth$' | words)
same "commands (bash)" "$commands help" "$(offered "")"
same "commands (zsh)" "$commands help" "$(sed -n "/^commands=(/,/^)/s/^ *'\([a-z]*\):.*/\1/p" "$tools/_hearth" | words)"
[ "$(wc -w <<<"$commands")" -gt 10 ] || { echo "hearth help lists too little: $commands"; bad=1; }

for command in $commands; do
    actions=$(_hearth_actions "$command")
    [ -z "$actions" ] || same "actions of $command (zsh)" "$actions" "$(sed -n "s/^$command) actions=(\(.*\)) ;;/\1/p" "$tools/_hearth")"
    for action in ${actions:-none}; do
        [ "$action" = none ] && key=$command || key="$command $action"
        # shellcheck disable=SC2086  # two words on purpose
        text=$("$hearth" help ${key/devices */devices}) || { echo "hearth help $key fails"; bad=1; }
        grep -q '^example' <<<"$text" || { echo "hearth help $key shows no example"; bad=1; }
        same "options of $key (bash)" "$(help_options "$text")" "$(_hearth_options "$key")"
        same "options of $key (zsh)" "$(help_options "$text")" "$(zsh_block "$key")"
    done
done
[ "$(offered ask --h)" = "--home --homes" ] || { echo "ask --h completes to $(offered ask --h)"; bad=1; }
[ "$(offered data pack --eval)" = "--eval-fraction --eval-out" ] || { echo "data pack --eval completes to $(offered data pack --eval)"; bad=1; }
[ -z "$(offered ask x)" ] || { echo "words are offered where a file may stand"; bad=1; }
exit $bad
