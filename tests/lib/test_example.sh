#!/bin/bash
# docs/example.c, built against the public header and the archive alone, completes a text and runs the demo home.
# Arguments: hearth, the example, the program that writes a tiny model.
example=$2
write_model=$3
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
"$write_model" --write "$dir/tiny.gguf" || exit 1
"$example" "$dir/tiny.gguf" "打开客厅的灯" >"$dir/out" || { echo "the example fails"; exit 1; }
grep -aq '^tiny (hearth 0\.' "$dir/out" && grep -aq '^Hello' "$dir/out" || { cat "$dir/out"; echo "no completion"; exit 1; }
tail -n 1 "$dir/out" | python3 -c 'import json, sys; a = json.load(sys.stdin); assert {"reply", "calls", "effects", "changes", "asked_back", "refused", "ms"} == set(a), a' || exit 1
"$example" "$dir/none.gguf" 2>"$dir/err" && { echo "a missing model is no error"; exit 1; }
[ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q 'none.gguf' "$dir/err" || { cat "$dir/err"; exit 1; }
