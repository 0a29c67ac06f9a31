#!/usr/bin/env bash
# train.resume: a run goes on with another learning rate, batch or data on purpose, with Adam's
# moments; it is told, and what is not listed stays another run.
. "$INGOT_SOURCE/tests/cli/common.bash"

toy run 20 'log_every: 5'
cp toy.yml first.yml
expect 0 "$INGOT" train first.yml -q
sed 's/updates: 20/updates: 30/; s/learning_rate: 0.005/learning_rate: 0.001/' first.yml >slow.yml
expect 1 "$INGOT" train slow.yml
has err 'train.learning_rate is 0.005 there, 0.001 now'
has err 'To go on with the change: train.resume: [learning_rate].'

# Adam's moments go along: a new run from the same weights ends elsewhere. The list itself changes
# nothing where nothing differs.
cp -r run kept
expect 0 "$INGOT" train slow.yml --set train.resume=learning_rate
has err 'resuming from run/latest at update 20'
has err 'train.resume: train.learning_rate was 0.005 and is now 0.001'
has run/metrics.jsonl '{"update":20,"changed":{"train.learning_rate":[0.005,0.001]}}'
rate=$(sed -nE 's/.*"learning_rate": ?([0-9.e-]+).*/\1/p' run/metrics.jsonl | tail -n 1)
awk -v r="$rate" 'BEGIN {exit !(r < 0.001)}' || fail "the rate is still $rate"
expect 0 "$INGOT" train slow.yml --set train.resume=learning_rate
! grep -q 'and is now' err || fail 'a change is told twice'
[ "$(grep -c changed run/metrics.jsonl)" -eq 1 ] || fail 'a change is told twice in metrics.jsonl'
sed 's/tokens: whitespace//; s/family.*/init: kept\/latest}/; /^ *encoder_/d
  s/output: run/output: new/; s/updates: 30/updates: 10/' slow.yml >new.yml
expect 0 "$INGOT" train new.yml -q
! cmp -s new/latest/model.safetensors run/latest/model.safetensors || fail 'the moments are lost'

# In parts: the same bits.
rm -rf run && cp -r kept run
for part in 1 2 3; do
  expect 0 "$INGOT" train slow.yml -q --set train.resume=learning_rate \
    --set train.max_seconds=0.000001
done
expect 0 "$INGOT" train slow.yml -q --set train.resume=learning_rate --threads 1
cp run/latest/model.safetensors parts
rm -rf run && cp -r kept run
expect 0 "$INGOT" train slow.yml -q --set train.resume=learning_rate
same run/latest/model.safetensors parts

# Other data, and several keys at once.
rm -rf run && cp -r kept run
head -n 700 toy.src >less.src
head -n 700 toy.trg >less.trg
sed 's/train: {source: toy.src, target: toy.trg}/train: {source: less.src, target: less.trg}/' \
  slow.yml >less.yml
expect 1 "$INGOT" train less.yml --set train.resume=learning_rate
has err 'it was trained on other data'
has err 'train.resume: [data]'
expect 0 "$INGOT" train less.yml --set 'train.resume=[learning_rate, data, batch_tokens]' \
  --set train.batch_tokens=80
has err 'train.resume: data.pairs was 2000 and is now 700'
has err 'train.resume: train.batch_tokens was 160 and is now 80'


# The weights of corpora are of the data.
weigh() { # FIRST SECOND
  sed "s/train: {source: toy.src, target: toy.trg}/train: [{source: toy.src, target: toy.trg, \
    weight: $1}, {source: less.src, target: less.trg, weight: $2}]/" first.yml
}
rm -rf run
weigh 1 2 >weights.yml
expect 0 "$INGOT" train weights.yml -q
weigh 0.5 2 >other.yml
expect 1 "$INGOT" train other.yml --set train.updates=30
has err 'data.weights is'
has err 'train.resume: [data]'
expect 0 "$INGOT" train other.yml --set train.updates=30 --set 'train.resume=data'
has err 'train.resume: data.weights was [{'

expect 1 "$INGOT" train slow.yml --set train.resume=seed
has err "train.resume: 'seed' cannot change within a run; what can: learning_rate, "
expect 1 "$INGOT" train slow.yml --set 'train.resume=[learning_rate, d_model]'
has err "'d_model' cannot change"
