#!/usr/bin/env bash
# The checkers' negative control: each fault planted in a copy of the tree must be reported, with its place.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fresh() {
  rm -rf "$work/tree"
  mkdir -p "$work/tree/docs"
  cp "$root/docs/rooms.txt" "$work/tree/docs/"
  cp "$root/.clang-format" "$work/tree/"
  cp -r "$root/src" "$root/include" "$work/tree/"
  mkdir -p "$work/tree/cli" "$work/tree/tests"
  cp -r "$root"/tests/*.h "$root/tests/unit" "$work/tree/tests/"
}

# expect CHECKER PATTERN: the checker must fail and its output must match.
expect() {
  local output
  if output=$(bash "$root/tools/$1" "$work/tree" 2>&1); then
    echo "FAIL: $1 passed a tree with: $2"
    failed=1
  elif ! grep -qE -- "$2" <<<"$output"; then
    echo "FAIL: $1 did not report $2; it said:"
    head -5 <<<"$output"
    failed=1
  else
    echo "ok: $1 reports $2"
  fi
}

plant() { mkdir -p "$work/tree/$(dirname "$1")"; printf '%b' "$2" > "$work/tree/$1"; }

fresh
plant src/base/planted.c '// Planted.\n\n#include "kernel/kernel.h"\n'
expect check_rooms.sh '^src/base/planted\.c:3: .*may not include room .kernel.'

fresh
plant src/nn/planted.c '  #  include <immintrin.h>\n'
expect check_rooms.sh '^src/nn/planted\.c:1: .*intrinsics'

fresh
plant src/kernel/planted.h '#include "../io/planted.h"\n'
plant src/io/planted.h '// Planted.\n'
expect check_rooms.sh '^src/kernel/planted\.h:1: .*may not include room .io.'

fresh
plant src/attic/planted.c '#include <stdio.h>\n'
expect check_rooms.sh '^src/attic/planted\.c:1: .*not in docs/rooms\.txt'

fresh
plant cli/planted.c '#include "ingot.h"\n#include "base/fail.h"\n'
expect check_rooms.sh '^cli/planted\.c:2: .*only public headers'

fresh
plant src/base/planted.c '#include "base/nowhere.h"\n'
expect check_rooms.sh '^src/base/planted\.c:1: .*no such file'

fresh
plant src/base/planted.c 'void ig_planted(void);\nvoid ig_planted(void) {\n  ig_model_free(0);\n}\n'
expect check_rooms.sh '^src/base/planted\.c:3: ig_model_free: .base. may not call what .model. implements'

fresh
plant tests/unit/io_planted.c '#include "base/fail.h"\n#include "model/model.h"\n'
expect check_rooms.sh '^tests/unit/io_planted\.c:2: .*a test of room .io. may not include .model.'

fresh
plant tests/planted.h '#include "model/model.h"\n'
plant tests/unit/io_planted.c '#include "planted.h"\n'
expect check_rooms.sh '^tests/unit/io_planted\.c:1: through tests/planted\.h: .*may not include .model.'

# Folders of a room: what a line does not name, the way up to the root, circles, permissions that nobody uses.
planted_rooms='\nattic: base\nattic/floor: base\nattic/roof: attic attic/floor\n'
rooms_with() {
  fresh
  printf '%b' "$planted_rooms${1:-}" >> "$work/tree/docs/rooms.txt"
  plant src/attic/planted.h '#include "base/fail.h"\n#include "attic/floor/floor.h"\n'
  plant src/attic/floor/floor.h '#include "base/fail.h"\n'
  plant src/attic/roof/roof.h '#include "attic/floor/floor.h"\n#include "attic/planted.h"\n'
}

rooms_with
if bash "$root/tools/check_rooms.sh" "$work/tree" >"$work/said" 2>&1; then
  echo "ok: check_rooms.sh passes folders that keep the law"
else
  cat "$work/said"
  failed=1
fi
plant src/attic/floor/planted.c '#include "attic/roof/roof.h"\n'
expect check_rooms.sh '^src/attic/floor/planted\.c:1: .*.attic/floor. may not include .attic/roof.'

rooms_with
plant src/attic/floor/planted.c '#include "../planted.h"\n'
expect check_rooms.sh '^src/attic/floor/planted\.c:1: .*.attic/floor. may not include .attic.'

rooms_with
plant src/attic/planted.c '#include "attic/roof/roof.h"\n'
expect check_rooms.sh '^src/attic/planted\.c:1: .*.attic. may not include .attic/roof.'

rooms_with
plant src/attic/roof/planted.c '#include "io/json.h"\n'
expect check_rooms.sh '^src/attic/roof/planted\.c:1: .*may not include .io.'

rooms_with 'attic/cellar: attic/roof\n'
plant src/attic/cellar/cellar.h '// Planted.\n'
expect check_rooms.sh "^docs/rooms\.txt:[0-9]+: no file of .attic/cellar. includes .attic/roof.: strike it"

rooms_with 'attic/cellar: attic/well\nattic/well: attic/cellar\n'
expect check_rooms.sh '^docs/rooms\.txt:[0-9]+: .attic/well. is part of a circle'

fresh
rm -rf "$work/tree/src"/*
plant src/base/planted.h 'size_t ig_planted(void);\n'
plant include/planted.h '#include <stddef.h>\nvoid ig_planted(size_t class);\n'
expect check_headers.sh '^base/planted\.h: does not compile alone as c:'
expect check_headers.sh '^planted\.h: does not compile alone as c\+\+:'

fresh
seq 801 | sed 's|^|// |' > "$work/tree/src/base/planted.c"
expect check_sizes.sh '^src/base/planted\.c:801: longer'

fresh
rm -rf "$work/tree/src" "$work/tree/include"
plant src/base/planted.c 'int  f( int*x ){return *x;}\n'
if bash "$root/tools/check_format.sh" "$work/tree" 2>/dev/null | grep -q 'not checked'; then
  echo "not run: check_format.sh (no clang-format of its version)"
else
  expect check_format.sh 'planted\.c:1'
fi
# A library that lacks a declared function and exports a stranger.
mkdir "$work/include"
printf 'int ig_present(void);\nint ig_absent(void);\n' > "$work/include/planted.h"
printf 'int ig_present(void) { return 0; }\nint ig_stranger(void) { return 0; }\n' | cc -shared -fPIC -x c - -o "$work/planted.so"
output=$(bash "$root/tools/check_exports.sh" "$work/planted.so" "$work/include" && echo passed) || true
if [[ $output == *"not exported: ig_absent"* && $output == *"not declared: ig_stranger"* && $output != *passed* ]]; then
  echo "ok: check_exports.sh reports a missing and a superfluous function"
else
  echo "FAIL: check_exports.sh said: $output"
  failed=1
fi

# Instruction counts: what is too many, and what was not counted at all; and callgrind's sums, callees' costs left out, names shortened to numbers.
printf 'what,isa,compiler,instructions\ntranslate,avx2,gcc 12,1000\ntrain,avx2,gcc 12,2000\n' > "$work/committed.csv"
instructions() { bash "$root/bench/instructions.sh" --against "$work/committed.csv" --counts "$work/counts.csv" 2>&1 && echo passed; }
printf 'translate,avx2,gcc 12,1040\ntrain,avx2,gcc 12,2000\n' > "$work/counts.csv"
more=$(instructions) || true
printf 'translate,avx2,gcc 12,1000\n' > "$work/counts.csv"
missing=$(instructions) || true
printf 'translate,avx2,gcc 12,1020\ntrain,avx2,gcc 12,1500\n' > "$work/counts.csv"
fine=$(instructions) || true
printf 'ob=(1) /lib/ld.so\nfn=(1) a\n1 7\nob=(2) /x/ingot\nfn=(2) b\n+1 30\ncob=(3) /lib/libc.so\ncfn=(3) c\ncalls=1 5\n* 900\n-2 4\nob=(3)\nfn=(3)\n5 900\nob=(2)\n8 1\n' > "$work/out"
sum=$(awk -v object=ingot -f "$root/bench/callgrind_sum.awk" "$work/out")
if grep -q 'translate .*TOO MANY' <<<"$more" && [[ $more$missing != *passed* && $missing == *"train,avx2,gcc 12: not counted"* && $fine == *passed* && $sum = 35 ]]; then
  echo "ok: instructions.sh reports more instructions and missing counts"
else
  printf 'FAIL: instructions.sh said:\n%s\n%s\n%s\nsum %s\n' "$more" "$missing" "$fine" "$sum"
  failed=1
fi
exit "$failed"
