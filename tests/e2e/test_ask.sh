#!/bin/bash
# hearth ask as its owner meets it: one request, state that is kept, a suite, and the server that answers instead if it runs.
# Arguments: hearth, check_calls.
hearth=$1
check_calls=$2
. "$(dirname "$0")/ask_kit.sh"

# ask NAME [OPTIONS] TEXT: the JSON answer in $dir/NAME
ask() {
    local name=$1
    shift
    "$hearth" ask --json "$@" >"$dir/$name" 2>"$dir/err" || wrong "ask $*: $(cat "$dir/err")"
    [ ! -s "$dir/err" ] || wrong "ask $* writes to stderr: $(cat "$dir/err")"
}

# --- the requests of the first ten minutes, on the demo home ---
ask on "打开客厅的灯"
holds "$dir/on" 'len(a) == 1 and set(a[0]) == {"reply", "calls", "effects", "changes", "asked_back", "refused", "ms"}' "fields of an answer"
holds "$dir/on" 'any(e["action"] == "turn_on" and any(i.startswith("light.living") for i in e["entities"]) for e in a[0]["effects"])' "no light of the living room is turned on"
holds "$dir/on" 'all(c["state"] == "on" for i, c in a[0]["changes"].items() if i.startswith("light."))' "a light changes, but not to on"
holds "$dir/on" 'a[0]["reply"] and not a[0]["asked_back"] and not a[0]["refused"] and a[0]["ms"] > 0' "reply"
ask two "turn off all the lights upstairs and set the bedroom to 21 degrees"
holds "$dir/two" 'any(e["action"] == "turn_off" and "light.bedside" in e["entities"] for e in a[0]["effects"])' "the lights upstairs stay on"
holds "$dir/two" 'any(e["action"] == "set_temperature" and e["entities"] == ["climate.master_ac"] and e["args"]["temperature"] == 21 for e in a[0]["effects"])' "the bedroom is not set to 21"
holds "$dir/two" 'a[0]["changes"]["light.bedside"]["state"] == "off" and a[0]["changes"]["climate.master_ac"]["attributes"]["temperature"] == 21' "changes"
cat "$dir/on" "$dir/two" | "$check_calls" >"$dir/checked" || wrong "calls: $(cat "$dir/checked")"

# --- what happened is kept: the second call finds nothing left to change ---
ask again "打开客厅的灯"
holds "$dir/again" 'a[0]["effects"] and not a[0]["changes"]' "the state of the first call is not kept"
find "$XDG_STATE_HOME/hearth" -name 'home-demo.json' | grep -q . || wrong "no state in XDG_STATE_HOME"
for i in 1 2 3; do "$hearth" ask "打开厨房的灯" >/dev/null 2>>"$dir/parallel" & done
wait
[ ! -s "$dir/parallel" ] || wrong "three at once: $(cat "$dir/parallel")"
python3 -m json.tool "$XDG_STATE_HOME/hearth/home-demo.json" >/dev/null || wrong "the kept state is not JSON"

# --- a home file; which home; where the speaker is ---
ask sofa --home "$data/homes.json#flat" "打开沙发灯"
holds "$dir/sofa" 'a[0]["changes"].get("light.sofa", {}).get("state") == "on"' "--home F#ID"
ask sofa2 --home "$data/../ask/homes.json#flat" "打开沙发灯"
holds "$dir/sofa2" 'not a[0]["changes"]' "the same file by another path is another home"
ask area --home "$data/homes.json#flat" --area 卧室 "打开灯"
holds "$dir/area" 'all("light.sofa" not in e["entities"] for e in a[0]["effects"])' "--area does not narrow"
reply=$("$hearth" ask "打开客厅的灯" 2>"$dir/err")
[ -n "$reply" ] && [ "${reply#\{}" = "$reply" ] && [ "$(wc -l <<<"$reply")" -eq 1 ] || wrong "without --json: '$reply'"

# --- a suite ---
"$hearth" ask --batch "$data/suite.jsonl" --homes "$data/homes.json" >"$dir/batch" 2>"$dir/err" || wrong "--batch: $(cat "$dir/err")"
"$hearth" ask --batch "$data/suite.jsonl" --homes "$data/homes.json" >"$dir/batch2" 2>/dev/null
holds "$dir/batch" '[x["id"] for x in a] == ["setup", "timers", "lists", "history", "confirm"]' "ids, in the order of the suite"
holds "$dir/batch" 'all(set(x) == {"id", "reply", "calls", "effects", "changes", "asked_back", "refused", "ms"} for x in a)' "fields of a line"
holds "$dir/batch" 'all(set(c) == {"name", "arguments"} for x in a for c in x["calls"]) and all(set(e) == {"action", "entities", "args"} for x in a for e in x["effects"])' "fields of calls and effects"
holds "$dir/batch" 'all(set(c) == {"state", "attributes"} for x in a for c in x["changes"].values())' "fields of changes"
holds "$dir/batch" 'a[0]["changes"].get("light.sofa", {}).get("state") == "off"' "setup"
holds "$dir/batch" 'not a[4]["changes"] and (a[4]["asked_back"] or all(e["action"] != "unlock" for e in a[4]["effects"]))' "a line with confirm unlocks the door"
holds "$dir/batch" '"lock.front" not in {i for x in a[:4] for i in x["changes"]}' "homes mix"
"$check_calls" "$data/homes.json" <"$dir/batch" >"$dir/checked" || wrong "calls of the suite: $(cat "$dir/checked")"
cmp -s <(sed 's/"ms": [0-9.]*//' "$dir/batch") <(sed 's/"ms": [0-9.]*//' "$dir/batch2") || wrong "the same suite, other answers"
ask fresh --home "$data/homes.json#house" "turn on the kitchen light"
holds "$dir/fresh" '"light.kitchen" in a[0]["changes"]' "--batch leaves its mark on the kept state"

# --- a server that runs for the home answers; its home is the one that changes; it dies, and its state stays ---
"$hearth" serve --port 0 --threads 1 >"$dir/serve" 2>&1 &
server=$!
for i in $(seq 200); do grep -q '^hearth: http' "$dir/serve" && break; sleep 0.05; done
url=$(sed -n 's/^hearth: \(http:[^ ]*\).*/\1/p' "$dir/serve")
[ -n "$url" ] || wrong "hearth serve: $(cat "$dir/serve")"
# without a model of its own, only the server can answer
HEARTH_MODEL=/nonexistent "$hearth" ask --json "打开书桌台灯" >"$dir/served" 2>"$dir/err" || wrong "ask with a server: $(cat "$dir/err")"
holds "$dir/served" 'set(a[0]) == {"reply", "calls", "effects", "changes", "asked_back", "refused", "ms"} and a[0]["changes"]["light.desk"]["state"] == "on"' "answer of the server"
curl -s "$url/api/home" >"$dir/home"
holds "$dir/home" 'any(e["id"] == "light.desk" and e["state"] == "on" for e in a[0]["entities"])' "the page does not see the change"
HEARTH_MODEL=/nonexistent "$hearth" ask --local "打开书桌台灯" >/dev/null 2>&1 && wrong "--local asks the server"
kill -9 "$server"
wait "$server" 2>/dev/null
ask after "打开书桌台灯"
holds "$dir/after" 'a[0]["effects"] and not a[0]["changes"]' "what the server did is lost when it is killed"
exit $bad
