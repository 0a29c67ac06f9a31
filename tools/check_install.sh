#!/usr/bin/env bash
# check_install.sh BUILD: installs into a prefix with a blank in its name; builds and runs the
# README's C program with what pkg-config says and, as a project of its own, with what CMake's
# find_package says, with the shared library and with the static one; compares the shared one with
# Debian's list of symbols; and removes all of it again.
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
for file in man/man1/ingot.1 man/man1/ingot-score-squad.1 bash-completion/completions/ingot \
  zsh/site-functions/_ingot fish/vendor_completions.d/ingot.fish; do
  [ -s "$prefix/share/$file" ] || fail "no $file"
done
for part in command library development; do
  cmake --install "$build" --component "$part" --prefix "$work/$part" >/dev/null
  [ -n "$(find "$work/$part" -name LICENSE)" ] || fail "$part has no licence"
done
pc=$(find "$prefix" -name ingot.pc)
[ -n "$pc" ] || fail "no ingot.pc"
export PKG_CONFIG_PATH=${pc%/*}
pkg-config --cflags ingot | grep -q -- -D &&
  fail "macros of other libraries: $(pkg-config --cflags ingot)"
version=$(pkg-config --modversion ingot)
header=$(sed -n 's/^#define INGOT_VERSION_STRING "\(.*\)"$/\1/p' "$prefix/include/ingot/core.h")
[ "$version" = "$header" ] || fail "version $version, and INGOT_VERSION_STRING \"$header\""

# run PROGRAM: must print something, if there is a model to translate with.
run() {
  [ -f "$source/models/en-de/config.json" ] || return 0
  (cd "$source" && LD_LIBRARY_PATH=${libraries%/*} "$1") >"$work/out" || fail "$1 failed"
  [ -s "$work/out" ] || fail "$1 printed nothing"
}

mkdir "$work/project"
awk '/^```c$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' "$source/README.md" \
  >"$work/project/program.c"
libraries=$(find "$prefix" -name 'libingot.so' -o -name 'libingot.dylib')
flags=(-Wall -Werror -I "$prefix/include" "$work/project/program.c")
cc "${flags[@]}" -L "${libraries%/*}" -lingot -o "$work/program"
run "$work/program"

# Of two libraries of one name the linker takes the shared one: the static one is alone here.
mkdir "$work/static"
cp "${libraries%/*}/libingot.a" "$work/static/"
private=$(pkg-config --static --libs-only-l ingot)
# shellcheck disable=SC2086  # flags
cc "${flags[@]}" -L "$work/static" $private -pthread -o "$work/program"
run "$work/program"

cat >"$work/project/CMakeLists.txt" <<'PROJECT'
cmake_minimum_required(VERSION 3.21)
project(consumer C)
find_package(ingot 0.2 REQUIRED COMPONENTS static)
foreach(library ingot ingot_static)
  add_executable(with_${library} program.c)
  target_link_libraries(with_${library} PRIVATE ingot::${library})
endforeach()
PROJECT
cmake -S "$work/project" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" >"$work/said" 2>&1 &&
  cmake --build "$work/consumer" >"$work/said" 2>&1 ||
  { cat "$work/said"; fail "a project that finds ingot with CMake"; }
run "$work/consumer/with_ingot"
run "$work/consumer/with_ingot_static"
if [ "$(uname)" = Linux ]; then
  ldd "$work/consumer/with_ingot_static" | grep -q libingot && fail "the static program is not"
fi

# Debian's list of symbols is that of the library, and a library of another version is found.
symbols_match() {
  rm -f "$work/symbols"  # dpkg-gensymbols would read it
  (cd "$work/package" && dpkg-gensymbols -c4 "-plibingot${header%.*}" \
    -e"${libraries%/*}/libingot.so.${header%.*}" -O"$work/symbols") >"$work/said" 2>&1
}
if command -v dpkg-gensymbols >/dev/null; then
  mkdir "$work/package"
  cp -r "$source/packaging/debian" "$work/package/"
  symbols_match || { cat "$work/said"; fail "packaging/debian: the list of symbols"; }
  sed -i 's/INGOT_/PLANTED_/' "$work"/package/debian/*.symbols
  ! symbols_match || fail "a list of other symbols passes"
fi

"$source/tools/uninstall.sh" "$manifest"
left=$(find "$prefix" ! -type d)
[ -z "$left" ] || fail "left behind: $left"
[ -z "$(find "$prefix" -name ingot)" ] || fail "a directory of ours is left behind"
echo "install: fine"
