#!/usr/bin/env bash
# `mpirun -n N ingot train`: the bits of one process, for any N, whatever is trained and wherever a
# run goes on with another N; what cannot be shared is refused with one message.
. "$INGOT_SOURCE/tests/cli/common.bash"
. "$INGOT_SOURCE/tests/cli/ranks.bash"

digits 40 11 valid.src && reversed valid.src >valid.trg
small_toy() {
  toy "$@"
  sed -i 's/batch_tokens: 160/batch_tokens: 60/
    s/^  tokens:/  valid: {source: valid.src, target: valid.trg}\n  tokens:/' toy.yml
}
small_toy alone 60 "accumulate: 4" "validate_every: 25" "valid_sentences: 10" "log_every: 20"
without_seconds() { sed 's/"target_tokens_per_second":[^,}]*,\?//; s/"seconds":[^,}]*//' "$1"; }
same_run() {
  local file
  [ "$(cd "$1" && find . | sort)" = "$(cd "$2" && find . | sort)" ] || fail "files of $1 and $2"
  for file in $(cd "$1" && find . -type f ! -name metrics.jsonl ! -name training.json); do
    same "$1/$file" "$2/$file"
  done
  same <(without_seconds "$1/metrics.jsonl") <(without_seconds "$2/metrics.jsonl")
}

expect 0 "$INGOT" train toy.yml --threads 1 --quiet
for n in 1 2 4; do
  expect 0 ranks $n "$INGOT" train toy.yml --threads 1 --stats stats.json \
    --set train.output=of-$n
  [ "$(grep -c 'finished at update 60' err)" -eq 1 ] || fail "$n ranks: who speaks?"
  same_run alone of-$n
  has stats.json '"updates": 60'
done
# Negative control: other micro-batches, other bits.
expect 0 ranks 2 "$INGOT" train toy.yml --threads 1 --quiet --set train.output=other \
  --set train.seed=4
! cmp -s alone/latest/model.safetensors other/latest/model.safetensors || fail "the seed is lost"

# Stopped by a signal, and gone on with another number of ranks each time. Validations differ where
# a run ends, the model does not.
n=0
for updates in 17 31 60; do
  n=$((n + 1))
  expect 0 ranks $n "$INGOT" train toy.yml --threads 1 --quiet --set train.output=resumed \
    --set train.updates=$updates --set train.accumulate=6
done
expect 0 "$INGOT" train toy.yml --threads 2 --quiet --set train.output=whole \
  --set train.accumulate=6
same whole/latest/model.safetensors resumed/latest/model.safetensors
same whole/latest/training.safetensors resumed/latest/training.safetensors

# An adapter of a model, whose own weights stay.
cp toy.yml toy.keep
sed -i 's/^model:.*/model: {init: alone\/latest}/; /^        /d; s/^  tokens:.*//' toy.yml
for n in 1 2; do
  expect 0 ranks $n "$INGOT" train toy.yml --threads 1 --quiet --set train.output=adapter-$n \
    --set train.updates=20 --set 'train.adapter={method: lora, rank: 2, target_modules: [q_proj]}'
done
same adapter-1/latest/adapter_model.safetensors adapter-2/latest/adapter_model.safetensors
mv toy.keep toy.yml

# Too many ranks, a dry run, other verbs, other launchers: one message each.
expect_failure() {
  local text=$1
  shift
  "$@" >out 2>err && fail "no failure: $*"
  has err "$text"
}
expect_failure "the 4 micro-batches of an update give work to 2 of 3 ranks" \
  ranks 3 "$INGOT" train toy.yml --set train.output=three
[ ! -e three/latest ] || fail "a run that was refused has begun"
expect_failure "a dry run is of one process" ranks 2 "$INGOT" train toy.yml --dry-run
expect_failure "score is to be started alone" ranks 2 "$INGOT" score bleu --reference toy.src
expect_failure "another launcher than Open MPI's has started 3 processes (PMI_SIZE)" \
  env PMI_SIZE=3 "$INGOT" train toy.yml
expect_failure "Open MPI sees 1 of 3 processes" env SLURM_STEP_NUM_TASKS=3 "$INGOT" train toy.yml
# One process of a launcher is alone, and needs no Open MPI.
expect 0 env OMPI_COMM_WORLD_SIZE=1 "$INGOT" train toy.yml --quiet --set train.output=of-one \
  --set train.updates=2

# Ranks whose configurations differ.
sed 's/learning_rate: .*/learning_rate: 0.004/' toy.yml >other.yml
expect_failure "rank 1 and rank 0 differ in train.learning_rate" \
  mpirun -n 1 "$INGOT" train toy.yml --set train.output=mixed : \
  -n 1 "$INGOT" train other.yml --set train.output=mixed
[ ! -e mixed/latest ] || fail "a run that was refused has begun"
