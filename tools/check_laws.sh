#!/usr/bin/env bash
# The laws of docs/decisions/names.md and of design that a pattern can hold, each by an awk script
# beside this one:
#   names       functions of a header of src/ begin with ig_ and the header's name; what is private
#               to a file has no ig_; values of an enum begin with its name; no type and no file of
#               src/ has the name of another; every type has a tag
#   parameters  no function has more than six
#   families    no file of src and cli outside src/model/arch/ and src/fuse/input/families.c names
#               one; of the public headers, ig_config_torch does
#   statements  no comma statements, no calls through a conditional, no 'behind' for 'after'
# Usage: check_laws.sh [ROOT [LAW...]]
set -uo pipefail
tools=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$tools/..}" || exit 2
shift
[ $# -gt 0 ] || set -- names parameters families statements
failed=0

# files FOLDER... -- FIND'S ARGUMENTS: sorted, headers first.
files() {
  local folders=()
  while [ "$1" != -- ]; do folders+=("$1") && shift; done
  shift
  { find "${folders[@]}" -type f -name '*.h' "$@" 2>/dev/null || true; } | sort
  { find "${folders[@]}" -type f \( -name '*.c' -o -name '*.cc' -o -name '*.inc' \) "$@" \
    2>/dev/null || true; } | sort
}
apply() {  # LAW AWK'S ARGUMENTS, the files on stdin
  local law=$1
  shift
  xargs -r awk "$@" -f "$tools/strip_c.awk" -f "$tools/check_$law.awk"
}
families() {
  { grep -l '^const ig_family ig_family_' src/model/arch/*.c 2>/dev/null || true; } |
    sed 's|.*/||; s|\.c$||' | tr '\n' ' '
}

for law in "$@"; do
  case $law in
    names) { files include -- && files src --; } | apply names ;;
    parameters) files include src cli -- | apply parameters ;;
    families)
      files src cli -- ! -path 'src/model/arch/*' ! -path src/fuse/input/families.c |
        apply families -v families="$(families)" ;;
    statements)
      files include src cli tests bench examples fuzz -- ! -path 'fuzz/corpus/*' |
        apply statements ;;
  esac || failed=1
done
exit "$failed"
