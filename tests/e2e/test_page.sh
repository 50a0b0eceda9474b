#!/bin/sh
# The page in a real browser.
hearth=$1
. "$(dirname "$0")/serve_kit.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "chromium is not installed"
need_npm_packages
start_server
node "$here/page.mjs" "$url" "$browser" "$server" "$hearth" $HEARTH_SHOTS || fail "page.mjs"
