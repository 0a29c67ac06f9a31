#!/usr/bin/env bash
# A translation into a file that SIGKILL ends at ten moments (INGOT_KILLS=N: at N) goes on by
# --resume, and ends in the bytes of one that was never stopped; so does one that ran into a bad
# line, a full disk or Ctrl-C.
. "$INGOT_SOURCE/tests/cli/common.bash"
RANDOM=${INGOT_KILL_SEED:=4711}  # the moments; what is checked does not depend on them
echo "moments of seed $INGOT_KILL_SEED (INGOT_KILL_SEED=N for others)"

toy run 300
expect 0 "$INGOT" train toy.yml --quiet
model=run/latest
digits 20000 99 all.src
translate() { "$INGOT" translate -q -m $model --threads 1 --max-length 9 "$@"; }
# With &, to be killed.
begin() { exec "$INGOT" translate -q -m $model --threads 1 --max-length 9 "$@"; }
left() { ls | grep -E "^$1\\.(partial|tmp)"; }
expect 0 translate -i all.src -o all.out
[ "$(wc -l <all.out)" -eq 20000 ] || fail "20,000 lines expected"
left all.out && fail "something is left beside a complete output"

# wait_for PID TEST FILE: until the test holds, or the process has ended.
wait_for() { until [ "$2" "$3" ] || ! kill -0 "$1" 2>/dev/null; do sleep 0.005; done; }

# killed TIMES OUT INPUT OPTION...: begins it or goes on so many times, each time killed. The input
# comes from a pipe that stays open, with more of the lines each time: no run is so fast that it
# ends before.
mkfifo feed
killed() {
  local times=$1 out=$2 input=$3 lines kill pid writer
  shift 3
  lines=$(wc -l <"$input")
  for kill in $(seq "$times"); do
    begin -o "$out" --resume -i feed "$@" >stdout 2>err &
    pid=$!
    { head -n $((lines * kill / (times + 1) + RANDOM % 50)) "$input" && exec sleep 1000; } >feed &
    writer=$!
    # At once, or a while after its file is there.
    [ $((kill % 3)) -eq 0 ] || wait_for $pid -e "$out.partial"
    [ $((kill % 3)) -ne 2 ] || wait_for $pid -s "$out.partial"
    sleep 0.$((RANDOM % 3))$((RANDOM % 10))
    kill -KILL $pid 2>/dev/null || fail "it ended before it was killed: $(cat err)"
    wait $pid 2>/dev/null
    # Who was killed before it opened the pipe left the writer waiting for a reader.
    kill -KILL $writer 2>/dev/null
    wait $writer 2>/dev/null
    # Half a line, as a kill in the middle of a write leaves it.
    [ $((kill % 2)) -eq 0 ] || [ ! -s "$out.partial" ] || printf '9 9 9' >>"$out.partial"
    [ $((kill % 4)) -ne 0 ] || [ ! -s "$out.partial.state" ] ||
      printf 'at 7 ' >>"$out.partial.state"
  done
  [ ! -e "$out" ] || fail "an output that is not complete"
  expect 0 translate -o "$out" --resume -i "$input" "$@"
  left "$out" && fail "something is left beside a complete output"
}
killed "${INGOT_KILLS:-10}" killed.out all.src
same killed.out all.out
# A bad byte in the last of many lines: one warning, and every line.
{ head -n 19999 all.src && printf '1 \377\n'; } >last.src
expect 0 translate -i last.src
[ "$(wc -l <out)" -eq 20000 ] || fail "20,000 lines expected"
[ "$(grep UTF-8 err)" = "warning: line 20000: byte 3 (0xFF) is not UTF-8: read as U+FFFD" ] ||
  fail "one warning expected"
head -n 5000 all.src >some.src
expect 0 translate -i some.src -o some.out --beam-size 3 --n-best 2
[ "$(wc -l <some.out)" -eq 10000 ] || fail "10,000 lines expected"
killed 4 best.out some.src --beam-size 3 --n-best 2
same best.out some.out
expect 0 translate -i some.src --score-target some.src -o scores
killed 4 scores.out some.src --score-target some.src
same scores.out scores

