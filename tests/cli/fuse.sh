#!/usr/bin/env bash
# ingot fuse: the same bytes for any threads and after a kill, stacked layers that translate, and
# refusals that leave nothing behind.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
model=$INGOT_SOURCE/models/en-de
cp -r "$model" first
cp -r "$INGOT_SOURCE/tests/golden/marian_tiny" tiny

same_models() { same "$1/model.safetensors" "$2/model.safetensors" &&
  same "$1/config.json" "$2/config.json"; }

# Another model of the same shapes: one that differs in every tensor.
scale='[{select: encoder, value: [0.9, 1.1]}, {value: 0.95}]'
recipe 'merge_method: passthrough' "models: [{model: first, parameters: {scale: $scale}}]"
fuse second
cmp -s first/model.safetensors second/model.safetensors && fail "scaled, and yet the same"
recipe 'merge_method: passthrough' 'models: [{model: first}]'
fuse copy
echo 'How are you?' >in
expect 0 "$INGOT" translate -m first -i in -o plain -q
expect 0 "$INGOT" translate -m copy -i in -o copied -q
same plain copied

# Any number of threads, every kind of pass.
for method in linear slerp ties dare_ties breadcrumbs_ties della nuslerp multislerp karcher sce \
  ramplus_tl arcee_fusion; do
  case $method in
    linear) recipe "merge_method: $method" \
      'models: [{model: first, parameters: {weight: 0.7}},' \
      '  {model: second, parameters: {weight: [0.1, 0.5]}}]' ;;
    nuslerp) recipe "merge_method: $method" \
      'models: [{model: first, parameters: {weight: 0.7}},' \
      '  {model: second, parameters: {weight: 0.3}}]' \
      'parameters: {nuslerp_flatten: false, nuslerp_row_wise: true}' ;;
    multislerp) recipe "merge_method: $method" \
      'models: [{model: first, parameters: {weight: 0.7}},' \
      '  {model: second, parameters: {weight: 0.3}}]' ;;
    karcher) recipe "merge_method: $method" 'models: [{model: first}, {model: second}]' ;;
    sce) recipe "merge_method: $method" 'base_model: first' \
      'models: [{model: second}, {model: copy}]' 'parameters: {select_topk: 0.3}' ;;
    ramplus_tl) recipe "merge_method: $method" 'base_model: first' \
      'models: [{model: second}, {model: copy}]' ;;
    arcee_fusion) recipe "merge_method: $method" 'base_model: first' 'models: [{model: second}]' ;;
    slerp) recipe "merge_method: $method" 'base_model: first' \
      'models: [{model: first}, {model: second}]' 'parameters: {t: 0.3}' ;;
    *) recipe "merge_method: $method" 'base_model: first' \
      'models: [{model: second, parameters: {weight: 0.5, density: 0.4}},' \
      '  {model: copy, parameters: {weight: 1}}]' ;;
  esac
  fuse "$method-1" --threads 1
  fuse "$method-3" --threads 3
  same_models "$method-1" "$method-3"
  expect 0 "$INGOT" translate -m "$method-1" -i in -o translated -q
done
has dare_ties-1/fusion.json '"method": "dare_ties"'
has dare_ties-1/fusion.json '"xxh3-128": '

# Random numbers belong to a tensor, a model's place in the recipe and an element: where the models
# lie does not matter, their order does.
dare() {  # FIRST SECOND OUTPUT
  recipe 'merge_method: dare_linear' 'base_model: first' \
    "models: [{model: $1, parameters: {weight: 0.5, density: 0.4}}," \
    "  {model: $2, parameters: {weight: 0.5, density: 0.4}}]"
  fuse "$3"
}
mkdir elsewhere && ln -s "$PWD/second" elsewhere/moved
dare second copy of-places
dare elsewhere/moved copy of-others
same_models of-places of-others
dare copy second of-order
cmp -s of-places/model.safetensors of-order/model.safetensors &&
  fail "each model draws the same numbers"

# Those whose time grows with the cube of a matrix's side, on a small model.
recipe 'merge_method: passthrough' "models: [{model: tiny, parameters: {scale: $scale}}]"
fuse tiny-second
for method in iso_c tsv_m ema; do
  case $method in
    ema) recipe "merge_method: $method" 'models: [{model: tiny}, {model: tiny-second}]' \
      'parameters: {decay: 0.9}' ;;
    *) recipe "merge_method: $method" 'base_model: tiny' 'models: [{model: tiny-second}]' ;;
  esac
  fuse "$method-1" --threads 1
  fuse "$method-3" --threads 3
  same_models "$method-1" "$method-3"
  cmp -s "$method-1/model.safetensors" tiny/model.safetensors && fail "$method: the first model"
done

# TIES over all tensors of a model at once: the same bytes for any threads; over one tensor it is
# that tensor's own.
thinned=('merge_method: ties' 'base_model: first' \
  'models: [{model: second, parameters: {weight: 1, density: 0.4}},' \
  '  {model: copy, parameters: {weight: 1}}]')
recipe "${thinned[@]}" 'parameters: {scope: model}'
fuse whole-1 --threads 1
fuse whole-3 --threads 3
same_models whole-1 whole-3
recipe "${thinned[@]}"
fuse each
cmp -s each/model.safetensors whole-1/model.safetensors &&
  fail "scope: model is that of each tensor"
for tensor in model.shared.weight model.encoder.layers.0.fc1.bias; do
  recipe "${thinned[@]}" "parameters: {scope: [{tensors: $tensor, value: model}, {value: tensor}]}"
  fuse "one-$tensor"
  same_models each "one-$tensor"
