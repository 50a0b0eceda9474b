#!/bin/sh
# Fails on any #include "room/..." that tools/layers.txt does not grant.
cd "$(dirname "$0")/.." || exit 1
grep -rn '^#include "' src | awk -F: '
    BEGIN { while ((getline line < "tools/layers.txt") > 0) if (line !~ /^#/) { split(line, half, ":"); may[half[1]] = " " half[1] half[2] " " } }
    { split($1, path, "/"); from = path[2]; split($3, q, "\""); split(q[2], inc, "/"); to = inc[1]
      if (index(q[2], "/") && to != "hearth" && index(may[from], " " to " ") == 0) { print $1 ":" $2 ": " from " may not include " q[2]; bad = 1 } }
    END { exit bad }'