# begin_partial FILE: leaves FILE.partial with the first 4,000 lines of some.src.
head -n 4000 some.src >part.src
{ cat part.src && printf '1 \377\n' && tail -n +4002 some.src; } >bad.src
begin_partial() {
  expect 1 translate -i bad.src -o "$1" --strict
  has err "bad.src: line 4001: not UTF-8 at byte 3 of the line"
  has err "; 4000 lines written to $1.partial: the same command with --resume goes on"
}
begin_partial p.out
[ ! -e p.out ] || fail "an output that is not complete"
head -n 4000 all.out >before
same p.out.partial before
# What is finished is not thrown away by the same command.
expect 1 translate -i some.src -o p.out
has err "p.out.partial holds finished lines of an earlier run: --resume goes on from it"
same p.out.partial before
# Another input, another model, other options, another command's file: refused, and nothing changes.
{ head -n 10 all.src && echo '1 2 3' && tail -n +12 some.src; } >other.src
head -n 100 some.src >short.src
expect 1 translate -i other.src -o p.out --resume
has err "other.src: cannot go on from p.out.partial: its first 4000 lines have changed since"
expect 1 translate -i short.src -o p.out --resume
has err "short.src: cannot go on from p.out.partial: that has the translations of 4000 lines, but \
the input is shorter now"
expect 1 translate -i some.src -o p.out --resume --beam-size 2
has err "it was made with 'ingot translate --max-length=9', and now it is"
has err "'ingot translate --beam-size=2 --max-length=9'"
cp -r $model other
printf ' ' >>other/config.json
expect 1 "$INGOT" translate -q -m other --max-length 9 -i some.src -o p.out --resume
has err "it was made with 'model of hash "
cp p.out.partial saved
printf 'x' | dd of=p.out.partial bs=1 seek=5 conv=notrunc 2>/dev/null
expect 1 translate -i some.src -o p.out --resume
has err "p.out.partial: cannot go on: it was changed after it was written"
cp saved p.out.partial
same p.out.partial before
cp p.out.partial foreign.partial
expect 1 translate -i some.src -o foreign --resume
has err "foreign.partial.state does not say what it was made with"
same foreign.partial before
mkdir folder.partial
for options in "" --resume; do
  # shellcheck disable=SC2086
  expect 1 translate -i some.src -o folder $options
  has err "folder.partial is in the way"
done
echo precious >elsewhere
ln -s elsewhere link.partial
expect 1 translate -i some.src -o link
has err "link.partial is in the way"
[ "$(cat elsewhere)" = precious ] || fail "a link at OUT.partial was written through"
# The line is mended: it goes on, with what is repeated in the messages counted from the first line.
{ head -n 4500 some.src && printf '1 \000\n' && tail -n +4502 some.src; } >nul.src
expect 0 translate -i nul.src -o p.out --resume --stats stats.json
has err "warning: line 4501: byte 3 is NUL"
has stats.json '"lines_before": 4000'
expect 0 translate -i nul.src -o q.out
same p.out q.out
left p.out && fail "something is left beside a complete output"
[ "$(stat -c %a p.out)" = "$(stat -c %a some.src)" ] || fail "other permissions than a new file's"

# Only one writes.
mkfifo slow
begin -i slow -o two.out 2>two.err &
first=$!
exec 3>slow
until [ -e two.out.partial.state ]; do sleep 0.01; done
expect 1 translate -i some.src -o two.out --resume
has err "two.out.partial: another process is writing it"
head -n 3 some.src >&3
until [ -s two.out.partial ]; do sleep 0.01; done
# Ctrl-C and SIGTERM say how many lines are safe.
until [ "$(grep -c '^at ' two.out.partial.state)" -gt 0 ]; do sleep 0.01; done
kill -TERM $first
wait $first
[ $? -eq 143 ] || fail "SIGTERM is the reason of the end"
exec 3>&-
has two.err "lines written to two.out.partial: the same command with --resume goes on"
expect 0 translate -i <(head -n 20 some.src) -o two.out --resume
head -n 20 all.out >before
same two.out before
# Nothing was finished: nothing is left.
begin -i slow -o none.out 2>none.err &
first=$!
exec 3>slow
# SIGTERM is signal 15, bit 14 of the mask of those that the process catches.
catches='^SigCgt:.*[4-7c-f][0-9a-f]{3}$'
until [ -e none.out.partial.state ] && grep -qE "$catches" /proc/$first/status; do
  sleep 0.01
done
kill -TERM $first || fail "no process"
wait $first
exec 3>&-
[ "$(head -n 1 none.err)" = "ingot translate: interrupted; 0 lines written" ] ||
  fail "another first line: $(head -n 1 none.err)"
left none.out && fail "an empty output is left"

# A disk that is full, as a limit: what it took is kept, and it goes on when there is room.
(ulimit -f 16 && trap '' XFSZ && translate -i all.src -o full.out) >out 2>err
[ $? -eq 1 ] || fail "the limit did not end the run"
has err "File too large; "
has err " lines written to full.out.partial"
lines=$(sed -n 's/.*; \([0-9]*\) lines written to.*/\1/p' err)
[ "$lines" -gt 500 ] || fail "$lines lines of 16 kB are kept"
[ "$(wc -l <full.out.partial)" -eq "$lines" ] || fail "the partial output has other lines"
expect 0 translate -i all.src -o full.out --resume
same full.out all.out

# Standard output: every finished line, and the count.
expect 1 translate -i bad.src --strict
has err "; 4000 lines written"
head -n 4000 all.out >before
same out before
expect 2 translate -i some.src --resume
has err "--resume needs -o FILE"
expect 0 translate -i short.src -o /dev/null
