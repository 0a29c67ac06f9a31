#!/usr/bin/env bash
# What tools/setup.sh installs for a build, the packages must ask for, too: Debian's and the
# container's by the name of the package, docs/packaging.md by that of pkg-config. cmocka is for
# tests, which the container does not build. What runs in the container has the library of each
# module, whose name is that of the package without -dev and with some number.
# Usage: check_packages.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
in_image=$(sed '1,/^FROM \${BASE}$/d' packaging/Containerfile)
faults=$(awk '$1 == "module" || $1 == "required" {print $1, $2, $3}' tools/setup.sh |
  while read -r kind module package; do
    for file in packaging/debian/control packaging/Containerfile; do
      [ "$package $file" = "libcmocka-dev packaging/Containerfile" ] ||
        grep -qE "(^|[ ,])$package([ ,]|\$)" "$file" || echo "$file: no $package"
    done
    name=${package%-dev}
    [ "$kind" = required ] || [ "$package" = libcmocka-dev ] ||
      grep -qE "(^|[ ,])(lib)?${name#lib}[0-9-]*([ ,]|\$)" <<<"$in_image" ||
      echo "packaging/Containerfile: no $name to run with"
    grep -qF "\`$module\`" docs/packaging.md || echo "docs/packaging.md: no \`$module\`"
  done)
[ -z "$faults" ] && echo "packages: fine" && exit
echo "$faults"
exit 1
