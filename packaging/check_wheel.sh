#!/usr/bin/env bash
# check_wheel.sh WHEEL SUITE [BASE]: installs a wheel of wheel.sh into a bare Debian (bookworm,
# trixie) that has nothing but Python, and translates, trains, fuses and times one call there.
# BASE as in check_debian.sh.
set -euo pipefail
wheel=${1:?WHEEL} suite=${2:?SUITE} base=${3:-}
source=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=packaging/chroot.bash
. "$source/packaging/chroot.bash"

say "$suite: installing ${wheel##*/}"
bare_system "$suite" bare "$base"
packages_inside bare python3 python3-venv
place=$work/bare/tmp/wheel
mkdir "$place"
cp "$wheel" "$source/packaging/try_wheel.py" "$place/"
cp -r "$source/models/en-de" "$place/model"
inside_shell bare "cd /tmp/wheel && python3 -m venv here && here/bin/pip install --no-index *.whl"
# shellcheck disable=SC2016  # the shell inside expands it
inside_shell bare 'cd /tmp/wheel/here/lib/python3*/site-packages
  libraries=$(ls ingot.libs | wc -l)
  licences=$(find ingot-*.dist-info/licenses -name "lib*" | wc -l)
  [ "$libraries" -gt 5 ] && [ "$licences" -gt 5 ]'
inside_shell bare "cd /tmp/wheel && here/bin/python -I try_wheel.py model"
cat "$work/log"
# What is planted is found: without its library the package cannot be loaded.
inside_shell bare "cd /tmp/wheel && rm -r here/lib/python3*/site-packages/ingot.libs
  ! here/bin/python -I try_wheel.py model"
grep -q 'library cannot be loaded' "$work/log" || fail "the library is not the wheel's own"
say "$suite: fine"
