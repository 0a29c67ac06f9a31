#!/usr/bin/env bash
# train.r_drop: two draws of dropout that are made to agree. What is logged, the same bits in parts
# and with one thread, and what is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"

toy agreeing 12 'r_drop: 2' 'log_every: 4'
expect 0 "$INGOT" train toy.yml
has err ', KL divergence '
has agreeing/metrics.jsonl '"kl_divergence":'
for output in parts one; do sed "s/output: agreeing/output: $output/" toy.yml >$output.yml; done
for part in 1 2 3; do
  expect 0 "$INGOT" train parts.yml -q --set train.max_seconds=0.000001
done
expect 0 "$INGOT" train parts.yml -q
expect 0 "$INGOT" train one.yml -q --threads 1
for output in parts one; do
  same agreeing/latest/model.safetensors $output/latest/model.safetensors
done

# Tokens are counted once, and another weight is another run. Negative control: without it the
# model is another.
expect 0 "$INGOT" train toy.yml -q --set train.output=plain --set train.r_drop=0
tokens() { sed -nE '$s/.*("source_tokens":.*"target_tokens": ?[0-9]+).*/\1/p' "$1/metrics.jsonl"; }
[ "$(tokens plain)" = "$(tokens agreeing)" ] || fail 'tokens are counted twice'
! cmp -s plain/latest/model.safetensors agreeing/latest/model.safetensors ||
  fail 'R-Drop changes nothing'
! grep -q kl_divergence plain/metrics.jsonl || fail 'there is no divergence'
expect 1 "$INGOT" train toy.yml --set train.r_drop=3 --set train.updates=20
has err 'train.r_drop is 2'

expect 1 "$INGOT" train toy.yml --set train.output=x --set model.dropout=0
has err 'toy.yml: train.r_drop compares two draws of dropout, and the model has none'
expect 0 "$INGOT" train toy.yml -q --set train.output=attending --set model.dropout=0 \
  --set model.attention_dropout=0.1 --set train.updates=1
expect 1 "$INGOT" train toy.yml --set train.output=x --set train.teacher=plain/latest
has err 'toy.yml:16: train.r_drop: it is built for models with a decoder that learn from references'
expect 1 "$INGOT" train toy.yml --set train.output=x --set train.r_drop=-1
has err 'train.r_drop: expected a number from 0 to 1000'
expect 1 "$INGOT" train toy.yml --set train.output=x --set train.reg_alpha=1
has err "did you mean 'train.r_drop'"
