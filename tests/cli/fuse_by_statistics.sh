#!/usr/bin/env bash
# Fusions by statistics of the models, fisher and regmean: statistics are kept and used again, but
# not for other weights or pairs; the same bits for any threads; bad data are told before anything
# is computed.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"

toy parent 150
expect 0 "$INGOT" train toy.yml -q
sed -i '/^model:/,/^train:/{/^model:/!{/^train:/!d}}; /^  tokens:/d' toy.yml
sed -i 's/^model:.*/model: {init: parent\/latest}/' toy.yml
child() { # NAME TARGET
  expect 0 "$INGOT" train toy.yml -q --set train.output="$1" --set data.train.target="$2" \
    --set train.updates=30
}
child reverses toy.trg
child copies toy.src
digits 40 11 held.src && reversed held.src >held.trg
cp held.src held.same

models='models: [{model: reverses/latest}, {model: copies/latest}]'
own=('    - {source: held.src, target: held.trg, model: reverses/latest}'
  '    - {source: held.src, target: held.same, model: copies/latest}')
fisher() { # LINE...
  recipe 'merge_method: fisher' "$models" 'statistics:' '  data:' "${own[@]}" "$@"
}

fisher
fuse fused --threads 1
[ ! -e fused.stages ] || fail "fused.stages is left: $(ls fused.stages)"
tr -d ' \n' <fused/fusion.json >json
has json '"statistics":[{'; has json '"labels":"reference"'
fuse threads --threads 3
same fused/model.safetensors threads/model.safetensors
same fused/fusion.json threads/fusion.json
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'fisher, mean of each value'

# It is no plain mean, and the labels, the data and the parameters all count.
recipe 'merge_method: linear' \
  'models: [{model: reverses/latest, parameters: &w {weight: 1}},' \
  '  {model: copies/latest, parameters: *w}]'
fuse mean
differs() {
  ! cmp -s "$1/model.safetensors" "$2/model.safetensors" || fail "$1 and $2 are the same"
}
differs fused mean
fisher '  labels: model' 'seed: 2'
fuse drawn
fuse drawn_again --threads 3
same drawn/model.safetensors drawn_again/model.safetensors
differs fused drawn
fisher '  labels: model' 'seed: 3'
fuse drawn_otherwise
differs drawn drawn_otherwise
for line in "parameters: {floor: 0.5}" "parameters: {normalize: false}"; do
  fisher "$line"
  fuse "other-${#line}"
  differs fused "other-${#line}"
done

