# Completion of hearth for bash: commands, actions, options; files elsewhere.
# Installed to share/bash-completion/completions/hearth; to try it: source tools/completion/hearth.bash
# Its lists are checked against `hearth help` by tests/cli/test_completion.sh.

_hearth_commands="ask chat serve devices sim generate eval bench inspect quantize tokenize detokenize logits tokenizer data train version help"

# The actions of a command that has some.
_hearth_actions() {
    case $1 in
    devices) echo "list show watch set" ;;
    eval) echo "home ppl" ;;
    tokenizer) echo "train" ;;
    data) echo "pack home" ;;
    help) echo "$_hearth_commands" ;;
    esac
}

# The options of "command" or "command action".
_hearth_options() {
    case $1 in
    ask) echo "--home --mqtt --area --model --threads --confirm --json --local --batch --homes" ;;
    chat) echo "--home --mqtt --area --model --threads --local" ;;
    serve) echo "--host --port --home --model --mqtt --threads --allow-host" ;;
    "devices "*) echo "--mqtt --home --json" ;;
    sim) echo "--mqtt --broker --prefix --latency --travel --clean -v --verbose" ;;
    generate) echo "-m -p -n -c --temp --top-k --top-p --min-p --repeat-penalty --seed --json-schema --grammar --special -t --stats" ;;
    "eval home") echo "--homes --by --errors --json --model --threads" ;;
    "eval ppl") echo "-m --model --ctx --json -t --threads" ;;
    bench) echo "-m -p -n -t --batch --json" ;;
    inspect) echo "--all" ;;
    tokenize) echo "-m --model --json --special --bos" ;;
    detokenize) echo "-m --model --special" ;;
    logits) echo "-m --tokens --out -t" ;;
    "tokenizer train") echo "--vocab --out --special --user --eos --min-count --max-mb -t --threads" ;;
    "data pack") echo "-m --model --out --ctx --loss --max-tokens --eval-fraction --eval-out --seed -t --threads" ;;
    "data home") echo "--phrases --lang --count --seed --out --exclude --show --verify --check -t --threads" ;;
    train) echo "--resume --dry-run --threads --profile --export --bf16" ;;
    esac
}

_hearth() {
    local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=""
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words=$_hearth_commands
    elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$(_hearth_actions "$command")" ]; then
        words="$(_hearth_actions "$command") --help"
    elif [ "${cur#-}" != "$cur" ]; then
        [ -n "$(_hearth_actions "$command")" ] && command="$command ${COMP_WORDS[2]}"
        words="$(_hearth_options "$command") --help"
    fi
    # without words: files, by -o default
    [ -z "$words" ] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _hearth hearth
