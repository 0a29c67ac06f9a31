#!/usr/bin/env bash
# wheel.sh [--tools DIR] [OUT]: makes a source distribution, of that the wheel, installs the wheel
# into a bare environment and runs the tests of the package there, with types checked. OUT gets both
# files. By hand, and in .ci/run.
# wheel.sh --packages DIR: only makes DIR, an environment with what that needs from a network
# (INGOT_NETWORK_SECONDS, 300, at most). With --tools DIR nothing else asks a network.
# Exit code 77: there is no Python that makes environments, or no registry that answers.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
export INGOT_SOURCE=$source INGOT=${INGOT:-$source/build/ingot}
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# What pyproject.toml requires of the build is here because the build is not isolated: an isolated
# one asks the network again.
get_packages() {
  python3 -m venv "$1" 2>/dev/null || skip "python3 makes no environment with pip"
  "$source/tools/limited.sh" "${INGOT_NETWORK_SECONDS:-300}" "$1/bin/python" -m pip install -q \
    --disable-pip-version-check build mypy 'scikit-build-core>=0.10' ||
    skip "no packages can be installed"
}

tools=""
case ${1:-} in
  --packages) get_packages "$2" && exit 0 ;;
  --tools) tools=$(cd "$2" && pwd) && shift 2 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$tools" ]; then
  tools=$work/tools
  get_packages "$tools"
fi
export PYTHON=$tools/bin/python PIP_NO_INDEX=1
"$PYTHON" -m build --no-isolation -o "$work/dist" "$source" >"$work/said" 2>&1 || {
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
