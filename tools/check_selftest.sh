#!/usr/bin/env bash
# The checkers' negative control: each fault planted in a copy of the tree must be reported, with
# its place.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
tree=$work/tree
trap 'rm -rf "$work"' EXIT
failed=0
planted=()

mkdir -p "$tree/docs" "$tree/tests" "$tree/cli"
cp "$root/docs/rooms.txt" "$tree/docs/"
cp "$root/.clang-format" "$tree/"
cp -r "$root/src" "$root/include" "$tree/"
cp -r "$root"/tests/*.h "$root/tests/unit" "$tree/tests/"

# plant FILE TEXT: with printf's escapes. expect takes the files away again.
plant() {
  planted+=("$tree/$1")
  mkdir -p "$tree/$(dirname "$1")"
  printf '%b' "$2" >"$tree/$1"
}
# add_rooms TEXT: lines after those of docs/rooms.txt, until the next expect.
add_rooms() { printf '%b' "$1" >>"$tree/docs/rooms.txt"; }

pull_up() {
  [ ${#planted[@]} = 0 ] || rm -f "${planted[@]}"
  planted=()
  cp "$root/docs/rooms.txt" "$tree/docs/"
}

# expect CHECKER[ LAW] PATTERN: the checker must fail and its output must match.
expect() {
  local checker=${1%% *} law="" output
  [[ $1 != *' '* ]] || law=${1##* }
  if output=$(bash "$root/tools/$checker" "$tree" $law 2>&1); then
    echo "FAIL: $1 passed a tree with: $2"
    failed=1
  elif ! grep -qE -- "$2" <<<"$output"; then
    echo "FAIL: $1 did not report $2; it said:"
    head -5 <<<"$output"
    failed=1
  else
    echo "ok: $1 reports $2"
  fi
  pull_up
}

# ---- rooms ---------------------------------------------------------------------
plant src/base/planted.c '// Planted.\n\n#include "nn/linear.h"\n'
expect check_rooms.sh '^src/base/planted\.c:3: .*may not include room .nn.'

plant src/nn/planted.c '  #  include <immintrin.h>\n'
expect check_rooms.sh '^src/nn/planted\.c:1: .*intrinsics'

plant src/kernel/planted.h '#include "../io/planted.h"\n'
plant src/io/planted.h '// Planted.\n'
expect check_rooms.sh '^src/kernel/planted\.h:1: .*may not include room .io.'

plant src/attic/planted.c '#include <stdio.h>\n'
expect check_rooms.sh '^src/attic/planted\.c:1: .*not in docs/rooms\.txt'

plant cli/planted.c '#include "ingot.h"\n#include "base/fail.h"\n'
expect check_rooms.sh '^cli/planted\.c:2: .*only public headers'

plant src/base/planted.c '#include "base/nowhere.h"\n'
expect check_rooms.sh '^src/base/planted\.c:1: .*no such file'

plant src/base/planted.c 'void ig_planted(void) {\n  ig_model_free(0);\n}\n'
expect check_rooms.sh '^src/base/planted\.c:2: ig_model_free: .base. may not call what .model'

plant tests/unit/io_planted.c '#include "base/fail.h"\n#include "model/model.h"\n'
expect check_rooms.sh '^tests/unit/io_planted\.c:2: .*a test of room .io. may not .* .model.'

plant tests/planted.h '#include "model/model.h"\n'
plant tests/unit/io_planted.c '#include "planted.h"\n'
expect check_rooms.sh '^tests/unit/io_planted\.c:1: through tests/planted\.h: .*include .model.'

# ---- folders of a room ---------------------------------------------------------
plant src/fuse/recipe/planted.c '#include "fuse/plan/planted.h"\n'
plant src/fuse/plan/planted.h '// Planted.\n'
expect check_rooms.sh '^src/fuse/recipe/planted\.c:1: .*.fuse/recipe. may not include .fuse/plan.'

# A room of three floors that keeps the law.
attic() {
  add_rooms '\nattic: base\nattic/floor: base\nattic/roof: attic attic/floor\n'
  plant src/attic/planted.h '#include "base/fail.h"\n#include "attic/floor/floor.h"\n'
  plant src/attic/floor/floor.h '#include "base/fail.h"\n'
  plant src/attic/roof/roof.h '#include "attic/floor/floor.h"\n#include "attic/planted.h"\n'
}
attic
if bash "$root/tools/check_rooms.sh" "$tree" >"$work/said" 2>&1; then
  echo "ok: check_rooms.sh passes folders that keep the law"
else
  cat "$work/said"
  failed=1
fi
pull_up

attic
plant src/attic/floor/planted.c '#include "attic/roof/roof.h"\n'
expect check_rooms.sh '^src/attic/floor/planted\.c:1: .*.attic/floor. may not .* .attic/roof.'

attic
plant src/attic/floor/planted.c '#include "../planted.h"\n'
expect check_rooms.sh '^src/attic/floor/planted\.c:1: .*.attic/floor. may not include .attic.'

attic
plant src/attic/planted.c '#include "attic/roof/roof.h"\n'
expect check_rooms.sh '^src/attic/planted\.c:1: .*.attic. may not include .attic/roof.'

attic
plant src/attic/roof/planted.c '#include "io/json.h"\n'
expect check_rooms.sh '^src/attic/roof/planted\.c:1: .*may not include .io.'

attic
add_rooms 'attic/cellar: attic/roof\n'
plant src/attic/cellar/cellar.h '// Planted.\n'
expect check_rooms.sh 'rooms\.txt:[0-9]+: no file of .attic/cellar. includes .attic/roof.: strike'

attic
add_rooms 'attic/cellar: attic/well\nattic/well: attic/cellar\n'
expect check_rooms.sh '^docs/rooms\.txt:[0-9]+: .attic/well. is part of a circle'

# ---- the picture of rooms -------------------------------------------------------
cp "$root"/docs/rooms.{md,svg} "$tree/docs/"
add_rooms '\nattic: base\n'
if bash "$root/tools/draw_rooms.sh" --check "$tree" >"$work/said"; then
  echo "FAIL: draw_rooms.sh takes the picture without an attic for up to date"
  failed=1
else
  echo "ok: draw_rooms.sh reports an old picture"
fi
pull_up

# ---- documents -------------------------------------------------------------------
plant fuzz/planted.c '// Planted.\n'
plant docs/planted.md 'Nothing.\n'
expect check_docs.sh '^fuzz/planted\.c: .*hardness\.md'

plant docs/planted.md 'See `src/base/nowhere.c`.\n'
expect check_docs.sh '^docs/planted\.md:1: .src/base/nowhere\.c.: no such file'
plant docs/planted.md '[Here](nowhere.md)\n'
expect check_docs.sh '^docs/planted\.md:1: \(nowhere\.md\): a link to no file'
plant docs/decisions/planted.md 'See `src/base/nowhere.c`, once `ig_nobody`.\n'
expect check_docs.sh '^docs/decisions/planted\.md:1: .src/base/nowhere\.c.: no such file'
plant docs/planted.md 'Ask `ig_nobody`.\n'
expect check_docs.sh '^docs/planted\.md:1: .ig_nobody.: no such name'

# ---- packages --------------------------------------------------------------------
mkdir -p "$tree/tools"
cp -r "$root/packaging" "$tree/"
cp "$root/docs/packaging.md" "$tree/docs/"
cp "$root/tools/setup.sh" "$tree/tools/"
echo 'module planted libplanted-dev planted-devel planted' >>"$tree/tools/setup.sh"
expect check_packages.sh '^packaging/debian/control: no libplanted-dev'
expect check_packages.sh '^packaging/Containerfile: no libplanted-dev'
expect check_packages.sh '^packaging/Containerfile: no libplanted to run with'
expect check_packages.sh '^docs/packaging\.md: no .planted.'
rm -rf "$tree/packaging" "$tree/tools" "$tree/docs/packaging.md"

# ---- sizes, widths, format, headers ---------------------------------------------
plant src/base/planted.c "$(seq 801 | sed 's|^|// |')\n"
expect check_sizes.sh '^src/base/planted\.c:801: longer'

plant tests/planted.sh "# Fine.\n#$(printf '%0100d' 0)\n"
expect check_widths.sh '^tests/planted\.sh:2: longer than 100'

rm -rf "$tree/src" "$tree/include"
plant src/base/planted.c 'int  f( int*x ){return *x;}\n'
if bash "$root/tools/check_format.sh" "$tree" 2>/dev/null | grep -q 'not checked'; then
  echo "not run: check_format.sh (no clang-format of its version)"
  pull_up
else
  expect check_format.sh 'planted\.c:1'
fi

plant src/base/planted.h 'size_t ig_planted(void);\n'
expect check_headers.sh '^base/planted\.h: does not compile alone as c:'
plant include/planted.h '#include <stddef.h>\nvoid ig_planted(size_t class);\n'
expect check_headers.sh '^planted\.h: does not compile alone as c\+\+:'

# ---- names, parameters, families, statements ------------------------------------
plant src/base/planted.h '// Planted.\nint ig_plant(int x);\n'
expect 'check_laws.sh names' '^src/base/planted\.h:2: ig_plant: .*begins with ig_planted_'

plant src/base/planted.c 'static int ig_plant(int x) { return x; }\n'
expect 'check_laws.sh names' '^src/base/planted\.c:1: ig_plant: what is private'

plant src/base/planted.c 'typedef struct ig_plant {\n  int x;\n} ig_plant;\n'
expect 'check_laws.sh names' '^src/base/planted\.c:1: ig_plant: what is private'

plant src/base/planted.h 'typedef enum ig_plant_kind {\n  IG_PLANT_TREE,\n  IG_BUSH,\n} x;\n'
expect 'check_laws.sh names' '^src/base/planted\.h:3: IG_BUSH: .*begins with IG_PLANT_'

plant src/base/planted.c 'typedef struct plant {\n  int x;\n} plant;\n'
plant src/base/other.c 'typedef struct plant {\n  int y;\n} plant;\n'
expect 'check_laws.sh names' '^src/base/planted\.c:1: plant: a type of this name'

plant src/base/planted.c '// Planted.\n'
plant src/io/planted.h '// Planted.\n'
expect 'check_laws.sh names' 'planted: files in src/.* have this name too'

plant src/base/planted.c 'typedef struct {\n  int x;\n} plant;\n'
expect 'check_laws.sh names' '^src/base/planted\.c:1: a type without a tag'
plant src/base/planted.h 'typedef enum { IG_OAK } ig_planted_tree;\n'
expect 'check_laws.sh names' '^src/base/planted\.h:1: a type without a tag'

plant src/base/planted.c 'static int plant(int a, int b, int c,\n  int e, int f, int g, int h) {\n'
expect 'check_laws.sh parameters' '^src/base/planted\.c:1: plant has 7 parameters'

plant src/base/planted.h 'typedef struct p {\n  int (*plant)(int, int, int, int, int, int, int);\n'
expect 'check_laws.sh parameters' '^src/base/planted\.h:2: plant has 7 parameters'

plant include/planted.h 'int plant(int (*f)(int), int b, int c, int d, int e, int g, int h);\n'
expect 'check_laws.sh parameters' '^include/planted\.h:1: plant has 7 parameters'

plant cli/planted.c 'const char *name = "marian";\n'
expect 'check_laws.sh families' "^cli/planted\.c:1: names the family 'marian'"

plant src/base/planted.c '// bart\nint marian_heads;\n'
expect 'check_laws.sh families' "^src/base/planted\.c:2: names the family 'marian'"

plant src/model/arch/willow.c 'const ig_family ig_family_willow = {0};\n'
plant src/base/planted.c 'const char *name = "willow";\n'
expect 'check_laws.sh families' "^src/base/planted\.c:1: names the family 'willow'"

plant src/base/planted.c 'void f(void) {\n  a = 1, b = 2;\n}\n'
expect 'check_laws.sh statements' '^src/base/planted\.c:2: a comma statement'

plant src/base/planted.c 'int f(void) {\n  return x++, 0;\n}\n'
expect 'check_laws.sh statements' '^src/base/planted\.c:2: a comma in a return'

plant src/base/planted.c 'void f(void) {\n  if (l) g(a, b), l->x = h(c),\n    y++;\n}\n'
expect 'check_laws.sh statements' '^src/base/planted\.c:2: a comma statement'

plant src/base/planted.c 'int f(void) {\n  if (a == b) return *out = (int)i, 0;\n}\n'
expect 'check_laws.sh statements' '^src/base/planted\.c:2: a comma in a return'

plant src/base/planted.c 'void f(void) {\n  (a(1) ? g : h)(1);\n}\n'
expect 'check_laws.sh statements' '^src/base/planted\.c:2: a call through a conditional'

plant src/base/planted.c '// The row behind the last.\n'
expect 'check_laws.sh statements' '^src/base/planted\.c:1: .behind.'

# ---- exports: a library that lacks a declared function, exports a stranger, and has no versions -
mkdir -p "$work/include/ingot"
cp "$root/include/ingot/core.h" "$work/include/ingot/"
printf 'int ig_present(void);\nint ig_absent(void);\n' >"$work/include/planted.h"
printf 'int ig_present(void) { return 0; }\nint ig_stranger(void) { return 0; }\n' |
  cc -shared -fPIC -x c - -o "$work/planted.so"
exports() { bash "$root/tools/check_exports.sh" "$work/planted.so" "$work/include" && echo passed; }
output=$(exports) || true
if [[ $output == *"not exported: ig_absent"* && $output != *passed* &&
  $output == *"not declared: ig_stranger"* && $output == *"not of the version"*ig_present* ]]; then
  echo "ok: check_exports.sh reports a missing, a superfluous and an unversioned function"
else
  echo "FAIL: check_exports.sh said: $output"
  failed=1
fi

# ---- instruction counts: what is too many, and what was not counted at all ------
# And callgrind's sums, callees' costs left out, names shortened to numbers.
printf '%s\n' what,isa,compiler,instructions 'translate,avx2,gcc 12,1000' 'train,avx2,gcc 12,2000' \
  >"$work/committed.csv"
instructions() {
  bash "$root/bench/instructions.sh" --against "$work/committed.csv" --counts "$work/counts.csv" \
    2>&1 && echo passed
}
printf 'translate,avx2,gcc 12,1040\ntrain,avx2,gcc 12,2000\n' >"$work/counts.csv"
more=$(instructions) || true
printf 'translate,avx2,gcc 12,1000\n' >"$work/counts.csv"
missing=$(instructions) || true
printf 'translate,avx2,gcc 12,1020\ntrain,avx2,gcc 12,1500\n' >"$work/counts.csv"
fine=$(instructions) || true
printf '%s\n' 'ob=(1) /lib/ld.so' 'fn=(1) a' '1 7' 'ob=(2) /x/ingot' 'fn=(2) b' '+1 30' \
  'cob=(3) /lib/libc.so' 'cfn=(3) c' 'calls=1 5' '* 900' '-2 4' 'ob=(3)' 'fn=(3)' '5 900' \
  'ob=(2)' '8 1' >"$work/out"
sum=$(awk -v object=ingot -f "$root/bench/callgrind_sum.awk" "$work/out")
if grep -q 'translate .*TOO MANY' <<<"$more" && [[ $more$missing != *passed* &&
  $missing == *"train,avx2,gcc 12: not counted"* && $fine == *passed* && $sum = 35 ]]; then
  echo "ok: instructions.sh reports more instructions and missing counts"
else
  printf 'FAIL: instructions.sh said:\n%s\n%s\n%s\nsum %s\n' "$more" "$missing" "$fine" "$sum"
  failed=1
fi
exit "$failed"
