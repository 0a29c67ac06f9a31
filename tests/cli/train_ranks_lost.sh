#!/usr/bin/env bash
# A rank that is killed or stopped ends the others within ten seconds, with a message that names it,
# and the run goes on with another number of ranks, to the bits of one process.
. "$INGOT_SOURCE/tests/cli/common.bash"
. "$INGOT_SOURCE/tests/cli/ranks.bash"

toy lost 1000000 "accumulate: 6" "log_every: 20000"
sed -i 's/batch_tokens: 160/batch_tokens: 60/; s/save_every: 50/save_every: 40/' toy.yml
update() { sed -n 's/^ *"update": \([0-9]*\),/\1/p' lost/latest/training.json 2>/dev/null; }

# lose SIGNAL RANK N OPTION...: starts N ranks, and sends the signal to one after the next save. The
# run must end within ten seconds; ./err is what it said.
lose() {
  local signal=$1 rank=$2 n=$3 before mpirun begin
  shift 3
  before=$(update)
  mpirun -n "$n" "$@" "$INGOT" train toy.yml --threads 1 --quiet >out 2>err &
  mpirun=$!
  until [ "$(update)" != "$before" ] && [ "$(update)" != 0 ]; do
    kill -0 $mpirun 2>/dev/null || fail "the run ended by itself"
    sleep 0.05
  done
  begin=$(date +%s%N)
  kill -"$signal" "$(rank_process $mpirun "$rank")" || fail "no process of rank $rank"
  while ps -o stat= --ppid $mpirun | grep -qv '^[ZT]'; do
    [ $((($(date +%s%N) - begin) / 1000000)) -lt 10000 ] || fail "the others still run after 10 s"
    sleep 0.05
  done
  wait $mpirun
  code=$?
}

# mpirun itself notices a rank that is dead, and says so.
lose KILL 1 2
[ $code -ne 0 ] || fail "the run ended as if nothing had happened"
has err "rank 1 with PID"
# Without its help (its own exit code is then 0): the others notice.
lose KILL 2 3 --enable-recovery
has err "ingot train: rank 2 of 3 is lost: "
lose STOP 1 3
[ $code -ne 0 ] || fail "the run ended as if nothing had happened"
has err "ingot train: rank 1 of 3 is lost: no sign of life for"
lose STOP 0 2
has err "ingot train: rank 1: rank 0 of 2 is lost: no sign of life for"

last=$(($(update) + 20))
expect 0 ranks 3 "$INGOT" train toy.yml --threads 1 --quiet --set train.updates=$last
expect 0 "$INGOT" train toy.yml --threads 1 --quiet --set train.updates=$last \
  --set train.output=whole
same lost/latest/model.safetensors whole/latest/model.safetensors
same lost/latest/training.safetensors whole/latest/training.safetensors

# A failure of one rank is told to all, and by rank 0 alone.
sed 's/source: toy.src/source: missing.src/' toy.yml >missing.yml
mpirun -n 1 "$INGOT" train toy.yml --set train.output=failed : \
  -n 1 "$INGOT" train missing.yml --set train.output=failed >out 2>err &&
  fail "a rank without data is no failure"
has err "ingot train: rank 1 of 2 has failed: "
has err "missing.src"
[ ! -e failed/latest ] || fail "a run that was refused has begun"
