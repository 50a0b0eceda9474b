# Sourced by the tests of ask, chat and eval: the shipped model (or $HEARTH_MODEL), a folder of their own, and what they check with.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shipped=$here/../../models/hearth-nano.gguf
if [ -z "${HEARTH_MODEL:-}" ]; then
    [ -f "$shipped" ] || { echo "SKIP: models/hearth-nano.gguf is not there"; exit 77; }
    export HEARTH_MODEL=$shipped
fi
data=$here/../data/ask
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export XDG_STATE_HOME=$dir/state
unset HEARTH_MQTT
bad=0
wrong() { echo "WRONG: $*"; bad=1; }

# holds FILE EXPRESSION WHAT: a Python expression over `a`, the list of the file's JSON lines
holds() {
    python3 - "$1" "$2" <<'PY' || wrong "$3: $(cat "$1")"
import json, sys
a = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
sys.exit(0 if eval(sys.argv[2]) else 1)
PY
}
