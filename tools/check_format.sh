#!/usr/bin/env bash
# Every C file is as clang-format leaves it. Versions of clang-format differ in details, so only the
# one named here judges. Usage: check_format.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
version=14
program=$(command -v "clang-format-$version" || command -v clang-format || true)
if [ -z "$program" ] || ! "$program" --version | grep -q "version $version\\."; then
  echo "format: not checked: clang-format $version is not installed"
  exit 0
fi
# Each place once, without the excerpts.
places=$({ find src cli plugins include tests fuzz examples bench -type f \( -name '*.[ch]' -o \
  -name '*.cc' \) -print0 2>/dev/null || true; } | sort -z |
  xargs -0 -r "$program" --dry-run 2>&1 |
  sed -nE 's/^([^ :]+:[0-9]+):[0-9]+: (warning|error): .*/\1: not as clang-format leaves it/p' |
  uniq)
if [ -n "$places" ]; then
  echo "$places"
  echo "format: run make format"
  exit 1
fi
echo "format: fine"
