#!/bin/bash
# The manual knows every command and every environment variable, and groff has nothing to say about it.
hearth=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
manual=$root/docs/hearth.1
bad=0
for command in $("$hearth" help | grep -oE '^  [a-z]+ {2,}[^ ]' | awk '{ print $1 }' | grep -v '^hearth$'); do
    grep -qE "^\.BR? (.*, \" )?$command\b|^\.BR .* $command\$" "$manual" || { echo "docs/hearth.1 does not know '$command'"; bad=1; }
done
for variable in $(grep -rhoE 'getenv\("[A-Z_]+"' "$root/src" | cut -d'"' -f2 | sort -u | grep -vxE 'HOME|TERM|TZ'); do
    grep -q "^\.B $variable\$" "$manual" || { echo "docs/hearth.1 does not know \$$variable"; bad=1; }
done
if command -v groff >/dev/null && groff -man -Tutf8 -K utf8 /dev/null >/dev/null 2>&1; then
    warnings=$(groff -man -Tutf8 -K utf8 -ww "$manual" 2>&1 >/dev/null)
    [ -z "$warnings" ] || { echo "$warnings"; bad=1; }
fi
exit $bad
