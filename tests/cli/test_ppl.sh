#!/bin/bash
# hearth eval ppl against its definition, worked out in Python from what `hearth logits` writes. Arguments: hearth, the program
# that writes a tiny model.
hearth=$1
write_model=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
"$write_model" --write "$dir/m.gguf" || exit 1
for i in $(seq 12); do echo "line $i of a text that the model has never seen"; done >"$dir/text"
"$hearth" eval ppl -m "$dir/m.gguf" --ctx 70 --json "$dir/text" >"$dir/got" 2>"$dir/err" || { cat "$dir/err"; exit 1; }
python3 - "$hearth" "$dir" <<'PY'
import json, math, struct, subprocess, sys
hearth, d = sys.argv[1:]
ids = list(open(d + "/text", "rb").read())  # the tiny vocabulary has the bytes as its first ids
nll, n = 0.0, 0
for c in range(len(ids) // 70):
    chunk = ids[c * 70:(c + 1) * 70]
    subprocess.run([hearth, "logits", "-m", d + "/m.gguf", "--tokens", ",".join(map(str, chunk)), "--out", d + "/logits"], check=True)
    raw = open(d + "/logits", "rb").read()
    v = len(raw) // 4 // 70
    for i in range(35, 69):
        row = struct.unpack(f"<{v}f", raw[i * v * 4:(i + 1) * v * 4])
        top = max(row)
        nll += math.log(sum(math.exp(x - top) for x in row)) + top - row[chunk[i + 1]]
        n += 1
got = json.load(open(d + "/got"))
want = math.exp(nll / n)
assert got["tokens"] == n and abs(got["ppl"] / want - 1) < 1e-4, (got, want, n)
PY
[ $? -eq 0 ] || exit 1
"$hearth" eval ppl -m "$dir/m.gguf" "$dir/text" --ctx 400 2>"$dir/err" && exit 1
[ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q 'fewer than two chunks' "$dir/err" || { cat "$dir/err"; exit 1; }
