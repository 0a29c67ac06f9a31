#!/usr/bin/env bash
# train.ema: what is validated and saved is the average of the weights; latest/ has both, so that
# parts and threads end in the same bits; also of an adapter.
. "$INGOT_SOURCE/tests/cli/common.bash"

keys=('validate_every: 20' 'valid_sentences: 10' 'keep: 2' 'best_metric: loss')
toy plain 60 "${keys[@]}"
sed -i 's/tokens: whitespace/tokens: whitespace\n  valid: {source: toy.src, target: toy.trg}/
  s/save_every: 50/save_every: 20/' toy.yml
cp toy.yml plain.yml
sed 's/output: plain/output: average\n  ema: 0.9/' plain.yml >average.yml
expect 0 "$INGOT" train plain.yml -q
expect 0 "$INGOT" train average.yml -q

# nll DIRECTORY: the mean of -log p over all target tokens.
nll() {
  expect 0 "$INGOT" translate -m "$1" -i toy.src --score-target toy.trg
  awk -v tokens="$(($(wc -w <toy.trg) + $(wc -l <toy.trg)))" \
    '{sum -= $1} END {print sum / tokens}' out
}
validated() { sed -nE 's/.*"valid_nll": ?([0-9.e-]+).*/\1/p' "$1/metrics.jsonl" | tail -n 1; }
close() { awk -v a="$1" -v b="$2" 'BEGIN {exit !((a - b) ^ 2 < 1e-6)}'; }

# Every directory holds the model that was validated, which is not that of the run without.
for model in latest update-60; do
  close "$(nll average/$model)" "$(validated average)" || fail "$model is not what was validated"
done
! close "$(validated average)" "$(validated plain)" || fail 'the average makes no difference'
# The updates are the same: so is what the log says of them.
updates() { grep '"gradient_norm"' "$1/metrics.jsonl" | sed 's/"target_tokens_per_second.*//'; }
[ "$(updates average)" = "$(updates plain)" ] || fail 'the average changes the updates'

# In parts and with one thread.
for output in parts one; do
  sed "s/output: average/output: $output/" average.yml >$output.yml
done
for part in 1 2 3 4 5; do
  expect 0 "$INGOT" train parts.yml -q --set train.max_seconds=0.000001
done
expect 0 "$INGOT" train parts.yml -q
expect 0 "$INGOT" train one.yml -q --threads 1
for output in parts one; do
  for file in latest/model.safetensors latest/training.safetensors best/model.safetensors; do
    same average/$file $output/$file
  done
done

# Of an adapter.
sed 's/output: average/output: adapter/; s/family.*/init: plain\/latest}/; /^ *encoder_/d
  s/ema: 0.9/ema: 0.9\n  adapter: {target_modules: all-linear}/; /tokens: whitespace/d' \
  average.yml >adapter.yml
sed 's/output: adapter/output: apart/' adapter.yml >apart.yml
expect 0 "$INGOT" train adapter.yml -q
close "$(nll plain/latest+adapter/latest)" "$(validated adapter)" ||
  fail 'the adapter is not what was validated'
for part in 1 2 3; do
  expect 0 "$INGOT" train apart.yml -q --set train.max_seconds=0.000001
done
expect 0 "$INGOT" train apart.yml -q --threads 1
for file in adapter_model training; do
  same adapter/latest/$file.safetensors apart/latest/$file.safetensors
done

expect 1 "$INGOT" train average.yml --set train.ema=0.8 --set train.updates=80
has err 'train.ema is 0.9'
expect 1 "$INGOT" train average.yml --set train.output=x --set train.ema=1
has err 'train.ema: expected a number from 0 to 0.9999999, found 1'
expect 1 "$INGOT" train average.yml --set train.output=x --set train.ema_decay=0.9
has err "did you mean 'train.ema'"
