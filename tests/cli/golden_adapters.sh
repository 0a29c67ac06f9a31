#!/usr/bin/env bash
# A model with a LoRA adapter, MODEL+ADAPTER, gives the tokens and log-probabilities that PEFT gives
# (tests/golden/adapters), in translate, bench, fusion and as the beginning of a training.
. "$INGOT_SOURCE/tests/cli/golden.bash"
goldens=$INGOT_SOURCE/tests/golden

for family in marian bart m2m_100 t5_v1_1; do
  golden=$goldens/adapters/$family
  for isa in $(golden_isas "$goldens/${family}_tiny"); do
    rm -f scores.*
    export IG_ISA=$isa
    golden_agrees "$golden" "$goldens/${family}_tiny+$golden"
  done
  unset IG_ISA
  # Negative control: without the adapter the tokens are others.
  expect 0 "$INGOT" translate -m "$goldens/${family}_tiny" -i "$golden/source.ids" --ids --ids-in \
    --max-length 32 --beam-size 1
  ! cmp -s out "$golden/greedy.ids" || fail "$family: the adapter makes no difference"
done

model=$goldens/bart_tiny+$goldens/adapters/bart
run=(-i "$goldens/adapters/bart/source.ids" --ids --ids-in --max-length 32)

# The same model as fusion makes of both.
printf 'merge_method: passthrough\nmodels: [{model: "%s"}]\n' "$model" >recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o fused
expect 0 "$INGOT" translate -m "$model" "${run[@]}"
cp out adapted
expect 0 "$INGOT" translate -m fused "${run[@]}"
same out adapted
# Of an ensemble, one by name.
expect 0 "$INGOT" translate -m "$goldens/bart_tiny" -m "$model" --weights 0,1 "${run[@]}"
same out adapted

# A directory whose own name has a '+' is a model; another one is told as it is.
cp -r "$goldens/bart_tiny" one+two
expect 0 "$INGOT" translate -m one+two "${run[@]}"
! cmp -s out adapted || fail "one+two is a model without an adapter"
expect 1 "$INGOT" translate -m "$goldens/bart_tiny+nowhere" "${run[@]}"
has err "nowhere/adapter_config.json: cannot open: No such file or directory"
expect 1 "$INGOT" translate -m "nowhere+$goldens/adapters/bart" "${run[@]}"
has err "nowhere/config.json: cannot open: No such file or directory"
expect 1 "$INGOT" translate -m "$goldens/t5_tiny+$goldens/adapters/bart" "${run[@]}"
has err "belongs to no linear layer of the model"

# inspect opens a model with an adapter as translate does.
expect 0 "$INGOT" inspect "$goldens/bart_tiny+$goldens/adapters/bart"
has out "adapters/bart: adds to "
expect 0 "$INGOT" inspect --json "$goldens/bart_tiny+$goldens/adapters/bart"
has out '"adapter": {'
expect 1 "$INGOT" inspect "$goldens/bart_tiny+nowhere"
has err "nowhere/adapter_config.json: cannot open: No such file or directory"
expect 1 "$INGOT" inspect "$goldens/t5_tiny+$goldens/adapters/bart"
has err "belongs to no linear layer of the model"

# Several adapters, one after the other (their numbers: golden/merged_adapters).
merged=$goldens/merged_adapters
several=$goldens/bart_tiny+$merged/dora+$merged/whole
printf 'merge_method: passthrough\nmodels: [{model: "%s"}]\n' "$several" >several.yml
expect 0 "$INGOT" fuse several.yml -o several
expect 0 "$INGOT" translate -m several "${run[@]}"
cp out changed
expect 0 "$INGOT" translate -m "$several" "${run[@]}"
same out changed
expect 0 "$INGOT" translate -m "$goldens/bart_tiny+$merged/dora" "${run[@]}"
! cmp -s out changed || fail "the second adapter makes no difference"
expect 0 "$INGOT" inspect "$several"
has out "whole: adds to "
expect 1 "$INGOT" translate -m "$several+nowhere" "${run[@]}"
has err "nowhere/adapter_config.json: cannot open: No such file or directory"
expect 2 "$INGOT" translate -m "$several" "${run[@]}" -o "$merged/dora/adapter_config.json"
has err "is a file of the model"

# PEFT saves a head that is adapted whole, too: it must be the model's.
printf '%s\n' 'merge_method: linear' "models: [{model: $goldens/t5_v1_1_tiny}]" \
  'parameters: {normalize: false, weight: [{value: 1.5, tensors: lm_head*}, {value: 1}]}' \
  >scaled.yml
expect 0 "$INGOT" fuse scaled.yml -o scaled
expect 1 "$INGOT" translate -m "scaled+$goldens/adapters/t5_v1_1" "${run[@]}"
has err "lm_head.base_layer.weight: the base's own tensor with other values, which is not supported"

# No output replaces a file of the adapter, and --resume knows another adapter.
cp -r "$goldens/adapters/bart" lora
expect 2 "$INGOT" translate -m "$goldens/bart_tiny+lora" "${run[@]}" -o lora/adapter_config.json
has err "is a file of the model"
(cat "$goldens/adapters/bart/source.ids" && echo 99999) >broken.ids
resumed=("$INGOT" translate -m "$goldens/bart_tiny+lora" -i broken.ids --ids --ids-in
  --max-length 32 --batch-tokens 40 -o result)
expect 1 "${resumed[@]}"
[ -s result.partial ] || fail "no finished lines are kept: $(cat err)"
sed -i 's/"lora_alpha": 5/"lora_alpha": 4/' lora/adapter_config.json
expect 1 "${resumed[@]}" --resume
has err "model"
! grep -q 99999 err || fail "--resume goes on with another adapter"

sed -i 's/"lora_alpha": 4/"lora_alpha": 1e308/' lora/adapter_config.json
expect 1 "$INGOT" translate -m "$goldens/bart_tiny+lora" "${run[@]}"
has err "is no finite number"

expect 0 "$INGOT" bench -m "$model" --only run --repeat 1 --sentences 2 --length 4

# A training that begins with both goes as one that begins with the model made of both.
toy base 2
expect 0 "$INGOT" train toy.yml
sed -e 's/^model: .*/model: {init: base\/latest}/' -e '/encoder_/d' -e '/tokens:/d' \
  -e 's/output: base/output: tuned/' toy.yml >tuned.yml
expect 0 "$INGOT" train tuned.yml
printf '%s\n' 'merge_method: extract_lora' 'base_model: base/latest' \
  'models: [{model: tuned/latest}]' 'parameters: {rank: 2}' >extract.yml
expect 0 "$INGOT" fuse extract.yml -o extracted
printf 'merge_method: passthrough\nmodels: [{model: "base/latest+extracted"}]\n' >both.yml
expect 0 "$INGOT" fuse both.yml -o both
# begun OUTPUT MODEL
begun() {
  sed -e "s/output: tuned/output: $1/" -e "s#init: base/latest#init: $2#" tuned.yml >begun.yml
  expect 0 "$INGOT" train begun.yml
}
begun from-extracted base/latest+extracted
begun from-both both
begun from-base base/latest
same from-extracted/latest/model.safetensors from-both/latest/model.safetensors
! cmp -s from-base/latest/model.safetensors from-both/latest/model.safetensors ||
  fail "the adapter makes no difference to a training"
