#!/bin/bash
# hearth eval home: a table for people, an object for programs, errors with the line they are on.
hearth=$1
. "$(dirname "$0")/ask_kit.sh"

"$hearth" eval home "$data/suite.jsonl" --homes "$data/homes.json" --by lang --json >"$dir/json" 2>"$dir/err" || wrong "eval: $(cat "$dir/err")"
holds "$dir/json" 'len(a) == 1 and a[0]["total"] == 5 and a[0]["groups"]["zh-CN"][0] == 3 and a[0]["groups"]["en"][0] == 2' "groups"
holds "$dir/json" 'a[0]["right"] == sum(g[1] for g in a[0]["groups"].values()) and abs(a[0]["accuracy"] - a[0]["right"] / 5) < 1e-9' "sums"
holds "$dir/json" 'len(a[0]["wrong"]) == 5 - a[0]["right"] and 0 < a[0]["p50_ms"] <= a[0]["p99_ms"]' "wrong answers and times"
"$hearth" eval home "$data/suite.jsonl" "$data/suite.jsonl" --homes "$data/homes.json" --errors 1 >"$dir/table" 2>"$dir/err" || wrong "two suites: $(cat "$dir/err")"
grep -qE '^all +[0-9]+/10 .*p50 [0-9.]+ ms' "$dir/table" || wrong "table: $(cat "$dir/table")"
[ "$(grep -c '^  x ' "$dir/table")" -le 1 ] || wrong "--errors 1: $(cat "$dir/table")"
# `ask --batch` and eval see the same answer: the first line of the suite is a plain request, and graded as right or wrong alike
"$hearth" ask --batch "$data/suite.jsonl" --homes "$data/homes.json" >"$dir/batch" 2>/dev/null
right=$(python3 -c 'import json, sys; print(int("light.sofa" in json.loads(open(sys.argv[1]).readline())["changes"]))' "$dir/batch")
head -n 1 "$data/suite.jsonl" >"$dir/one.jsonl"
"$hearth" eval home "$dir/one.jsonl" --homes "$data/homes.json" --json >"$dir/json" 2>/dev/null
holds "$dir/json" "a[0]['right'] == $right" "eval grades the first line otherwise than its effect ($right)"

echo '{"id": "x", "text": "hi", "home": "castle"}' >"$dir/bad.jsonl"
"$hearth" eval home "$dir/bad.jsonl" --homes "$data/homes.json" >"$dir/out" 2>"$dir/err" && wrong "an unknown home is no error"
grep -q "bad.jsonl line 1: .*castle" "$dir/err" || wrong "unknown home: $(cat "$dir/err")"
exit $bad
