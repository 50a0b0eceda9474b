# Sourced by the tests of `hearth serve`: starts it with the shipped model (or $HEARTH_MODEL) on a free port, ends it at exit.
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit 1
server=
cleanup() {
    [ -n "$server" ] && kill "$server" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
export XDG_STATE_HOME="$dir/state"
fail() { echo "FAILED: $*" >&2; [ -s "$dir/err" ] && cat "$dir/err" >&2; exit 1; }
skip() { echo "SKIP: $*"; exit 77; }

# start_server [OPTIONS]: sets $url and $server
start_server() {
    : >"$dir/out"
    "$hearth" serve --port 0 --threads 1 "$@" >"$dir/out" 2>"$dir/err" &
    server=$!
    i=0
    while ! grep -q '^hearth: http' "$dir/out"; do
        kill -0 "$server" 2>/dev/null || { grep -q 'no model' "$dir/err" && skip "$(cat "$dir/err")"; fail "hearth serve ended"; }
        i=$((i + 1))
        [ $i -lt 600 ] || fail "hearth serve does not come up"
        sleep 0.05
    done
    url=$(sed -n 's/^hearth: \(http:[^ ]*\).*/\1/p' "$dir/out")
}

# The packages of package.json, installed once.
need_npm_packages() {
    command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are not installed"
    [ -d "$here/node_modules/openai" ] && [ -d "$here/node_modules/playwright-core" ] && return
    (cd "$here" && npm install --no-audit --no-fund --no-package-lock --loglevel=error) >"$dir/npm" 2>&1 || { cat "$dir/npm"; skip "npm cannot install what the test needs"; }
}
