#!/bin/bash
# cmake --install puts everything where it is looked for, and a stranger's program links with what pkg-config says.
# Arguments: hearth in its build folder, the program that writes a tiny model.
hearth=$1
write_model=$2
build=$(dirname "$hearth")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
grep -q '^HEARTH_SANITIZE:STRING=.' "$build/CMakeCache.txt" && { echo "SKIP: a program without sanitizers cannot link this build"; exit 77; }
command -v pkg-config >/dev/null || { echo "SKIP: no pkg-config"; exit 77; }
cmake --install "$build" --prefix "$dir/prefix" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
bad=0
for file in bin/hearth include/hearth/hearth.h share/man/man1/hearth.1 share/bash-completion/completions/hearth \
    share/zsh/site-functions/_hearth share/doc/hearth/example.c; do
    [ -f "$dir/prefix/$file" ] || { echo "$file is not installed"; bad=1; }
done
pc=$(dirname "$(find "$dir/prefix" -name hearth.pc)")
# shellcheck disable=SC2046  # flags
cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$dir/prefix/share/doc/hearth/example.c" $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs hearth) \
    -o "$dir/example" || { echo "the example does not link with the installed library"; exit 1; }
"$write_model" --write "$dir/tiny.gguf" && "$dir/example" "$dir/tiny.gguf" >/dev/null || { echo "the example fails"; bad=1; }
# the installed program finds its model in share/hearth of its prefix
mkdir -p "$dir/prefix/share/hearth"
cp "$dir/tiny.gguf" "$dir/prefix/share/hearth/hearth-nano.gguf"
env -u HEARTH_MODEL XDG_STATE_HOME="$dir/state" "$dir/prefix/bin/hearth" ask hi >/dev/null || { echo "the installed program does not find its model"; bad=1; }
exit $bad
