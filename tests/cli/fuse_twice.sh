#!/usr/bin/env bash
# Two fusions into one output: while the first runs, the second is refused, and the first one's
# result is its own.
. "$INGOT_SOURCE/tests/cli/common.bash"
[ -f "$INGOT_SOURCE/models/en-de/config.json" ] || exit 77
cp -r "$INGOT_SOURCE/models/en-de" first
for scale in 0.5 0.75; do
  echo "{merge_method: passthrough, models: [{model: first, parameters: {scale: $scale}}]}" \
    >r$scale.yml
  expect 0 "$INGOT" fuse r$scale.yml -o ref$scale -q
done

held=0
for attempt in $(seq 30); do
  rm -rf made made.partial
  "$INGOT" fuse r0.5.yml -o made -q 2>first.err &
  pid=$!
  until [ -e made.partial/fusion.journal ] || ! kill -0 $pid 2>/dev/null; do :; done
  kill -STOP $pid 2>/dev/null
  while grep -q '^State:.*[RSD] ' /proc/$pid/status 2>/dev/null; do :; done
  if [ -e made.partial/fusion.journal ] && [ ! -e made ]; then
    held=$((held + 1))
    expect 1 "$INGOT" fuse r0.75.yml -o made -q
    has err "made.partial: another fusion is writing it"
  fi
  kill -CONT $pid 2>/dev/null
  wait $pid || fail "the first one failed: $(cat first.err)"
  diff -r made ref0.5 >diff || fail "the first one's result is not its own: $(cat diff)"
  [ $held -lt 3 ] || break
done
[ $held -gt 0 ] || fail "no fusion was ever met half way"

# Both at once: whichever succeeds has all its bytes.
for pair in $(seq "${INGOT_PAIRS:-10}"); do
  rm -rf made made.partial
  "$INGOT" fuse r0.5.yml -o made -q 2>/dev/null &
  one=$!
  "$INGOT" fuse r0.75.yml -o made -q 2>/dev/null &
  other=$!
  wait $one
  code=$?
  wait $other
  other=$?
  [ $((code + other)) -eq 1 ] || fail "exit codes $code and $other: one must succeed"
  winner=0.5
  [ $code -eq 0 ] || winner=0.75
  diff -r made ref$winner >diff || fail "the result is not that of the one that succeeded"
done
