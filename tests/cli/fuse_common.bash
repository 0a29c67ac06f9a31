# Shared by tests/cli/fuse*.sh.
. "$INGOT_SOURCE/tests/cli/common.bash"

recipe() { printf '%s\n' "$@" >recipe.yml; } # LINE...
fuse() { expect 0 "$INGOT" fuse recipe.yml -o "$1" -q "${@:2}"; }
# refused MESSAGE LINE...: nothing is written.
refused() {
  local message=$1
  shift
  recipe "$@"
  expect 1 "$INGOT" fuse recipe.yml -o refused -q
  has err "$message"
  [ ! -e refused ] && [ ! -e refused.partial ] && [ ! -e refused.stages ] ||
    fail "something was written: $message"
}
