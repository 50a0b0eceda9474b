#!/bin/sh
# `hearth serve` as a person and a supervisor see it: its address, its errors, what it keeps, how it stops.
hearth=$1
. "$(dirname "$0")/serve_kit.sh"
command -v curl >/dev/null || skip "curl is not installed"

get() { curl -sS --max-time 60 "$@"; }

start_server
get "$url/health" | grep -q '"status":"ok"' || fail "health"
get "$url/v1/models" | grep -q '"id":"hearth","object":"model"' || fail "models"
get -I "$url/" | grep -qi "^content-security-policy: default-src 'none'" || fail "the page has no policy"
get -H 'Origin: http://elsewhere.example' "$url/api/home" | grep -q foreign_origin || fail "a foreign page was let in"

# the same port again: one line that says so, exit code 1
"$hearth" serve --port "${url##*:}" >"$dir/second" 2>&1
[ $? -eq 1 ] && [ "$(wc -l <"$dir/second")" -eq 1 ] && grep -q "port ${url##*:} on 127.0.0.1 is taken" "$dir/second" || fail "port taken: $(cat "$dir/second")"

# plain and streamed answers
body='{"model":"hearth","messages":[{"role":"user","content":"你好"}]'
get "$url/v1/chat/completions" -d "$body}" | grep -q '"object":"chat.completion","created":[0-9]*,"model":"hearth".*"finish_reason":"stop"' || fail "chat"
get -N "$url/v1/chat/completions" -d "$body,\"stream\":true}" >"$dir/stream" || fail "stream"
[ "$(grep -c '^data: ' "$dir/stream")" -ge 4 ] && [ "$(tail -n 2 "$dir/stream" | head -n 1)" = 'data: [DONE]' ] || fail "stream: $(cat "$dir/stream")"

# what was acknowledged survives being killed
get "$url/api/call" -d '{"name":"HassTurnOn","arguments":{"name":"落地灯","area":"客厅"}}' | grep -q '"outcome":"done"' || fail "call"
kill -9 "$server"
wait "$server" 2>/dev/null
start_server
get "$url/api/home" | tr '{' '\n' | grep '"id":"light.living_floor_lamp"' | grep -q '"state":"on"' || fail "the lamp was forgotten"

# one of several homes, another address
kill -TERM "$server"
wait "$server" || fail "SIGTERM: exit code $?"
server=
printf '{"homes":{"a":{"id":"a","entities":[]},"b":{"id":"b","entities":[]}}}' >"$dir/homes.json"
start_server --home "$dir/homes.json#b" --host 0.0.0.0
get "$url/health" | grep -q '"home":"b"' || fail "--home F#ID"
grep -q 'everybody who reaches this machine' "$dir/err" || fail "no warning about an open address"
# idle: a second of it costs next to nothing
before=$(awk '{ print $14 + $15 }' "/proc/$server/stat")
sleep 1
[ $(($(awk '{ print $14 + $15 }' "/proc/$server/stat") - before)) -le 2 ] || fail "the idle server works"
kill -INT "$server"
wait "$server" || fail "SIGINT: exit code $?"
server=

"$hearth" serve --port 99999 >"$dir/second" 2>&1
[ $? -eq 2 ] && grep -q -- '--port wants a whole number' "$dir/second" || fail "bad port"
"$hearth" serve --help | grep -q '^usage: hearth serve' || fail "help"
