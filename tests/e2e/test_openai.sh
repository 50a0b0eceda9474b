#!/bin/sh
# The real `openai` client against `hearth serve`.
hearth=$1
. "$(dirname "$0")/serve_kit.sh"
need_npm_packages
start_server
node "$here/openai.mjs" "$url" || fail "openai.mjs"
