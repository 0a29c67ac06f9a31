#!/usr/bin/env bash
# A run killed by SIGKILL at twenty moments, some of them within the writing of a checkpoint, ends
# in the bits of a run that was never stopped.
. "$INGOT_SOURCE/tests/cli/common.bash"
RANDOM=${INGOT_KILL_SEED:=4711}  # the moments; what is checked does not depend on them
echo "moments of seed $INGOT_KILL_SEED (INGOT_KILL_SEED=N for others)"

toy killed 1000000 "log_every: 3" "validate_every: 4" "valid_sentences: 8" "keep: 2"
sed -i 's/save_every: 50/save_every: 2/
  s/^  tokens:/  valid: {source: valid.src, target: valid.trg}\n  tokens:/' toy.yml
digits 30 11 valid.src && reversed valid.src >valid.trg

alive() { kill -0 "$1" 2>/dev/null; }
# wait_for PID CONDITION...: until the condition holds; a run that ends by itself here is a failure.
wait_for() {
  local pid=$1
  shift
  until "$@"; do
    alive "$pid" || { wait "$pid"; fail "the run ended by itself, exit code $?"; }
  done
}
update() { sed -n 's/^ *"update": \([0-9]*\),/\1/p' killed/latest/training.json 2>/dev/null; }
moved_on() { [ "$(update)" != "$1" ]; }

for kill in $(seq "${INGOT_KILLS:-20}"); do
  before=$(update)
  "$INGOT" train toy.yml --threads 1 --quiet >out 2>err &
  pid=$!
  case $((kill % 4)) in
    0) ;;                                  # anywhere: in the start, too
    1) wait_for $pid moved_on "$before" ;; # after a checkpoint
    2) wait_for $pid [ -e killed/latest.tmp ] ;;
    3) wait_for $pid moved_on "$before"
       wait_for $pid [ -e killed/best.tmp -o -e killed/latest.tmp/model.safetensors ] ;;
  esac
  sleep 0.0$((RANDOM % 5))$((RANDOM % 10))
  kill -KILL $pid 2>/dev/null || { wait $pid; fail "the run ended by itself, exit code $?"; }
  wait $pid 2>/dev/null
done
[ -e killed/latest/training.json ] || fail "no checkpoint after all the starts"

# In the midst of a write, too, where the command with faults linked in is built.
for write in 9 60 200; do
  [ -x "${INGOT_FAULTY:-}" ] || break
  { FAULT=kill:$write "$INGOT_FAULTY" train toy.yml --threads 1 --quiet >out 2>err; } 2>/dev/null
  [ $? -eq 137 ] || fail "write number $write did not kill"
done

# A file that may not grow any more ends the run with a message, and costs nothing.
(ulimit -f 30 && exec "$INGOT" train toy.yml --threads 1 --quiet) >out 2>err
[ $? -eq 1 ] || fail "the limit did not end the run"
has err "File too large"

last=$(($(update) + 7))
expect 0 "$INGOT" train toy.yml --threads 2 --set train.updates=$last
expect 0 "$INGOT" train toy.yml --threads 1 --set train.updates=$last --set train.output=whole
same_tree() { [ "$(cd $1 && find . | sort)" = "$(cd $2 && find . | sort)" ] ||
  fail "$1: $(ls $1); $2: $(ls $2)"; }
same_tree killed whole
for file in $(cd whole && find . -type f ! -name metrics.jsonl ! -name training.json); do same \
  whole/$file killed/$file; done
# Seconds differ, and with them the length of the lines.
for run in killed whole; do
  sed 's/"target_tokens_per_second":[^,}]*,\?//; s/"seconds":[^,}]*//' \
    $run/metrics.jsonl >$run.metrics
  grep -v '_bytes"\|seconds"\|^  "hash":' $run/latest/training.json >$run.state
done
same killed.metrics whole.metrics
same killed.state whole.state
[ "$(grep -c valid_loss whole.metrics)" -ge $((last / 4)) ] || fail "validations are missing"

# Negative control: one batch more, and nothing is the same.
expect 0 "$INGOT" train toy.yml --threads 1 --set train.updates=$((last + 1))
! cmp -s killed/latest/model.safetensors whole/latest/model.safetensors ||
  fail "an update changes nothing"

# Where a checkpoint cannot be written, the one before it stays, and the message says which. Without
# validations, which may come first and save the best.
cp -r whole/latest before
expect 1 bash -c "trap '' XFSZ; ulimit -f 30
  exec '$INGOT' train toy.yml --threads 1 --quiet --set train.output=whole --set train.keep=0 \\
    --set train.validate_every=0"
has err "is not saved, latest/ holds update $last: whole/latest.tmp/"
for file in before/*; do same "$file" whole/latest/"${file##*/}"; done

# Saved by time alone, of a run that keeps no copies: the same bits, whatever the moments.
toy timed 1000000 "log_every: 3" "validate_every: 4" "valid_sentences: 8" "save_minutes: 0.0005"
sed -i '/save_every/d; s/^  tokens:/  valid: {source: valid.src, target: valid.trg}\n  tokens:/' \
  toy.yml
update() { sed -n 's/^ *"update": \([0-9]*\),/\1/p' timed/latest/training.json 2>/dev/null; }
# The last update that the metrics tell of. A run that is killed between best/ and latest/ leaves a
# best model that it comes to again only later, and the end must lie behind that.
told() { sed -n 's/.*"update":\([0-9]*\).*/\1/p' timed/metrics.jsonl 2>/dev/null | tail -n 1; }
furthest=0
for kill in $(seq 8); do
  before=$(update)
  "$INGOT" train toy.yml --threads 1 --quiet >out 2>err &
  pid=$!
  case $((kill % 3)) in
    0) ;;
    1) wait_for $pid moved_on "$before" ;;
    2) wait_for $pid [ -e timed/latest.tmp ] ;;
  esac
  sleep 0.0$((RANDOM % 5))$((RANDOM % 10))
  kill -KILL $pid 2>/dev/null || { wait $pid; fail "the run ended by itself, exit code $?"; }
  wait $pid 2>/dev/null
  reached=$(told)
  [ "${reached:-0}" -le $furthest ] || furthest=$reached
done
[ "$(update)" -gt 0 ] || fail "nothing was saved by time"
[ "$furthest" -ge "$(update)" ] || furthest=$(update)
timed_last=$((furthest + 7))
expect 0 "$INGOT" train toy.yml --threads 2 --set train.updates=$timed_last
expect 0 "$INGOT" train toy.yml --threads 1 --set train.updates=$timed_last \
  --set train.output=untimed --set train.save_minutes=0
same_tree timed untimed
for file in latest/model.safetensors latest/training.safetensors best/model.safetensors; do
  same timed/$file untimed/$file
done
for run in timed untimed; do
  sed 's/"target_tokens_per_second":[^,}]*,\?//; s/"seconds":[^,}]*//' \
    $run/metrics.jsonl >$run.metrics
done
same timed.metrics untimed.metrics
