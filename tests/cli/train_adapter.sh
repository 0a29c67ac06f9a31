#!/usr/bin/env bash
# Adapters are trained in place of the model: PEFT's files, the same bits after interruptions and
# with any number of threads, MODEL+ADAPTER is what was validated, an adapter goes on as a new run,
# and what is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"

toy first 60
expect 0 "$INGOT" train toy.yml -q
cp -r first/latest base

cat >lora.yml <<'END'
data: {train: {source: toy.src, target: toy.trg}, valid: {source: toy.src, target: toy.trg}}
model: {init: base}
train:
  output: lora
  batch_tokens: 160
  updates: 24
  learning_rate: 0.01
  save_every: 6
  keep: 2
  validate_every: 12
  valid_sentences: 10
  best_metric: loss
  adapter:
    method: lora
    rank: 3
    alpha: 6
    target_modules: [q_proj, v_proj, fc1]
END
sed 's/output: lora/output: dora/; s/method: lora/method: dora/; s/\[q_proj.*/all-linear/' \
  lora.yml >dora.yml

# score MODEL: the mean of -log p over all target tokens of the toy, the ends of lines included.
score() {
  expect 0 "$INGOT" translate -m "$1" -i toy.src --score-target toy.trg
  awk -v tokens="$(($(wc -w <toy.trg) + $(wc -l <toy.trg)))" \
    '{sum -= $1} END {printf "%.5f\n", sum / tokens}' out
}
# close A B: they differ by less than a thousandth.
close() { awk -v a="$1" -v b="$2" 'BEGIN {exit !((a - b) ^ 2 < 1e-6)}' || fail "$1 is not $2"; }

for kind in lora dora; do
  expect 0 "$INGOT" train $kind.yml --stats stats.json
  has err 'train.adapter: '
  has err 'parameters are trained, the model'
  all=$(sed -nE 's/.*"parameters": ?([0-9]+).*/\1/p' stats.json | head -n 1)
  has stats.json "\"frozen_parameters\": $all"
  trained=$(sed -nE 's/.*layers: ([0-9]+) parameters are trained.*/\1/p' err)
  has stats.json "\"trained_parameters\": $trained,"
  for directory in latest best update-18 update-24; do
    for file in adapter_config.json adapter_model.safetensors base_model.json; do
      [ -s $kind/$directory/$file ] || fail "$kind/$directory has no $file"
    done
    [ ! -e $kind/$directory/model.safetensors ] || fail "$kind/$directory holds the model"
  done
  [ ! -e $kind/update-12 ] || fail 'more than two checkpoints are kept'
  has $kind/latest/adapter_config.json '"peft_type": "LORA"'
  has $kind/latest/adapter_config.json '"base_model_name_or_path": "base"'
  # What is loaded as MODEL+ADAPTER is what was validated, and not the model alone.
  nll=$(sed -nE 's/.*"valid_nll": ?([0-9.e-]+).*/\1/p' $kind/metrics.jsonl | tail -n 1)
  close "$(score base+$kind/latest)" "$nll"
  ! (close "$(score base)" "$nll") 2>/dev/null || fail 'the adapter makes no difference'
  # In parts, and with one thread: the same bytes.
  for output in parts one; do
    sed "s/output: $kind/output: $kind.$output/" $kind.yml >$output.yml
  done
  for part in 1 2 3 4; do
    expect 0 "$INGOT" train parts.yml -q --set train.max_seconds=0.000001
  done
  expect 0 "$INGOT" train parts.yml -q
  expect 0 "$INGOT" train one.yml -q --threads 1
  for output in parts one; do
    same $kind/latest/adapter_model.safetensors $kind.$output/latest/adapter_model.safetensors
    same $kind/best/adapter_model.safetensors $kind.$output/best/adapter_model.safetensors
  done
done
has dora/latest/adapter_config.json '"use_dora": true'

# A fusion takes it: the model that it makes scores as MODEL+ADAPTER.
printf 'merge_method: passthrough\nmodels: [{model: base+lora/best}]\n' >recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o fused
close "$(score fused)" "$(score base+lora/best)"

# Neither says anything of the base, which is the right one; on another one they warn.
! grep -q 'another model' err || fail 'the base is the same'
printf 'merge_method: passthrough\nmodels: [{model: fused+lora/best}]\n' >far.yml
expect 0 "$INGOT" fuse far.yml -o fused_far
has err 'lora/best: it was trained on another model (base) than'
head -n 2 toy.src >few.src
expect 0 "$INGOT" translate -m fused+lora/best -i few.src
has err 'lora/best: it was trained on another model (base) than fused'
expect 0 "$INGOT" translate -m base+lora/best+dora/best -i few.src
! grep -q 'another model' err || fail 'both were trained on the base'

# It goes on as a new run, whose first loss is lower than that of a new adapter.
for from in new on; do
  sed "s/output: lora/output: $from/; s/updates: 24/updates: 1\n  log_every: 1/" lora.yml >$from.yml
