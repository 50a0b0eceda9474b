#!/bin/sh
# Devices over a real broker: mosquitto, a simulated home on it, and the commands of a person. What is on the wire is compared with
# messages written by hand from Home Assistant's discovery format, so that the simulator and the hub cannot be wrong together.
set -eu
hearth=$1
dir=$(mktemp -d)
broker= sim= watcher=
stop() { for p in $watcher $sim $broker; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$dir"; }
trap stop EXIT
fail() { echo "FAILED: $*" >&2; for f in "$dir"/*.log; do echo "--- $f" >&2; tail -20 "$f" >&2; done; exit 1; }
PATH=$PATH:/usr/sbin:/sbin
for tool in mosquitto mosquitto_pub mosquitto_sub; do
    command -v "$tool" > /dev/null || { echo "SKIP: no $tool"; exit 77; }
done
export XDG_STATE_HOME="$dir/state" NO_COLOR=1
unset HEARTH_MQTT || true

start_broker() {
    printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$port" > "$dir/broker.conf"
    mosquitto -c "$dir/broker.conf" > "$dir/broker.log" 2>&1 &
    broker=$!
    n=0
    until mosquitto_pub -h 127.0.0.1 -p "$port" -t hearth-test -m x 2> /dev/null; do
        kill -0 "$broker" 2> /dev/null || return 1
        n=$((n + 1)); [ $n -lt 100 ] || return 1
        sleep 0.05
    done
}
port=$((20000 + $$ % 20000))
tries=0
until start_broker; do
    tries=$((tries + 1)); port=$((port + 1)); [ $tries -lt 10 ] || fail "mosquitto does not start"
done
url=mqtt://127.0.0.1:$port
pub() { mosquitto_pub -h 127.0.0.1 -p "$port" "$@"; }
# The retained message of a topic, or of several, a line each.
retained() { mosquitto_sub -h 127.0.0.1 -p "$port" -W 2 --retained-only "$@" || true; }
same() { [ "$2" = "$3" ] || fail "$1 is
  $2
expected
  $3"; }
# Waits until the command prints what is expected.
await() {
    what=$1 want=$2; shift 2
    n=0
    while got=$("$@" 2>> "$dir/await.log"); [ "$got" != "$want" ]; do
        n=$((n + 1)); [ $n -lt 60 ] || fail "$what is '$got', expected '$want'"
        sleep 0.1
    done
}
devices() { what=$1; shift; timeout 20 "$hearth" devices "$what" "$@" --mqtt "$url"; }
field() { # ID PATH: a member of what `devices show` prints
    devices show "$1" --json | python3 -c 'import json,sys
v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[k]
print(v if isinstance(v,str) else json.dumps(v))' "$2"
}

cat > "$dir/home.json" << 'JSON'
{"id":"test","lang":"en","areas":[{"name":"Kitchen"},{"name":"客厅"}],"entities":[
 {"id":"light.lamp","name":"Lamp","aliases":["table lamp"],"area":"Kitchen","state":"off","attributes":{"supported_color_modes":["color_temp","rgb"],
  "min_color_temp_kelvin":2200,"max_color_temp_kelvin":6500,"off_brightness":128}},
 {"id":"switch.kettle","name":"Kettle","area":"Kitchen","state":"off"},
 {"id":"cover.curtain","name":"窗帘","area":"客厅","state":"closed","attributes":{"device_class":"curtain","current_position":0}},
 {"id":"climate.ac","name":"空调","area":"客厅","state":"off","attributes":{"hvac_modes":["off","cool","heat"],"temperature":25,"current_temperature":27.5,
  "min_temp":16,"max_temp":31,"fan_mode":"low","fan_modes":["low","high"]}},
 {"id":"fan.ceiling","name":"Ceiling fan","area":"客厅","state":"off","attributes":{"percentage":0,"oscillating":false}},
 {"id":"lock.door","name":"Front door","state":"locked"},
 {"id":"valve.water","name":"Water","state":"open","attributes":{"current_position":100}},
 {"id":"sensor.t","name":"Temperature","area":"Kitchen","state":"21.5","attributes":{"device_class":"temperature","unit_of_measurement":"°C"}},
 {"id":"binary_sensor.window","name":"Window","area":"Kitchen","state":"off","attributes":{"device_class":"window"}},
 {"id":"button.bell","name":"Bell","state":null},
 {"id":"number.delay","name":"Delay","state":"5","attributes":{"min":0,"max":60}},
 {"id":"select.mode","name":"Mode","state":"eco","attributes":{"options":["eco","boost"]}},
 {"id":"media_player.tv","name":"TV","area":"客厅","state":"off","attributes":{"volume_level":0.3,"source_list":["HDMI 1"]}},
 {"id":"vacuum.robot","name":"Robot","state":"docked"},
 {"id":"scene.movie","name":"Movie","state":null,"attributes":{"entities":{"light.lamp":{"state":"off"},"media_player.tv":{"state":"on"}}}}]}
JSON
start_sim() { "$hearth" sim "$dir/home.json" --mqtt --broker "127.0.0.1:$port" --latency 20 "$@" > "$dir/sim.log" 2>&1 & sim=$!; }
start_sim -v
await "the simulator" "hearth sim: 15 devices on 127.0.0.1:$port" head -1 "$dir/sim.log"

echo "announcements"
same "light" "$(retained -t homeassistant/light/hearth_light_lamp/config -C 1)" \
    '{"~":"hearth/light.lamp","name":null,"uniq_id":"hearth_light_lamp","def_ent_id":"light.lamp","avty_t":"hearth/sim/test/status","dev":{"ids":["hearth_light_lamp"],"name":"Lamp","mf":"hearth","mdl":"simulated","sa":"Kitchen"},"o":{"name":"hearth sim","sw":"'"$("$hearth" --version | cut -d' ' -f2)"'"},"hearth":{"aliases":["table lamp"]},"schema":"json","stat_t":"~/state","cmd_t":"~/set","sup_clrm":["color_temp","rgb"],"brightness":true,"clr_temp_k":true,"min_k":2200,"max_k":6500}'
same "availability" "$(retained -t hearth/sim/test/status -C 1)" online
same "light's state" "$(retained -t hearth/light.lamp/state -C 1)" '{"state":"OFF","brightness":128}'
same "cover's position" "$(retained -t hearth/cover.curtain/position -C 1)" 0
same "lock's state" "$(retained -t hearth/lock.door/state -C 1)" LOCKED
same "own announcement" "$(retained -t hearth/vacuum.robot/config -C 1 | cut -c1-60)" '{"id":"vacuum.robot","name":"Robot","aliases":[],"domain":"v'
same "number of devices" "$(devices list --json | wc -l)" 15

echo "a simulated device obeys plain MQTT"
pub -t hearth/light.lamp/set -m '{"state":"ON","brightness":64}'
await "light's report" '{"state":"ON","brightness":64,"color_mode":"color_temp"}' retained -t hearth/light.lamp/state -C 1
pub -t hearth/cover.curtain/position/set -m 40
await "cover's report" 40 retained -t hearth/cover.curtain/position -C 1
pub -t hearth/climate.ac/mode/set -m cool
await "mode's report" cool retained -t hearth/climate.ac/mode -C 1

echo "hearth sees it"
same "brightness" "$(field light.lamp attributes.brightness)" 64
same "area" "$(field light.lamp area)" Kitchen
same "position" "$(field cover.curtain attributes.current_position)" 40
same "temperature" "$(field climate.ac attributes.current_temperature)" 27.5
same "sensor" "$(field sensor.t state)" 21.5

echo "hearth sets it"
: > "$dir/wire.log"
mosquitto_sub -h 127.0.0.1 -p "$port" -t 'hearth/+/set' -t 'hearth/+/+/set' -F '%t %p' -R >> "$dir/wire.log" & watcher=$!
sleep 0.3
devices set light.lamp 'rgb_color=[255,0,0]' || fail "colour"
devices set light.lamp brightness_pct=50 || fail "brightness"
devices set light.lamp state=off || fail "off"
devices set switch.kettle state=on || fail "switch"
devices set cover.curtain state=open || fail "cover"
devices set climate.ac temperature=23.5 fan_mode=high || fail "climate"
devices set fan.ceiling percentage=30 || fail "fan"
devices set lock.door state=unlocked || fail "lock"
devices set valve.water state=closed || fail "valve"
devices set number.delay state=7 || fail "number"
devices set select.mode state=boost || fail "select"
devices set button.bell state=on || fail "button"
devices set media_player.tv volume_level=0.5 || fail "media player"
devices set vacuum.robot state=cleaning || fail "vacuum"
devices set scene.movie state=on || fail "scene"
cat > "$dir/wire.want" << 'WIRE'
hearth/light.lamp/set {"state":"ON","color":{"r":255,"g":0,"b":0}}
hearth/light.lamp/set {"state":"ON","brightness":128}
hearth/light.lamp/set {"state":"OFF"}
hearth/switch.kettle/set ON
hearth/cover.curtain/set OPEN
hearth/climate.ac/temperature/set 23.5
hearth/climate.ac/fan_mode/set high
hearth/fan.ceiling/set ON
hearth/fan.ceiling/percentage/set 30
hearth/lock.door/set UNLOCK
hearth/valve.water/set 0
hearth/number.delay/set 7
hearth/select.mode/set boost
hearth/button.bell/set PRESS
hearth/media_player.tv/set {"action":"set_volume","value":50}
hearth/vacuum.robot/set {"action":"vacuum_start"}
hearth/scene.movie/set {"action":"activate"}
WIRE
sleep 0.3
diff "$dir/wire.want" "$dir/wire.log" || fail "commands on the wire"
same "light came back" "$(field light.lamp state)" off
same "fan came back" "$(field fan.ceiling attributes.percentage)" 30
same "lock came back" "$(field lock.door state)" unlocked
same "valve came back" "$(field valve.water state)" closed
same "tv came back from the scene" "$(field media_player.tv state)" on
devices set light.lamp brightness=x 2> /dev/null && fail "a brightness that is none"
devices set sensor.t state=3 2> /dev/null && fail "a sensor that is set"

echo "a device that does not answer"
pub -r -t homeassistant/switch/dead/config -m '{"name":"Dead","uniq_id":"dead","cmd_t":"dead/set","stat_t":"dead/state"}'
pub -r -t dead/state -m OFF
devices set switch.dead state=on 2> "$dir/dead.log" && fail "a dead switch counts as on"
grep -q 'switch.dead did not answer' "$dir/dead.log" || fail "nobody tells that it is dead"
pub -r -t homeassistant/switch/dead/config -n
same "withdrawn" "$(devices list switch --json | grep -c dead)" 0

echo "a stranger's nonsense"
pub -r -t homeassistant/light/bad1/config -m '{"name": broken'
pub -r -t homeassistant/light/bad2/config -m '[1,2,3]'
pub -r -t homeassistant/switch/bad3/config -m '{"name":{"a":1},"cmd_t":7,"stat_t":"#","avty":[{"t":5},null,"x"]}'
same "list still works" "$(devices list light --json 2> /dev/null | wc -l)" 1

echo "the device form, templates, mireds"
pub -r -t homeassistant/device/desk01/config -m '{"dev":{"ids":["desk01"],"name":"Desk","sa":"Study"},"o":{"name":"acme"},"avty_t":"acme/desk01/lwt","cmps":{
 "lamp":{"p":"light","schema":"json","uniq_id":"desk01_lamp","name":"Lamp","stat_t":"acme/desk01/lamp","cmd_t":"acme/desk01/lamp/set","brightness":true,"bri_scl":100,"sup_clrm":["color_temp"]},
 "temp":{"p":"sensor","uniq_id":"desk01_t","stat_t":"acme/desk01/state","dev_cla":"temperature","unit_of_meas":"°C","val_tpl":"{{ value_json.t | round(1) }}"}}}'
pub -r -t acme/desk01/lwt -m online
pub -r -t acme/desk01/state -m '{"t":21.46}'
pub -r -t acme/desk01/lamp -m '{"state":"ON","brightness":50,"color_mode":"color_temp","color_temp":250}'
same "template" "$(field sensor.desk_temperature state)" 21.5
same "mireds" "$(field light.desk_lamp attributes.color_temp_kelvin)" 4000
same "scale" "$(field light.desk_lamp attributes.brightness)" 128
same "suggested area" "$(field light.desk_lamp area)" Study
pub -r -t acme/desk01/lwt -m offline
same "offline" "$(field light.desk_lamp state)" unavailable
devices set light.desk_lamp state=off 2> "$dir/offline.log" && fail "an unavailable lamp obeys"

echo "the broker goes and comes back"
devices watch light.lamp --json > "$dir/watch.log" 2>&1 & watch=$!
watcher="$watcher $watch"
sleep 1
kill "$broker"; wait "$broker" 2> /dev/null || true
"$hearth" devices list --mqtt "$url" > /dev/null 2> "$dir/gone.log" && fail "no broker, no error"
grep -q "cannot be reached" "$dir/gone.log" || fail "nobody tells that the broker is gone: $(cat "$dir/gone.log")"
start_broker || fail "mosquitto does not come back"
await "the simulator is back" online retained -t hearth/sim/test/status -C 1
n=0
until devices set light.lamp state=on 2>> "$dir/back.log"; do n=$((n + 1)); [ $n -lt 20 ] || fail "no recovery"; sleep 0.2; done
n=0
until tail -1 "$dir/watch.log" | grep -q '"state": "on"'; do n=$((n + 1)); [ $n -lt 100 ] || fail "the watcher has not recovered"; sleep 0.1; done
grep -q '"state": "unavailable"' "$dir/watch.log" || fail "the watcher was not told that the light was gone"
same "told once" "$(grep -c 'trying again until it answers' "$dir/watch.log")" 1

model=$(dirname "$0")/../../models/hearth-nano.gguf
if [ -f "$model" ]; then
    echo "asked in words"
    "$hearth" ask --mqtt "$url" --model "$model" --json "turn off the lamp" > "$dir/ask.log" 2>&1 || fail "ask"
    await "the lamp" '{"state":"OFF","brightness":128,"color":{"r":255,"g":0,"b":0}}' retained -t hearth/light.lamp/state -C 1
fi

echo "the simulator goes"
kill "$sim"; wait "$sim" 2> /dev/null || true
same "availability at the end" "$(retained -t hearth/sim/test/status -C 1)" offline
start_sim --clean
await "the simulator again" online retained -t hearth/sim/test/status -C 1
kill "$sim"; wait "$sim" 2> /dev/null || true
sim=
same "cleaned up" "$(retained -t 'homeassistant/+/+/config' -t 'hearth/+/config' -F '%t' | grep -c hearth_)" 0
echo "all is well"