done
recipe "${thinned[@]}" 'parameters: {scope: model, density: [0.2, 0.4]}'
expect 1 "$INGOT" fuse recipe.yml -o gradient -q
has err "'density' must be the same for all tensors"
recipe "${thinned[@]}" 'parameters: {scope: modle}'
expect 1 "$INGOT" fuse recipe.yml -o misspelt -q
has err "expected tensor or model, found 'modle'"

# mergekit's: a base that the method does not know is one more model.
recipe 'merge_method: karcher' 'models: [{model: second}, {model: first}]'
fuse both
recipe 'merge_method: karcher' 'base_model: first' 'models: [{model: second}]' \
  'compatibility: mergekit'
fuse appended
same both/model.safetensors appended/model.safetensors
recipe 'merge_method: karcher' 'base_model: first' 'models: [{model: second}]'
fuse alone
cmp -s both/model.safetensors alone/model.safetensors && fail "the base took part"

# A fusion that was killed goes on to the same bytes.
recipe 'merge_method: della' 'base_model: first' \
  'models: [{model: second, parameters: {weight: 0.5, density: 0.4}},' \
  '  {model: copy, parameters: {weight: 1}}]'
for delay in 0.01 0.02 0.03 0.05 0.08; do
  "$INGOT" fuse recipe.yml -o killed -q --threads 1 &
  sleep "$delay"
  kill -KILL $! 2>/dev/null
  wait $! 2>/dev/null
  [ -d killed ] || fuse killed
  same_models killed della-1
  [ -e killed.partial ] && fail "killed.partial is left"
  rm -rf killed
done
mkdir -p other.partial
echo mine >other.partial/notes
expect 1 "$INGOT" fuse recipe.yml -o other -q
has err 'is not an unfinished fusion'

# Layers stacked in each stack; the configuration follows.
recipe 'merge_method: passthrough' 'modules:' \
  '  encoder: {slices: [{sources: [{model: first, layer_range: [0, 2]}]},' \
  '  {sources: [{model: first, layer_range: [1, 3]}]}]}' \
  '  decoder: {slices: [{sources: [{model: first, layer_range: [0, 2]}]}]}'
fuse stacked
has stacked/config.json '"encoder_layers": 4'
expect 0 "$INGOT" translate -m stacked -i in -o translated -q

# The checkpoints of a run.
toy run 150 'keep: 5'
expect 0 "$INGOT" train toy.yml -q
recipe 'merge_method: linear' 'models: [{checkpoints: run, last: 2, parameters: {weight: 1}}]'
fuse average
grep -q 'update-50/' average/fusion.json && fail "three checkpoints instead of the last two"
has average/fusion.json 'run/update-100/model.safetensors'
has average/fusion.json 'run/update-150/model.safetensors'
recipe 'merge_method: linear' 'models: [{checkpoints: run, every: 100, parameters: {weight: 1}}]'
fuse single
recipe 'merge_method: passthrough' 'models: [{model: run/update-100}]'
fuse direct
same single/model.safetensors direct/model.safetensors

# Refusals: all problems at once, nothing written.
refused "did you mean 'weight'" 'merge_method: linear' \
  'models: [{model: first, parameters: {wieght: 1}}]'
refused "did you mean 'merge_method'" 'merge_metod: linear' \
  'models: [{model: first, parameters: {weight: 1}}]'
refused 'unknown method' 'merge_method: lniear' 'models: [{model: first, parameters: {weight: 1}}]'
refused "has no 'weight'" 'merge_method: linear' 'models: [{model: first}]'
refused "needs a 'base_model'" 'merge_method: ties' \
  'models: [{model: first, parameters: {weight: 1}}]'
refused 'stands twice' 'merge_method: linear' \
  'models: [{model: first, parameters: {weight: 1}}, {model: first, parameters: {weight: 1}}]'
refused 'nowhere' 'merge_method: linear' 'models: [{model: nowhere, parameters: {weight: 1}}]'
refused 'the model has 2 stacks of layers (decoder, encoder): give each its slices' \
  'merge_method: passthrough' \
  'slices: [{sources: [{model: first, layer_range: [0, 2]}]}]'
refused 'layers 2 to 5 of 3' 'merge_method: passthrough' \
  'modules: {encoder: {slices: [{sources: [{model: first, layer_range: [2, 5]}]}]}}'
refused 'missing in tiny' 'merge_method: linear' \
  'models: [{model: first, parameters: {weight: 1}}, {model: tiny, parameters: {weight: 1}}]'
refused "run: last: 9 checkpoints wanted, 3 found: 'last: 3' takes all of them" \
  'merge_method: linear' 'models: [{checkpoints: run, last: 9, parameters: {weight: 1}}]'
refused "run: best: 8 checkpoints wanted, 3 found: 'best: 3' takes all of them" \
  'merge_method: linear' 'models: [{checkpoints: run, last: 2, best: 8, parameters: {weight: 1}}]'
refused 'no bleu for update' 'merge_method: linear' \
  'models: [{checkpoints: run, best: 2, parameters: {weight: 1}}]'
recipe 'merge_method: linear' 'models: [{model: first, parameters: {weight: 1}}]'
expect 1 "$INGOT" fuse recipe.yml -o copy -q
has err 'exists already'
expect 0 "$INGOT" fuse recipe.yml --dry-run -q
expect 2 "$INGOT" fuse recipe.yml -q
echo "fuse: fine"
