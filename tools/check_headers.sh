#!/bin/sh
# Every header compiles alone.
cd "$(dirname "$0")/.." || exit 1
cc=${1:-cc}
bad=0
for h in $(find src include -name '*.h'); do
    printf '#include "%s"\n' "$PWD/$h" | $cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Isrc -Iinclude -fsyntax-only -x c - || bad=1
done
exit $bad
