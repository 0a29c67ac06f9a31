#!/usr/bin/env bash
# The first signal ends a command that waits for a pipe: one that has no writer, and one whose
# writer writes nothing.
. "$INGOT_SOURCE/tests/cli/common.bash"
[ -r /proc/self/status ] || exit 0
mkfifo pipe
echo 'a' >lines
echo '{merge_method: passthrough, models: [{model: none}]}' >r.yml

# catches_signals PID: it is the command already, and has a handler of SIGTERM (bit 14 of the caught
# signals).
catches_signals() {
  local caught
  tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF "$INGOT" || return 1
  caught=$(sed -n 's/^SigCgt:[^0-9a-f]*//p' "/proc/$1/status") || return 1
  [ $((0x${caught: -8} & 0x4000)) -ne 0 ]
}
# ends_at_first_signal COMMAND...: its exit code is that of SIGTERM, and it says why.
ends_at_first_signal() {
  "$@" >out 2>err &
  local process=$!
  until catches_signals $process; do
    kill -0 $process 2>/dev/null || fail "it ended by itself: $*"
    sleep 0.01
  done
  kill -TERM $process
  timeout 60 tail --pid=$process -f /dev/null || {
    kill -KILL $process
    fail "it did not end: $*"
  }
  wait $process
  local code=$?
  [ $code -eq 143 ] || fail "exit code $code in place of 143: $*"
  has err "pipe: "
  has err "interrupted while it was read"
}
waiting_commands() {
  ends_at_first_signal "$INGOT" fuse pipe -o made
  ends_at_first_signal "$INGOT" fuse pipe --dry-run
  ends_at_first_signal "$INGOT" train pipe
  ends_at_first_signal "$INGOT" fuse r.yml -o made --held-out-source pipe --held-out-reference lines
  ends_at_first_signal "$INGOT" fuse r.yml -o made --held-out-source lines --held-out-reference pipe
  [ ! -e made ] || fail "something was made"
}
waiting_commands
# A writer that writes nothing (and reads, so that it need not wait itself).
exec 8<>pipe
waiting_commands
exec 8<&-
# A writer that comes late, and writes its lines one after another, is waited for.
(
  echo 'merge_method: passthrough'
  echo 'models: [{model: none}]'
) >pipe &
expect 1 "$INGOT" fuse pipe -o made
has err "none"
wait
