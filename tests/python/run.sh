#!/usr/bin/env bash
# run.sh BUILD: installs the Python package, as the wheel has it, into a bare environment of the
# system's Python, and runs the tests beside this file there. With a package that is installed
# already: run.sh --installed PYTHON.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ "$1" = --installed ]; then
  python=$2
else
  python=${PYTHON:-python3}
  command -v "$python" >/dev/null || skip "no python3"
  "$python" -c 'import sys, ctypes, venv; sys.exit(sys.version_info < (3, 9))' 2>/dev/null ||
    skip "$python is older than 3.9, or has no venv"
  "$python" -m venv --without-pip "$work/venv" || skip "$python makes no venv"
  python=$work/venv/bin/python
  packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
  cmake --install "$1" --component python --prefix "$packages" >/dev/null
fi

if "${PYTHON:-python3}" -m mypy --version >/dev/null 2>&1; then
  (cd "$INGOT_SOURCE" && "${PYTHON:-python3}" -m mypy --strict --no-error-summary \
    --python-executable "$python" --cache-dir "$work/mypy" python/ingot) || fail "mypy"
else
  echo "mypy is not here: types are not checked"
fi
cd "$work"
env -u INGOT_LIBRARY INGOT="$INGOT" INGOT_SOURCE="$INGOT_SOURCE" \
  "$python" -I -B -m unittest discover -s "$here" -t "$here"
