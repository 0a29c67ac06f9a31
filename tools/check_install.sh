#!/usr/bin/env bash
# check_install.sh BUILD: installs into a prefix with a blank in its name, builds and runs the README's C program with what pkg-config says, and
# removes all of it again.
set -euo pipefail
build=$1 source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
manifest=$build/install_manifest.txt
[ ! -f "$manifest" ] || cp "$manifest" "$work/kept"  # that of the user's own installation
restore() {
  if [ -f "$work/kept" ]; then cp "$work/kept" "$manifest"; else rm -f "$manifest"; fi
  rm -rf "$work"
}
trap restore EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

prefix="$work/a prefix"
cmake --install "$build" --prefix "$prefix" >/dev/null
pc=$(find "$prefix" -name ingot.pc)
[ -n "$pc" ] || fail "no ingot.pc"
export PKG_CONFIG_PATH=${pc%/*}
pkg-config --cflags ingot | grep -q -- -D && fail "macros of other libraries: $(pkg-config --cflags ingot)"
for library in jansson yaml utf8proc z sentencepiece; do
  pkg-config --static --libs ingot | grep -q -- "-l$library" || fail "-l$library is not among the static libraries"
done

awk '/^```c$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' "$source/README.md" >"$work/program.c"
libraries=$(find "$prefix" -name 'libingot.so' -o -name 'libingot.dylib')
cc -Wall -Werror -I "$prefix/include" "$work/program.c" -L "${libraries%/*}" -lingot -o "$work/program"
if [ -f "$source/models/en-de/config.json" ]; then
  (cd "$source" && LD_LIBRARY_PATH=${libraries%/*} "$work/program") >"$work/out" || fail "the README's program failed"
  [ -s "$work/out" ] || fail "the README's program printed nothing"
fi

"$source/tools/uninstall.sh" "$manifest"
left=$(find "$prefix" ! -type d)
[ -z "$left" ] || fail "left behind: $left"
[ ! -d "$prefix/share/ingot" ] || fail "a directory of ours is left behind"
echo "install: fine"
