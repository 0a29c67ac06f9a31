#!/usr/bin/env bash
# Progress in a log: short work leaves no line of it, long work says that it goes on, and a terminal
# has its bar. The input pauses for longer than it takes until the first line comes.
. "$INGOT_SOURCE/tests/cli/common.bash"
shipped=$INGOT_SOURCE/models/en-de
printf 'How are you?\nTom is here.\n' >text
printf 'Wie geht es dir?\nTom ist hier.\n' >targets

silent() {
  expect 0 "$INGOT" "$@"
  [ ! -s err ] || fail "progress of short work: $*"
}
silent translate -m "$shipped" -i text
silent translate -m "$shipped" -i text -o german
silent translate -m "$shipped" -i text --json
silent translate -m "$shipped" -i text --score-target targets

# paused OPTION...: two lines, with so long between them that more than five seconds of it are seen
# also where the program begins late.
paused() {
  { echo 'How are you?' && sleep 7 && echo 'Tom is here.'; } |
    "$INGOT" translate -m "$shipped" "$@" >out 2>err || fail "exit code $?"
  [ "$(wc -l <out)" -eq 2 ] || fail "two lines expected"
}
paused
grep -qx 'translating: 2/2 lines .*' err || fail "long work ends without a line"
[ "$(wc -l <err)" -eq 1 ] || fail "one line expected"
paused --json
grep -q '^{"level": "progress", .*"done": 2, "total": 2' err || fail "no object of progress"
paused --quiet
[ ! -s err ] || fail "progress in spite of --quiet"

# on_terminal MODEL OPTION...: what is shown on a terminal, in ./shown. The output goes to a file.
on_terminal() {
  script -qec "'$INGOT' translate -o german -m $*" /dev/null </dev/null >shown ||
    fail "exit code $?"
}
# A system without pseudo-terminals, as a bare chroot, has none to show it on.
script -qec true /dev/null </dev/null >shown 2>&1 || exit 0
on_terminal "'$shipped'" -i text
grep -q 'translating ##############' shown || fail "no bar on a terminal"

# Of a regular file the total is known beforehand, also where it is standard input and has been read
# in part. A first window has 2048 sentences at most: what is told before the second is not the end.
toy run 10
expect 0 "$INGOT" train toy.yml --quiet
for ((i = 0; i < 2500; i++)); do echo '1 2'; done >many
# with_total TOTAL OPTION...
with_total() {
  local total=$1
  shift
  on_terminal run/latest --beam-size 1 --max-length 4 "$@"
  tr '\r' '\n' <shown | sed -n 's|.* \([0-9.]*\)/'"$total"' lines .*|\1|p' >done
  [ "$(tail -n 1 done)" = "$total" ] || fail "it does not end with $total lines"
  [ "$(head -n 1 done)" -lt "$total" ] || fail "no total before the end"
}
printf '1 2' >>many
with_total 2501 -i many
with_total 2501 '<many'
