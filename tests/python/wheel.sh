#!/usr/bin/env bash
# wheel.sh [OUT]: makes a source distribution, of that the wheel, installs the wheel into a bare
# environment and runs the tests of the package there, with types checked. Needs a network for
# scikit-build-core and mypy; OUT gets both files. By hand, and in .ci/run.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
export INGOT_SOURCE=$source INGOT=${INGOT:-$source/build/ingot}
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/tools" 2>/dev/null || skip "python3 makes no environment with pip"
export PYTHON=$work/tools/bin/python
"$PYTHON" -m pip install -q build mypy || skip "no packages can be installed"
"$PYTHON" -m build -o "$work/dist" "$source" >"$work/said" 2>&1 || {
  tail -50 "$work/said"
  fail "python -m build"
}
tar tzf "$work"/dist/ingot-*.tar.gz >"$work/files"
grep -E '^[^/]*/(build|tests|models|bench|packaging)' "$work/files" &&
  fail "the source has more than it needs"
wheels=("$work"/dist/ingot-*-py3-none-*.whl)
[ "${#wheels[@]}" = 1 ] || fail "expected one wheel for every Python: ${wheels[*]}"
"$PYTHON" -m venv "$work/bare"
"$work/bare/bin/pip" install -q --no-index "${wheels[0]}"
bash "$source/tests/python/run.sh" --installed "$work/bare/bin/python"
[ $# = 0 ] || { mkdir -p "$1" && cp "$work"/dist/* "$1"; }
