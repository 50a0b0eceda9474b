#!/usr/bin/env python3
"""Compares `hearth logits` with logits that another program computed.

usage: bench/golden.py FOLDER [HEARTH]

FOLDER holds X.gguf beside X.short.f32 (little-endian float32 [n_tokens][n_vocab]) and tokens.json with "short": [ids].
Prints a line a model: the relative error of the fastest kernels, of each instruction set alone against the scalar
reference, and whether it is within what its type allows. Exit code 1 if one is not."""
import array, json, math, os, subprocess, sys, tempfile

LIMITS = {"F32": 1e-4, "F16": 5e-3, "BF16": 3e-2}
QUANTISED, AGAINST_SCALAR = 0.15, 1e-3


def floats(path):
    a = array.array("f")
    with open(path, "rb") as f:
        a.frombytes(f.read())
    return a


def distance(a, b):
    if len(a) != len(b):
        return math.inf
    num = math.fsum((x - y) ** 2 for x, y in zip(a, b))
    return math.sqrt(num / math.fsum(y * y for y in b))


def run(hearth, model, ids, cpu, threads):
    env = dict(os.environ)
    env.pop("HEARTH_CPU", None)
    if cpu:
        env["HEARTH_CPU"] = cpu
    with tempfile.NamedTemporaryFile() as out:
        cmd = [hearth, "logits", "-m", model, "--tokens", ",".join(map(str, ids)), "--out", out.name, "-t", str(threads)]
        done = subprocess.run(cmd, env=env, capture_output=True, text=True)
        if done.returncode != 0:
            return None, done.stderr.strip()
        return floats(out.name), ""


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder, hearth = sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "build/release/hearth"
    ids = json.load(open(os.path.join(folder, "tokens.json")))["short"]
    bad = 0
    print(f"{'model':16} {'vs golden':>10} {'limit':>8} | against our scalar: {'all':>9} {'avx2':>9} {'avxvnni':>9} {'avx512':>9}")
    for name in sorted(os.listdir(folder)):
        golden = os.path.join(folder, name[:-5] + ".short.f32")
        if not name.endswith(".gguf") or not os.path.exists(golden):
            continue
        model, kind = os.path.join(folder, name), name[:-5].split("-")[-1]
        want = floats(golden)
        got, why = run(hearth, model, ids, None, 2)
        if got is None:
            print(f"{name[:-5]:16} {why}")
            bad += kind in LIMITS or kind in ("Q8_0", "Q4_0")
            continue
        one, _ = run(hearth, model, ids, None, 1)
        scalar, _ = run(hearth, model, ids, "scalar", 1)
        sets = [distance(run(hearth, model, ids, cpu, 1)[0], scalar) for cpu in ("avx2", "avx2,avxvnni", "avx2,avx512")]
        error, own, limit = distance(got, want), distance(got, scalar), LIMITS.get(kind, QUANTISED)
        ok = error <= limit and got == one and (kind == "BF16" or own <= AGAINST_SCALAR)
        bad += not ok
        print(f"{name[:-5]:16} {error:10.2e} {limit:8.2g} | {'':19} {own:9.1e} " + " ".join(f"{s:9.1e}" for s in sets) + ("" if ok else "  FAILED"))
    sys.exit(1 if bad else 0)


main()
