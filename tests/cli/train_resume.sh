#!/usr/bin/env bash
# A training run stopped by SIGTERM goes on and ends in the bits of a run that was never stopped; so
# do runs on 1 and 2 threads.
. "$INGOT_SOURCE/tests/cli/common.bash"

# Longer and longer runs until one is caught before its end.
stopped=
for updates in 300 1200 4800; do
  toy stopped $updates
  "$INGOT" train toy.yml --threads 1 >out 2>err &
  pid=$!
  while [ ! -e stopped/latest ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
  kill -TERM $pid 2>/dev/null
  wait $pid
  code=$?
  if [ $code -eq 143 ]; then
    stopped=yes
    has err "interrupted at update"
    break
  fi
  [ $code -eq 0 ] || fail "exit code $code after SIGTERM"
  rm -rf stopped
done
[ -n "$stopped" ] || fail "no run could be caught before its end"
[ -e stopped/latest/model.safetensors ] || fail "no checkpoint after SIGTERM"

# A closed terminal may say so twice. (Under nohup nobody hears it.)
if [ -z "$(trap -p HUP)" ]; then
  toy closed 1000000
  "$INGOT" train toy.yml --threads 1 >out 2>err &
  pid=$!
  while [ ! -e closed/latest ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
  kill -HUP $pid && kill -HUP $pid 2>/dev/null
  wait $pid
  [ $? -eq 129 ] || fail "another exit code after SIGHUP"
  has err "interrupted at update"
  toy stopped $updates
fi

expect 0 "$INGOT" train toy.yml --threads 1 --stats resumed.json
toy whole $updates
expect 0 "$INGOT" train toy.yml --threads 2 --stats whole.json
same stopped/latest/model.safetensors whole/latest/model.safetensors
for key in updates source_tokens target_tokens target_tokens_per_second seconds load_seconds \
  total_seconds parameters; do has whole.json "\"$key\""; done
if ls stopped | grep -q tmp; then fail "temporaries are left: $(ls stopped)"; fi

# Negative control: another seed ends elsewhere.
toy other $updates
expect 0 "$INGOT" train toy.yml --threads 2 --set train.seed=4 --set train.updates=60
toy again 60
expect 0 "$INGOT" train toy.yml --threads 2
! cmp -s other/latest/model.safetensors again/latest/model.safetensors ||
  fail "the seed changes nothing"

# A finished run has nothing left to do; a run of other options does not overwrite it.
expect 0 "$INGOT" train toy.yml
cp again/latest/model.safetensors before
expect 1 "$INGOT" train toy.yml --set model.d_model=64
same before again/latest/model.safetensors

# A checkpoint without its state is not taken for a new run.
mv again/latest/training.json kept
expect 1 "$INGOT" train toy.yml
has err "training.json is missing"
same before again/latest/model.safetensors
mv kept again/latest/training.json

# One training a directory: while the lock is held, a second one is refused.
exec 9>again/.lock
flock -n 9
expect 1 "$INGOT" train toy.yml
has err "another training is running"
exec 9>&-
expect 0 "$INGOT" train toy.yml

# Lines of the log say when they were written; --quiet leaves out samples, too.
toy logged 4 "log_every: 1" "valid_sentences: 8"
digits 30 11 valid.src && reversed valid.src >valid.trg
sed -i 's/^  tokens:/  valid: {source: valid.src, target: valid.trg}\n  tokens:/' toy.yml
expect 0 env TZ=UTC "$INGOT" train toy.yml
[ "$(grep -cE '^\[20[0-9-]{8} [0-9:]{8}\] update [1-4], ' err)" -eq 4 ] || fail "lines without time"
[ "$(grep -cE '^\[.*\]   (source|reference|output)  ' err)" -eq 9 ] || fail "samples are missing"
expect 0 env TZ=UTC "$INGOT" train toy.yml --set train.updates=5 --json
grep -qE '"message": "update 5, .*", "time": "20[0-9-]{8}T[0-9:]{8}\+0000"\}$' err ||
  fail "a JSON line without time"
expect 0 "$INGOT" train toy.yml --set train.updates=6 --quiet
[ ! -s err ] || fail "--quiet is not quiet"

# Where best/ is missing, the message names the checkpoint that there is.
toy short 2
expect 0 "$INGOT" train toy.yml
expect 1 "$INGOT" translate -m short/best -i toy.src
has err "short/best: no such directory, but there is a model in short/latest"
