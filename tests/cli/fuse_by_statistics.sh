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
expect 0 "$INGOT" fuse recipe.yml -o mean --statistics unused
has err 'nothing is kept in unused, for it has no method that gathers statistics'
[ ! -e unused ] || fail "a directory was made"
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
# They are in the record; a file that has changed since is told, and not believed.
expect 0 "$INGOT" inspect --verify second
[ "$(grep -c 'same     kept/fisher-' out)" -eq 2 ] || fail "the statistics are not verified"
! grep -q kept fused/fusion.json || fail "statistics that are gone are in the record"
kept=$(ls kept/*.safetensors | head -n 1)
cp "$kept" whole && printf '\1' | dd of="$kept" bs=1 seek=2000 conv=notrunc status=none
cmp -s "$kept" whole && fail "nothing was damaged"
expect 1 "$INGOT" inspect --verify second
has out "changed  $kept"
expect 0 "$INGOT" fuse recipe.yml -o mended --statistics kept
has err "$kept: is not what was written there, so it is gathered anew"
same first/model.safetensors mended/model.safetensors
same "$kept" whole
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

# The fused model's own inputs: any threads, kept statistics, which belong to the whole recipe.
regmean '  inputs: merged'
fuse merged --threads 1
fuse merged_threads --threads 3
same merged/model.safetensors merged_threads/model.safetensors
differs merged regression
[ ! -e merged.stages ] || fail "merged.stages is left"
expect 0 "$INGOT" fuse recipe.yml -o merged_first --statistics together
has err 'statistics of the fused model, layer by layer'
expect 0 "$INGOT" fuse recipe.yml -o merged_second --statistics together
[ "$(grep -c 'statistics of .*: together/regmean-' err)" -eq 3 ] || fail "they were gathered anew"
same merged/model.safetensors merged_first/model.safetensors
same merged/model.safetensors merged_second/model.safetensors
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'MB; the activations of all pairs at once are not in the memory below'
regmean '  inputs: merged' 'parameters: {alpha: 0.1}'
expect 0 "$INGOT" fuse recipe.yml -o merged_third --statistics together
[ "$(ls together/regmean-*.safetensors | wc -l)" -eq 6 ] || fail "another recipe's were used"
differs merged merged_third
regmean '  inputs: merge'
expect 1 "$INGOT" fuse recipe.yml -o refused -q
has err "did you mean 'merged'"
fisher '  inputs: merged'
expect 1 "$INGOT" fuse recipe.yml -o refused -q
has err 'fisher looks at no inputs of layers'

# Not where the output is written, which would end the fusion when all is gathered.
regmean
expect 1 "$INGOT" fuse recipe.yml -o there --statistics there -q
has err 'there: the statistics would be where the output is written'
[ ! -e there ] || fail "the output was begun"
expect 1 "$INGOT" fuse recipe.yml -o there --statistics there/kept/deep -q
has err 'there/kept/deep: the statistics would be where the output is written'
expect 0 "$INGOT" fuse recipe.yml -o there --statistics therein/kept --dry-run

# What --dry-run tells of the files is what they take, unless they are kept elsewhere.
cp -r "$INGOT_SOURCE/models/en-de" one && cp -r one two
printf '\1' | dd of=two/model.safetensors bs=1 seek=$(($(wc -c <two/model.safetensors) - 2)) \
  conv=notrunc status=none
head -n 2 "$INGOT_SOURCE/examples/sample.en" >held.en
head -n 2 "$INGOT_SOURCE/examples/sample.de" >held.de
number() { sed -nE "s/$1/\\1/p" out; } # PATTERN: what its group matches in ./out
for method in fisher regmean; do
  recipe "merge_method: $method" 'models: [{model: one}, {model: two}]' \
    'statistics: {data: {source: held.en, target: held.de}}'
  expect 0 "$INGOT" fuse recipe.yml --dry-run
  planned=$(number '.*files of at most ([0-9.]+) MB') disk=$(number '^disk +([0-9.]+) MB.*')
  expect 0 "$INGOT" fuse recipe.yml --dry-run --statistics elsewhere
  without=$(number '^disk +([0-9.]+) MB.*')
  fuse "of-$method" --statistics elsewhere
  awk -v bytes="$(cat elsewhere/$method-*.safetensors | wc -c)" -v planned="$planned" \
    -v disk="$disk" -v without="$without" 'BEGIN { mb = bytes / 1e6; more = disk - without
      exit !(mb < planned * 1.005 && mb > planned * 0.95 && more > planned - 0.2 &&
             more < planned + 0.2) }' ||
    fail "$method: planned $planned of $disk MB, without $without: $(ls -l elsewhere)"
done

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
bad "expected reference or model, found 'modell'; did you mean 'model'" \
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
