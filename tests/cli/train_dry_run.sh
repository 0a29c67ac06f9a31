#!/usr/bin/env bash
# ingot train --dry-run tells what a run would be, and leaves nothing anywhere.
. "$INGOT_SOURCE/tests/cli/common.bash"
mkdir temporary
export TMPDIR=$work/temporary

toy dry 500 "epochs: 3"
expect 0 "$INGOT" train toy.yml --dry-run
[ ! -e dry ] || fail "the output directory was made"
[ -z "$(ls -A temporary)" ] || fail "temporaries are left: $(ls -A temporary)"
has err "data: 2000 pairs"
has err "vocabulary: "
has err " parameters; a checkpoint takes about "
has err "in an epoch; the largest has "
has err "memory planned: weights "
has err "memory taken: "
has err "target tokens/s; an epoch takes "
batches=$(sed -n 's/.*batches: \([0-9]*\) in an epoch.*/\1/p' err)
has err "the run has $((3 * batches < 500 ? 3 * batches : 500)) updates"

# The pieces that are trained on the way go, too; a stored corpus is in the temporary directory.
toy pieces 500
sed -i 's/^  tokens: .*/  sentencepiece: {vocab_size: 20}\n  storage: file/' toy.yml
expect 0 "$INGOT" train toy.yml --dry-run --set train.max_seconds=60
has err "SentencePiece: 20 pieces"
[ ! -e pieces ] && [ -z "$(ls -A temporary)" ] || fail "something is left"

# What is told is of this run: two draws of each sequence, an average, what is frozen or adapted.
toy sizes 500
# told PATTERN KEY=VALUE...: the number in what a dry run tells.
told() {
  local pattern=$1 keys=() key
  shift
  for key; do keys+=(--set "$key"); done
  expect 0 "$INGOT" train toy.yml --dry-run "${keys[@]}"
  sed -nE "s/.*$pattern.*/\1/p" err
}
above() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a > b)}' || fail "$3: $1 is not above $2"; }
activations='batch up to ([0-9.]+) MB' disk='a checkpoint takes about ([0-9.]+) MB'
# The model is so large that what products take beside the activations, on some CPUs 2 MB, counts
# little.
large=(model.d_model=128 model.encoder_ffn_dim=512 model.decoder_ffn_dim=512)
once=$(told "$activations" "${large[@]}") whole=$(told "$disk")
twice=$(told "$activations" "${large[@]}" train.r_drop=5)
above "$twice" "$(awk -v x="$once" 'BEGIN {print 1.5 * x}')" 'activations of R-Drop'
above "$(told "$disk" train.ema=0.9)" "$whole" 'a checkpoint with an average'
has err 'the average of weights '
gradients='gradients ([0-9.]+) MB'
all=$(told "$gradients" model.d_model=128 model.encoder_ffn_dim=512)
above "$all" "$(told "$gradients" model.d_model=128 model.encoder_ffn_dim=512 \
  train.freeze=encoder)" 'gradients of frozen parts'
has err 'train.freeze'
expect 0 "$INGOT" train toy.yml -q --set train.updates=1 --set train.output=base
printf '%s\n' 'data: {train: {source: toy.src, target: toy.trg}}' 'model: {init: base/latest}' \
  'train: {output: ad, updates: 2, adapter: {rank: 2, target_modules: [q_proj]}}' >adapter.yml
expect 0 "$INGOT" train adapter.yml --dry-run
trained=$(sed -nE 's/.*layers: ([0-9]+) parameters are trained.*/\1/p' err)
said=$(sed -nE "s/.*$disk.*/\1/p" err)
awk -v n="$trained" -v s="$said" 'BEGIN {d = 12e-6 * n - s; exit !(n > 0 && d * d < 1e-6 * s)}' ||
  fail "an adapter of $trained values: $said MB"
expect 0 "$INGOT" train toy.yml --dry-run --set train.teacher=base/latest
has err "teachers' weights "

# A run that is there stays as it is.
toy there 20
expect 0 "$INGOT" train toy.yml
find there -type f -exec md5sum {} + | sort >before
expect 0 "$INGOT" train toy.yml --dry-run --set model.d_model=64
has err "there/latest exists"
find there -type f -exec md5sum {} + | sort >after
same before after

# What is wrong is told as it would be without it, and then nothing is left, either.
expect 1 "$INGOT" train toy.yml --dry-run --set data.train.target=nowhere
has err "nowhere"
[ -z "$(ls -A temporary)" ] || fail "temporaries are left: $(ls -A temporary)"
expect 1 "$INGOT" train toy.yml --dry-run --stats stats.json
has err "a dry run has no statistics: leave out --stats"
# So is an output that cannot be made, of which nothing is left.
: >file
for output in file/run file; do
  expect 1 "$INGOT" train toy.yml --dry-run --set train.output=$output
  has err 'file: cannot make a directory'
done
expect 0 "$INGOT" train toy.yml --dry-run --set train.output=some/where/new
[ ! -e some ] || fail 'directories are left'
