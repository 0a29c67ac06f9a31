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

# paused OPTION...: two lines, with more than five seconds between them.
paused() {
  { echo 'How are you?' && sleep 5.2 && echo 'Tom is here.'; } |
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

command -v script >/dev/null || exit 0
script -qec "'$INGOT' translate -m '$shipped' -i text -o german" /dev/null >out </dev/null 2>err
grep -q 'translating ##############' out || fail "no bar on a terminal"
