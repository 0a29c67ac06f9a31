#!/usr/bin/env bash
# debian.sh [--source] OUT: makes Debian's packages of the tree's files, as git knows them, in the
# folder OUT: ingot, ingot-models, libingot0.N, libingot-dev. --source: only the source, unpacked in
# OUT/ingot-VERSION and ready for dpkg-buildpackage. Needs dpkg-dev and the packages that
# packaging/debian/control names for building; DEB_BUILD_OPTIONS=nocheck leaves the tests out.
set -euo pipefail
build=true
if [ "${1:-}" = --source ]; then build=false && shift; fi
[ $# = 1 ] || { echo "usage: debian.sh [--source] OUT" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

version=$(sed -n 's/^#define INGOT_VERSION_STRING "\(.*\)"$/\1/p' include/ingot/core.h)
packaged=$(sed -n '1s/^ingot (\(.*\)-.*$/\1/p' packaging/debian/changelog)
[ "$version" = "$packaged" ] || {
  echo "debian: the header is of version $version, packaging/debian/changelog of $packaged" >&2
  exit 1
}
interface=${version%.*}
grep -q "^Package: libingot$interface\$" packaging/debian/control || {
  echo "debian: packaging/debian/control has no libingot$interface" >&2
  exit 1
}
grep -qxF " (symver)INGOT_$interface $interface" "packaging/debian/libingot$interface.symbols" || {
  echo "debian: packaging/debian/libingot$interface.symbols has no INGOT_$interface" >&2
  exit 1
}

tree=$out/ingot-$version
rm -rf "$tree"
git ls-files -z | tar --null -T - --transform "s,^,ingot-$version/,S" --owner=0 --group=0 \
  -czf "$out/ingot_$version.orig.tar.gz"
tar -xzf "$out/ingot_$version.orig.tar.gz" -C "$out"
cp -r "$tree/packaging/debian" "$tree/debian"
! $build || (cd "$tree" && dpkg-buildpackage -us -uc)
