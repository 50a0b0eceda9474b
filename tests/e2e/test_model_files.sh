#!/bin/sh
# Broken model files: one clear line on stderr, exit code 1, no crash; and the commands on a good one.
hearth=$1
corpus=$(cd "$(dirname "$0")/../../fuzz/corpus/gguf" && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0

# refused WORD COMMAND…: exit code 1, one line, with WORD in it
refused() {
    word=$1
    shift
    "$@" >"$dir/out" 2>"$dir/err"
    code=$?
    if [ $code -ne 1 ] || [ "$(wc -l <"$dir/err")" -ne 1 ] || ! grep -q "$word" "$dir/err"; then
        echo "expected one line with '$word' and exit code 1 from: $*; got $code:"
        cat "$dir/err"
        bad=1
    fi
}

# works COMMAND…
works() {
    if ! "$@" >"$dir/out" 2>"$dir/err"; then
        echo "failed: $*"
        cat "$dir/err"
        bad=1
    fi
}

printf 'not a model' >"$dir/text.gguf"
: >"$dir/empty.gguf"
head -c 3000 "$corpus/llama.gguf" >"$dir/cut.gguf"
sed 's/llama/mamba/' "$corpus/llama.gguf" >"$dir/arch.gguf"
for f in text empty; do
    refused 'not a GGUF file' "$hearth" inspect "$dir/$f.gguf"
    refused 'not a GGUF file' "$hearth" bench -m "$dir/$f.gguf"
    refused 'not a GGUF file' "$hearth" generate -m "$dir/$f.gguf" -p x
done
refused 'download complete' "$hearth" inspect "$dir/cut.gguf"
refused 'download complete' "$hearth" logits -m "$dir/cut.gguf" --tokens 1 --out "$dir/l"
refused "architecture 'mamba'" "$hearth" bench -m "$dir/arch.gguf"
refused 'No such file' "$hearth" inspect "$dir/absent.gguf"
refused 'not in the vocabulary' "$hearth" logits -m "$corpus/llama.gguf" --tokens 1,99 --out "$dir/l"
refused 'unknown weight type' "$hearth" quantize "$corpus/llama.gguf" "$dir/q.gguf" Q9
refused 'download complete' "$hearth" quantize "$dir/cut.gguf" "$dir/q.gguf" Q8_0
[ -e "$dir/q.gguf" ] && { echo "a failed quantize left a file"; bad=1; }

for m in llama qwen2 qwen3; do
    works "$hearth" inspect "$corpus/$m.gguf"
    works "$hearth" logits -m "$corpus/$m.gguf" --tokens 0,1,2,3,2,1 --out "$dir/l"
    [ "$(wc -c <"$dir/l")" -eq 96 ] || { echo "$m: wrong size of logits"; bad=1; }
    works "$hearth" quantize "$corpus/$m.gguf" "$dir/q.gguf" F16
done
works "$hearth" bench -m "$corpus/llama.gguf" -p 8 -n 4 --batch 1,2 --json
grep -q '"batch": {"1": [0-9.]*, "2": [0-9.]*}, "load_ms"' "$dir/out" || { echo "bench --json:"; cat "$dir/out"; bad=1; }
exit $bad