done
sed -i '/method:/,$d' on.yml
echo '    from: lora/latest' >>on.yml
expect 0 "$INGOT" train new.yml -q
expect 0 "$INGOT" train on.yml
! grep -q 'another model' err || fail 'the base is the same'
# On another model, or beside an adapter, it says so.
expect 0 "$INGOT" train on.yml --set train.output=far --set model.init=fused
has err 'lora/latest was trained on another model (base) than model.init, fused'
! grep -q 'together they are' err || fail 'there is no other adapter'
expect 0 "$INGOT" train new.yml --set train.output=second --set model.init=base+lora/best
has err 'together they are base+lora/best+second/best'
first_loss() { sed -nE '1s/.*"loss": ?([0-9.e-]+).*/\1/p' "$1"/metrics.jsonl; }
awk -v a="$(first_loss on)" -v b="$(first_loss new)" 'BEGIN {exit !(a < b)}' ||
  fail "going on begins at $(first_loss on), a new adapter at $(first_loss new)"

# Other values are another run; so is another model, or a run without an adapter.
for key in rank=4 alpha=3 method=dora 'target_modules=[q_proj]'; do
  expect 1 "$INGOT" train lora.yml --set "train.adapter.$key" --set train.updates=40
  has err "train.adapter.${key%=*} is "
  has err 'train.adapter: {from: lora/latest}'
done
cp -r first/best other 2>/dev/null || cp -r fused other
mv base kept && mv other base
expect 1 "$INGOT" train lora.yml --set train.updates=40
has err "the model's configuration or weights are no longer what they were (lora.yml:2)"
rm -r base && mv kept base
sed '/adapter:/,$d' lora.yml >whole.yml
expect 1 "$INGOT" train whole.yml --set train.updates=40
has err 'lora/latest holds an adapter, and a whole model is to be trained now'
expect 1 "$INGOT" train lora.yml --set train.output=first --set train.updates=90
has err 'first/latest holds a whole model, and an adapter is to be trained now'

# refused MESSAGE KEY=VALUE...: the start fails, with the place, and leaves nothing.
refused() {
  local message=$1 keys=()
  shift
  for key; do keys+=(--set "train.$key"); done
  expect 1 "$INGOT" train lora.yml --set train.output=x "${keys[@]}"
  has err "$message"
  [ ! -e x ] || fail "a start that failed left something"
}
refused "train.adapter.method: expected lora or dora, found 'loha'" adapter.method=loha
refused 'train.adapter.rank: expected a number from 1 to 65536, found 0' adapter.rank=0
refused 'train.adapter.alpha: expected a number above 0' adapter.alpha=0
refused 'dropout of an adapter' adapter.dropout=0.1
refused "no linear layer whose name ends with 'proj'; expected some of q_proj, " \
  adapter.target_modules=proj
refused "no linear layer whose name ends with 'shared'" adapter.target_modules=shared
refused "did you mean 'train.adapter.rank'" adapter.r=8
refused "did you mean 'train.adapter.alpha'" adapter.lora_alpha=8
refused 'all parts of the model stay as they are' freeze=encoder
refused "the adapter that 'from' names has its own" adapter.from=lora/latest
expect 1 "$INGOT" train toy.yml --set train.output=x --set 'train.adapter.target_modules=q_proj'
has err 'model.init is missing'
sed 's/target_modules.*/target_modules: [nothing]/' lora.yml >line.yml
expect 1 "$INGOT" train line.yml --set train.output=x
has err 'line.yml:17: train.adapter.target_modules: '

# go_on MESSAGE: train.adapter.from=odd fails.
go_on() {
  expect 1 "$INGOT" train on.yml --set train.output=x --set train.adapter.from=odd "${@:2}"
  has err "$1"
}
cp -r lora/latest odd
sed -i 's/"lora_dropout": 0.0/"lora_dropout": 0.1/' odd/adapter_config.json
go_on 'was trained with lora_dropout 0.1'
expect 0 "$INGOT" train on.yml -q --set train.output=undropped --set train.adapter.from=odd \
  --set train.adapter.dropout=0
# contradicted MESSAGE OLD NEW: NEW in place of OLD in adapter_config.json contradicts the tensors.
contradicted() {
  cp lora/latest/adapter_config.json odd/
  sed -i "s/$2/$3/" odd/adapter_config.json
  ! cmp -s lora/latest/adapter_config.json odd/adapter_config.json || fail "there is no $2"
  go_on "$1"
}
contradicted 'has tensors of rank 3, and adapter_config.json gives it rank 8' '"r": 3' '"r": 8'
contradicted 'expected a number above 0' '"lora_alpha": 6.0' '"lora_alpha": 0'
contradicted 'expected a number above 0' '"lora_alpha": 6.0' '"lora_alpha": -6'
contradicted 'layers.0.fc1, which target_modules of adapter_config.json lack' \
  '"model.encoder.layers.0.fc1"' '"nothing"'
cp lora/latest/adapter_config.json odd/
sed -i 's/"use_dora": false/"use_dora": true/; s/"lora_dropout": 0.1/"lora_dropout": 0.0/' \
  odd/adapter_config.json
go_on 'expected lora_A, lora_B and lora_magnitude_vector (use_dora)'
rm odd/adapter_model.safetensors
go_on 'odd/adapter_model.safetensors'
rm -r odd
go_on 'odd/adapter_config.json'
cp -r "$INGOT_SOURCE/tests/golden/adapters/bart" odd
go_on 'odd: tensor '