# Kept statistics are used again: the second fusion does not gather, and comes to the same bytes.
fisher
expect 0 "$INGOT" fuse recipe.yml -o first --statistics kept
has err 'statistics of reverses/latest'
[ "$(ls kept | wc -l)" -eq 4 ] || fail "expected two statistics and two notes: $(ls kept)"
same fused/model.safetensors first/model.safetensors
[ ! -e first.stages ] || fail "first.stages is left"
expect 0 "$INGOT" fuse recipe.yml -o second --statistics kept
[ "$(grep -c 'statistics of .*: kept/fisher-' err)" -eq 2 ] || fail "they were gathered anew"
same first/model.safetensors second/model.safetensors
same first/fusion.json second/fusion.json
# A damaged note, and other pairs or weights, are not believed.
note=$(ls kept/*.json | head -n 1)
sed -i 's/"pairs": 40/"pairs": 41/' "$note"
expect 0 "$INGOT" fuse recipe.yml -o third --statistics kept
[ "$(grep -c 'statistics of .*: kept/fisher-' err)" -eq 1 ] || fail "a wrong note was believed"
same first/model.safetensors third/model.safetensors
sed -i '1s/.*/1 2/' held.same
expect 0 "$INGOT" fuse recipe.yml -o fourth --statistics kept
[ "$(grep -c 'statistics of .*: kept/fisher-' err)" -eq 1 ] || fail "other pairs were not noticed"
[ "$(ls kept | wc -l)" -eq 6 ] || fail "the statistics of other pairs have no file of their own"
differs first fourth
cp -r reverses/latest again && cp -r copies/latest/model.safetensors again/
models='models: [{model: reverses/latest}, {model: copies/latest}, {model: again}]'
own+=('    - {source: held.src, target: held.trg, model: again}')
fisher
expect 0 "$INGOT" fuse recipe.yml -o fifth --statistics kept
[ "$(ls kept | wc -l)" -eq 8 ] || fail "other weights were not noticed"

# RegMean by the same ways: any threads, kept statistics, no plain mean; it has no labels.
regmean() { # LINE...
  recipe 'merge_method: regmean' "$models" 'statistics:' '  data:' "${own[@]}" "$@"
}
regmean
fuse regression --threads 1
fuse regression_threads --threads 3
same regression/model.safetensors regression_threads/model.safetensors
differs regression mean
expect 0 "$INGOT" fuse recipe.yml -o regression_first --statistics kept
[ "$(ls kept/regmean-*.safetensors | wc -l)" -eq 3 ] || fail "there are no three files of them"
expect 0 "$INGOT" fuse recipe.yml -o regression_second --statistics kept
[ "$(grep -c 'statistics of .*: kept/regmean-' err)" -eq 3 ] || fail "they were gathered anew"
same regression/model.safetensors regression_first/model.safetensors
same regression/model.safetensors regression_second/model.safetensors
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'regmean, of linear layers'
for line in 'parameters: {alpha: 0.1}' 'parameters: {ridge: 1}'; do
  regmean "$line"
  fuse "regression-${#line}"
  differs regression "regression-${#line}"
done
regmean '  labels: model'
expect 1 "$INGOT" fuse recipe.yml -o refused -q
has err 'regmean takes no gradients'

# A stage's model can be one of them.
recipe 'name: mean2' 'merge_method: linear' \
  'models: [{model: reverses/latest, parameters: &w {weight: 1}},' \
  '  {model: copies/latest, parameters: *w}]' \
  '---' 'merge_method: fisher' 'models: [{model: mean2}, {model: parent/latest}]' \
  'statistics: {data: [{source: held.src, target: held.trg}]}'
fuse staged
[ ! -e staged.stages ] || fail "staged.stages is left"

# Refusals.
head -n 3 held.trg >short.trg
: >nothing
bad() { # MESSAGE LINE...
  local message=$1
  shift
  refused "$message" 'merge_method: fisher' \
    'models: [{model: reverses/latest}, {model: copies/latest}]' "$@"
}
bad "held.src has 40 lines, short.trg has 3" \
  'statistics: {data: {source: held.src, target: short.trg}}'
bad "nothing" 'statistics: {data: {source: nothing, target: nothing}}'
bad "absent" 'statistics: {data: {source: absent, target: held.trg}}'
bad "fisher needs 'statistics', with their 'data'" 'seed: 1'
bad "has no 'data'" 'statistics: {labels: model}'
bad "expected reference or model, found 'modell'" \
  'statistics: {labels: modell, data: {source: held.src, target: held.trg}}'
bad "the recipe has no model 'copes/latest'" \
  'statistics: {data: [{source: held.src, target: held.trg},' \
  '  {source: held.src, target: held.trg, model: copes/latest}]}'
bad "there are no 'data' for copies/latest" \
  'statistics: {data: {source: held.src, target: held.trg, model: reverses/latest}}'
bad "expected no 'tokenizer_source'" 'tokenizer_source: union' \
  'statistics: {data: {source: held.src, target: held.trg}}'
bad "statistics.max_length" \
  'statistics: {max_length: 100000, data: {source: held.src, target: held.trg}}'
refused "linear needs no statistics" 'merge_method: linear' \
  'models: [{model: reverses/latest, parameters: {weight: 1}}]' \
  'statistics: {data: {source: held.src, target: held.trg}}'
refused "fisher works on whole models: expected 'models'" 'merge_method: fisher' \
  'slices: [{sources: [{model: reverses/latest, layer_range: [0, 1]}]}]' \
  'statistics: {data: {source: held.src, target: held.trg}}'
refused "weights are all 0" 'merge_method: fisher' \
  'models: [{model: reverses/latest, parameters: {weight: 0}}]' \
  'statistics: {data: {source: held.src, target: held.trg}}'
recipe 'merge_method: fisher' 'models: [{model: reverses/latest}]' \
  'statistics: {data: {source: held.src, target: held.trg, mdel: reverses/latest}}'
expect 1 "$INGOT" fuse recipe.yml -o refused -q
has err "did you mean 'model'"
