#!/usr/bin/env bash
# Every header compiles alone: those of src/ as C, the public ones as C and as C++, with warnings as
# errors. The bodies of kernels in src/kernel/simd need a vector type before them, and the vector
# types the flags of their instruction set.
# Usage: check_headers.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() {  # language standard header
  local flags=(-fsyntax-only -Wall -Wextra -Werror -Iinclude -Isrc -D_POSIX_C_SOURCE=200809L \
    -D_DEFAULT_SOURCE)
  printf '#include "%s"\n' "$3" | "${CC:-cc}" -x "$1" -std="$2" "${flags[@]}" \
    - 2>"$work/${3//\//_}.$1" ||
    echo "$3: does not compile alone as $1: $(grep -m1 error "$work/${3//\//_}.$1")"
}
export -f compile
export work

{
  [ ! -d include ] || find include -name '*.h' -printf 'c c11 %P\nc++ c++11 %P\n'
  find src -name '*.h' ! -path 'src/kernel/simd/*' ! -path 'src/kernel/x86_*' -printf 'c c11 %P\n'
} | xargs -r -P "$(getconf _NPROCESSORS_ONLN)" -L 1 bash -c 'compile "$@"' - >"$work/said"
if [ -s "$work/said" ]; then
  sort "$work/said"
  exit 1
fi
echo "headers: fine"
