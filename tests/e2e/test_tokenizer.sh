#!/bin/sh
# From text to a vocabulary, to ids and back, and to a shard: the commands as a person types them.
set -eu
hearth=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

for _ in 1 2 3 4 5 6 7 8; do
    printf '打开客厅的灯\nturn on the kitchen light\n<|endoftext|>\n'
done > "$dir/a.txt"
echo '{"prefix":"<|im_start|>灯<|im_end|>","branches":[[["开",0],["好<|im_end|>",1]],[["关",0],["好<|im_end|>",1]]]}' > "$dir/b.jsonl"

"$hearth" tokenizer train --vocab 270 --out "$dir/t.gguf" --special '<|endoftext|>' --special '<|im_start|>' --special '<|im_end|>' \
    "$dir/a.txt" "$dir/b.jsonl:2" 2> "$dir/log" || fail "tokenizer train: $(cat "$dir/log")"

text='打开客厅的灯, turn on 7 lights! <|im_end|>'
printf %s "$text" | "$hearth" tokenize -m "$dir/t.gguf" > "$dir/ids"
[ "$("$hearth" detokenize -m "$dir/t.gguf" < "$dir/ids")" = "$text" ] || fail "text does not come back"
[ "$(printf '<|im_end|>' | "$hearth" tokenize -m "$dir/t.gguf" --special --json)" = "[269]" ] || fail "special token"
[ "$(printf ab | "$hearth" tokenize -m "$dir/t.gguf")" = "97 98" ] || fail "bytes"
echo '[97, 98]' | "$hearth" detokenize -m "$dir/t.gguf" | grep -qx ab || fail "JSON list of ids"

"$hearth" data pack -m "$dir/t.gguf" --ctx 64 --out "$dir/1.shard" -t 1 "$dir/a.txt" "$dir/b.jsonl" > "$dir/table" 2> "$dir/log" || fail "data pack: $(cat "$dir/log")"
"$hearth" data pack -m "$dir/t.gguf" --ctx 64 --out "$dir/2.shard" -t 2 "$dir/a.txt" "$dir/b.jsonl" > /dev/null 2>&1
cmp "$dir/1.shard" "$dir/2.shard" || fail "the shard depends on the number of threads"
grep -q '^a.txt  *8 documents' "$dir/table" || fail "documents of a.txt: $(cat "$dir/table")"
grep -q '^b.jsonl  *1 documents' "$dir/table" || fail "documents of b.jsonl: $(cat "$dir/table")"
[ "$(head -c 8 "$dir/1.shard")" = HTSHARD1 ] || fail "not a shard"

"$hearth" data pack -m "$dir/t.gguf" --out "$dir/3.shard" --eval-fraction 0.5 --eval-out "$dir/4.shard" "$dir/a.txt" > "$dir/table" 2> /dev/null
eval_tokens=$(awk '$1 == "total" { print $8 }' "$dir/table")
all_tokens=$(awk '$1 == "total" { print $4 }' "$dir/table")
[ "$eval_tokens" -gt 0 ] && [ "$eval_tokens" -lt "$all_tokens" ] || fail "held back: $(cat "$dir/table")"

expect_error() { # status, words, command...
    want=$1 words=$2
    shift 2
    set +e
    "$@" > /dev/null 2> "$dir/log" < /dev/null
    got=$?
    set -e
    [ "$got" = "$want" ] || fail "$*: exit $got, expected $want"
    grep -q "$words" "$dir/log" || fail "$*: $(cat "$dir/log")"
    [ "$(wc -l < "$dir/log")" = 1 ] || fail "$*: more than one line: $(cat "$dir/log")"
}
echo '{"prefix": 1}' > "$dir/bad.jsonl"
expect_error 1 'bad.jsonl:1:' "$hearth" data pack -m "$dir/t.gguf" --out "$dir/5.shard" -t 1 "$dir/bad.jsonl"
[ ! -e "$dir/5.shard" ] || fail "a shard in spite of an error"
expect_error 1 'not.there' "$hearth" tokenize -m "$dir/not.there"
expect_error 2 'vocab' "$hearth" tokenizer train
expect_error 2 'eval-out' "$hearth" data pack -m "$dir/t.gguf" --out x --eval-fraction 0.1 "$dir/a.txt"
echo ok
