#!/usr/bin/env bash
# Whole commands with each write failed once: exit code 1, a message, the old output or the new one.
# $INGOT_FAULTY is the command with faults linked in.
. "$INGOT_SOURCE/tests/cli/common.bash"
[ -x "${INGOT_FAULTY:-}" ] || exit 77
model=$INGOT_SOURCE/tests/golden/marian_tiny

# every_write MOST CHECK COMMAND...: until the command runs through without meeting its fault.
every_write() {
  local most=$1 check=$2 n code
  shift 2
  for ((n = 1; n <= most; n++)); do
    FAULT=write:$n "$@" >out 2>err
    code=$?
    if grep -q '^fault: none' err; then
      [ "$code" -eq 0 ] || fail "exit code $code without a fault: $*"
      [ "$n" -gt 3 ] || fail "only $n writes: $*"
      return
    fi
    # Exit code 0 is for what the user loses nothing by: the directory's own fsync after a rename.
    if [ "$code" -ne 0 ]; then
      [ "$code" -eq 1 ] || fail "exit code $code, write $n: $*"
      grep -q '^ingot' err || fail "no message, write $n: $*"
    else
      grep -q '^fault: fsync' err || fail "a failed write passed for success, write $n: $*"
    fi
    $check "$code"
  done
  fail "more than $most writes: $*"
}

head -n 4 "$model/source.ids" >in.ids
"$INGOT" translate -m "$model" -i in.ids --ids-in --ids -o right.out --quiet ||
  fail "no translation"

# What a failure left as finished is the beginning of the whole, and goes on to it.
goes_on() {
  if [ -s kept.out.partial ]; then
    cmp -s kept.out.partial <(head -c "$(wc -c <kept.out.partial)" right.out) ||
      fail "kept.out.partial is not the beginning of the output"
    "$INGOT" translate -m "$model" -i in.ids --ids-in --ids -o kept.out --resume --quiet ||
      fail "a failed write cannot be gone on from"
    same kept.out right.out
  fi
  [ ! -e kept.out.partial ] || fail "an empty kept.out.partial is left"
  echo old >kept.out
}

# A success is the whole new file; a failure leaves the old one, or the new one where only what came
# after it failed.
old_or_new() {
  cmp -s kept.out right.out || { [ "$1" -ne 0 ] && [ "$(cat kept.out)" = old ]; } ||
    fail "kept.out is neither old nor new"
  ls | grep -q tmp- && fail "a temporary is left"
  goes_on
}
echo old >kept.out
every_write 60 old_or_new "$INGOT_FAULTY" translate -m "$model" -i in.ids --ids-in --ids \
  -o kept.out --stats kept.stats --quiet
rm kept.stats

# Without --stats nothing is written after the file but the last flush of standard output.
old_if_failed() {
  if [ "$1" -eq 0 ] || grep -q 'standard output' err; then same kept.out right.out; else \
    [ "$(cat kept.out)" = old ] || fail "a failure changed kept.out"; fi
  goes_on
}
echo old >kept.out
every_write 60 old_if_failed "$INGOT_FAULTY" translate -m "$model" -i in.ids --ids-in --ids \
  -o kept.out --quiet
