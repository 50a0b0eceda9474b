#!/bin/sh
# `hearth serve --mqtt`: a device that announces itself to a real broker appears on the page, reports, and is commanded.
hearth=$1
. "$(dirname "$0")/serve_kit.sh"
for tool in mosquitto mosquitto_pub mosquitto_sub curl; do command -v $tool >/dev/null || PATH="$PATH:/usr/sbin"; command -v $tool >/dev/null || skip "$tool is not installed"; done

port=18931
printf 'listener %s 127.0.0.1\nallow_anonymous true\n' $port >"$dir/broker.conf"
mosquitto -c "$dir/broker.conf" >"$dir/broker" 2>&1 &
helpers=$!
trap 'kill $helpers 2>/dev/null; cleanup' EXIT
publish() { mosquitto_pub -p $port -t "$1" -m "$2" $3 2>/dev/null; }

# until COMMAND…: within 20 s
until_true() {
    i=0
    until "$@"; do
        i=$((i + 1))
        [ $i -lt 200 ] || fail "never true: $*"
        sleep 0.1
    done
}
until_true publish hearth-test/hello x
entity_is() { curl -sS "$url/api/home" | tr '{' '\n' | grep '"id":"light.test_lamp"' | grep -q "$1"; }

publish homeassistant/light/test_lamp/config '{"name":"试验灯","unique_id":"t1","object_id":"test_lamp","state_topic":"lamp/state","command_topic":"lamp/set","device":{"identifiers":["t1"],"name":"试验灯","suggested_area":"客厅"}}' -r
publish lamp/state OFF -r
mosquitto_sub -p $port -t lamp/set >"$dir/commands" &
helpers="$helpers $!"
start_server --mqtt "mqtt://127.0.0.1:$port"
until_true entity_is '"state":"off"'
curl -sSN "$url/api/events" >"$dir/events" &
helpers="$helpers $!"
until_true grep -q '^event: home' "$dir/events"
publish lamp/state ON -r
until_true entity_is '"state":"on"'
until_true grep -q '^event: change' "$dir/events"
curl -sS "$url/api/call" -d '{"name":"HassTurnOff","arguments":{"name":"试验灯"}}' | grep -q '"outcome":"done"' || fail "call"
until_true grep -qx OFF "$dir/commands"
publish lamp/state OFF -r
until_true entity_is '"state":"off"'
publish homeassistant/light/test_lamp/config '' -r
gone() { ! entity_is .; }
until_true gone
