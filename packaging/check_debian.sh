#!/usr/bin/env bash
# check_debian.sh SUITE [BASE [OUT]]: builds the packages in a bare Debian (bookworm, trixie),
# installs them in another one, runs the command, the demonstration and programs that pkg-config and
# CMake build against the library, and removes all of it again: no file may be left. BASE is a bare
# system to copy, made by `debootstrap --variant=minbase SUITE BASE`; without it, or with '', one is
# made. OUT gets the packages; those that lie there are taken as they are.
set -euo pipefail
suite=${1:?SUITE} base=${2:-} out=${3:-}
source=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=packaging/chroot.bash
. "$source/packaging/chroot.bash"
version=$(sed -n 's/^#define INGOT_VERSION_STRING "\(.*\)"$/\1/p' "$source/include/ingot/core.h")

# What only packages of Debian's own archive need: an address of the maintainer, a bug that asks for
# the package, and Creative Commons' licences in full instead of by their addresses.
not_for_the_archive=bogus-mail-host,bogus-mail-host-in-debian-changelog
not_for_the_archive+=,initial-upload-closes-no-bugs,incomplete-creative-commons-license

# build OUT
build() {
  say "$suite: building"
  export DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS:-nocheck noautodbgsym}
  bare_system "$suite" builder "$base"
  "$source/packaging/debian.sh" --source "$work/builder/root"
  packages_inside builder dpkg-dev build-essential
  inside_shell builder "cd /root/ingot-$version
    apt-get build-dep -y -q --no-install-recommends ."
  inside_shell builder "cd /root/ingot-$version && dpkg-buildpackage -us -uc"
  mkdir -p "$1"
  find "$work/builder/root" -maxdepth 1 -name '*ingot*_*' -exec cp -t "$1" {} +
}

[ -n "$out" ] || out=$work/packages
compgen -G "$out/*.deb" >/dev/null || build "$out"
if command -v lintian >/dev/null; then
  say "$suite: lintian"
  lintian --allow-root --fail-on error,warning --suppress-tags "$not_for_the_archive" \
    "$out"/*.changes || fail "lintian"
else
  echo "lintian is not here: the packages are not looked over"
fi
ls -l "$out"

say "$suite: installing"
bare_system "$suite" bare "$base"
packages_inside bare gcc libc6-dev cmake make pkg-config
# Every file but what apt and dpkg know, and logs.
files() { (cd "$work/bare" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/lib/apt -o \
  -path ./var/cache -o -path ./var/log -o -path ./proc -o -path ./tmp \) -prune -o -print) | sort; }
files >"$work/before"
mkdir "$work/bare/tmp/packages"
cp "$out"/*.deb "$work/bare/tmp/packages/"
rm -f "$work"/bare/tmp/packages/*-dbgsym_*
inside_shell bare "apt-get install -y -q --no-install-recommends /tmp/packages/*.deb"
files >"$work/installed"
inside bare ingot --version
grep -q "^ingot $version\$" "$work/log" || fail "the version: $(cat "$work/log")"
for page in man/man1/ingot.1.gz man/man1/ingot-translate.1.gz zsh/vendor-completions/_ingot \
  bash-completion/completions/ingot fish/vendor_completions.d/ingot.fish; do
  [ -s "$work/bare/usr/share/$page" ] || fail "no $page"
done

for model in "$work"/bare/usr/share/ingot/models/*/; do  # what a model's page links to is there
  for target in $(grep -oE '\]\([A-Za-z0-9._-]+\)' "$model/README.md" | tr -d '()]'); do
    [ -s "$model/$target" ] || fail "$model/README.md links to $target, which is not there"
  done
done

say "$suite: the demonstration"
mkdir -p "$work/bare/tmp/demo/tools"
cp -r "$source/examples" "$work/bare/tmp/demo/"
cp "$source/tools/demo.sh" "$work/bare/tmp/demo/tools/"
ln -s /usr/share/ingot/models "$work/bare/tmp/demo/models"
inside bare env INGOT=ingot /tmp/demo/tools/demo.sh
grep -q 'learned .*BLEU' "$work/log" || fail "the demonstration: $(cat "$work/log")"

say "$suite: programs with the library"
mkdir "$work/bare/tmp/program"
cp "$source/examples/translate.c" "$work/bare/tmp/program/"
cat >"$work/bare/tmp/program/CMakeLists.txt" <<'PROJECT'
cmake_minimum_required(VERSION 3.21)
project(consumer C)
find_package(ingot REQUIRED)
add_executable(by_cmake translate.c)
target_link_libraries(by_cmake PRIVATE ingot::ingot)
PROJECT
# shellcheck disable=SC2016  # the shell inside expands it
inside_shell bare 'cd /tmp/program
  cc -Wall -Werror translate.c $(pkg-config --cflags --libs ingot) -o by_pkg_config
  cmake -S . -B build && cmake --build build
  for program in ./by_pkg_config build/by_cmake; do
    $program /usr/share/ingot/models/en-de "How are you?" >said
    [ -s said ]
  done'

say "$suite: removing"
inside_shell bare "rm -r /tmp/*
  apt-get purge -y -q ingot ingot-models 'libingot*'
  apt-get autoremove --purge -y -q"
files >"$work/after"
added=$(comm -13 "$work/before" "$work/installed" | wc -l)
[ "$added" -gt 100 ] || fail "only $added files were installed"
diff "$work/before" "$work/after" || fail "this is left behind, or lost"
say "$suite: fine; $added files came and went"
