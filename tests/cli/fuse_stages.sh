#!/usr/bin/env bash
# Recipes of several documents, the plan that --dry-run prints, and what fusion.json says and
# `inspect --verify` finds.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
cp -r "$INGOT_SOURCE/tests/golden/marian_tiny" first
half=('name: half' 'merge_method: passthrough' \
  'models: [{model: first, parameters: {scale: [0.4, 0.6]}}]')
other=('name: other' 'merge_method: linear' \
  'models: [{model: first, parameters: {weight: 0.5}}, {model: half, parameters: {weight: 1}}]')
last=('merge_method: dare_ties' 'base_model: first' 'seed: 5'
  'models: [{model: half, parameters: {weight: 0.5, density: 0.4}},' \
  '  {model: other, parameters: {weight: 0.5, density: 0.4}}]')

# One after the other by hand, under the names of the stages, ...
recipe "${half[@]:1}"
fuse half
recipe "${other[@]:1}"
fuse other
recipe "${last[@]}"
fuse by-hand
mkdir aside && mv half other aside

# ... and as stages of one recipe, in whatever order: the same model, and nothing beside it.
several() { recipe "${last[@]}" --- "${half[@]}" --- "${other[@]}" ---; }
several
fuse fused
same by-hand/model.safetensors fused/model.safetensors
same by-hand/config.json fused/config.json
[ ! -e fused.stages ] && [ ! -e fused.partial ] || fail "a stage is left"
recipe "${other[@]}" --- "${half[@]}" --- 'name: result' "${last[@]}"
fuse named --threads 1
same by-hand/model.safetensors named/model.safetensors
several
fuse sha --sha256
has sha/fusion.json '"sha256": "'

# Killed in a stage or after it, it goes on: a stage that exists is not made again, one of another
# recipe is.
printf '%s\n' "${half[@]}" --- 'merge_method: passthrough' \
  'models: [{model: half}, {model: first}]' >recipe.yml
expect 1 "$INGOT" fuse recipe.yml -o kept -q
has err 'takes 1 to 1 models'
[ ! -e kept.stages ] || fail "a stage was made of a recipe that cannot be carried out"
if [ -x "${INGOT_FAULTY:-}" ]; then
  several
  for write in $(seq 1 11 2000); do
    { FAULT=kill:$write "$INGOT_FAULTY" fuse recipe.yml -o killed -q \
      --threads 1 >out 2>err; } 2>/dev/null
    [ $? -eq 137 ] || break
    [ -e killed ] || fuse killed --threads 2
    same killed/model.safetensors fused/model.safetensors
    same killed/fusion.json fused/fusion.json
    [ ! -e killed.stages ] && [ ! -e killed.partial ] ||
      fail "something is left behind write $write"
    rm -r killed
  done
  [ "$write" -gt 100 ] || fail "only $write writes"
  for write in $(seq 1 11 2000); do
    [ -e changed.stages/half/fusion.json ] && break
    { FAULT=kill:$write "$INGOT_FAULTY" fuse recipe.yml -o changed -q \
      --threads 1 >out 2>err; } 2>/dev/null
  done
  [ -e changed.stages/half/fusion.json ] || fail "no stage exists to be made again"
  recipe "${last[@]}" --- "${half[@]/0.4, 0.6/0.7}" --- "${other[@]}"
  fuse changed
  fuse anew
  same changed/model.safetensors anew/model.safetensors
  cmp -s changed/model.safetensors fused/model.safetensors && fail "the old stage was used"
fi
mkdir -p held.stages/half
echo mine >held.stages/half/notes
several
expect 1 "$INGOT" fuse recipe.yml -o held -q
has err 'is not the work of a fusion'
has held.stages/half/notes mine

# What is not the fusion's in a stage stays: it is told before anything is made, ...
fuse plain
mkdir -p ours.stages
cp -r aside/half ours.stages/half
echo mine >ours.stages/half/notes
expect 1 "$INGOT" fuse recipe.yml -o ours -q
has err 'ours.stages/half/notes: not a file that the fusion wrote'
cmp -s aside/half/model.safetensors ours.stages/half/model.safetensors || fail "half is gone"
[ ! -e ours.stages/other ] && [ ! -e ours.partial ] || fail "something was made"
rm ours.stages/half/notes
mkdir ours.stages/half/folder
echo mine >ours.stages/half/folder/notes
expect 1 "$INGOT" fuse recipe.yml -o ours -q
has err 'ours.stages/half/folder/notes: not a file'
rm -r ours.stages/half/folder
ln -s ../../first ours.stages/half/link
expect 1 "$INGOT" fuse recipe.yml -o ours -q
has err 'ours.stages/half/link: not a file'
rm ours.stages/half/link
fuse ours
[ ! -e ours.stages ] || fail "a stage of another fusion is left, though all of it was a fusion's"
same ours/model.safetensors plain/model.safetensors
# ... and in the end, where it came meanwhile (here with what an unfinished fusion left).
mkdir -p late.stages/half.partial/folder
echo another >late.stages/half.partial/fusion.journal
echo mine | tee late.stages/half.partial/{notes,model-mine.safetensors,folder/notes} >/dev/null
expect 0 "$INGOT" fuse recipe.yml -o late -q
same late/model.safetensors plain/model.safetensors
has err 'late.stages/half/folder/notes: not a file that the fusion wrote'
has err 'late.stages: stays'
for file in notes model-mine.safetensors folder/notes; do
  has late.stages/half/$file mine
done
[ ! -e late.stages/other ] || fail "a stage is left"
# fusion.json names each file of the directory but itself.
(cd plain && find . -type f ! -name fusion.json | sed 's|^./||' | sort) >there
tr -d '\n' <plain/fusion.json | grep -o '"files": *\[[^]]*\]' | tail -n 1 |
  grep -o '"[^"]*"' | tr -d '"' | grep -v '^files$' | sort >named-files
same named-files there

# What the documents cannot say.
refused "two recipes are named 'half'" "${half[@]}" --- "${half[@]}" --- "${last[@]}"
refused "without a 'name'" "${half[@]:1}" --- "${last[@]}"
refused "'first' is also a file or directory here" 'name: first' "${half[@]:1}" \
  --- 'merge_method: passthrough' 'models: [{model: first}]'
refused "expected a name without '/'" 'name: a/b' "${half[@]:1}" --- 'merge_method: passthrough' \
  'models: [{model: a/b}]'
refused "nothing uses 'half'" "${half[@]}" --- 'merge_method: passthrough' \
  'models: [{model: first}]'
refused "'a' needs itself" 'name: a' 'merge_method: passthrough' 'models: [{model: b}]' \
  --- 'name: b' 'merge_method: passthrough' 'models: [{model: a}]' --- \
  'merge_method: passthrough' 'models: [{model: a}]'
refused "each recipe needs another" 'name: a' 'merge_method: passthrough' 'models: [{model: b}]' \
  --- 'name: b' 'merge_method: passthrough' 'models: [{model: a}]'
refused "did you mean 'merge_method'" "${half[@]}" --- 'merge_metod: passthrough' \
  'models: [{model: half}]'
# Problems of all stages at once, also where one hides those that follow.
refused 'nowhere' 'name: a' 'merge_method: passthrough' 'models: [{model: nowhere}]' \
  --- 'merge_method: slerp' 'base_model: a' \
  'models: [{model: also-nowhere}]' 'parameters: {t: 0.5}'
has err 'also-nowhere'
has err '2 problems'
refused 'layers 1 to 5 of 2 in half' "${half[@]}" --- 'merge_method: passthrough' \
  'modules: {encoder: {slices: [{sources: [{model: half, layer_range: [1, 5]}]}]}}'

# The plan.
several
expect 0 "$INGOT" fuse recipe.yml --dry-run -o planned
for text in 'stage half: passthrough' 'stage other: linear' 'dare_ties' 'half: ' \
  ', of another stage' 'reads    at most' 'memory  ' 'disk  ' 'that are free at .'; do has out \
  "$text"; done
[ ! -e planned ] && [ ! -e planned.stages ] || fail "the plan was carried out"
bytes=$(awk '/^  output/ { print $(NF - 2) * 3 }' out | tail -n 1)
awk -v bytes="$bytes" '/^disk/ { if ($2 - bytes > 0.2 || bytes - $2 > 0.2) exit 1 }' out ||
  fail "$bytes MB in three stages: $(grep ^disk out)"
expect 0 "$INGOT" fuse recipe.yml --dry-run
grep -q 'free at' out && fail "no output, and yet a disk"
expect 1 "$INGOT" fuse recipe.yml --dry-run --report page.html -q
has err 'those of stages are not there yet'

# Where it came from.
expect 0 "$INGOT" inspect fused
has out 'by dare_ties, seed 5'
has out 'stage other: by linear'
has out 'model.safetensors of stage half'
expect 0 "$INGOT" inspect fused --json
has out '"fusion": {'
expect 0 "$INGOT" inspect --verify fused
has out 'same     first/model.safetensors'
has out 'same     fused/model.safetensors'
has out '0 changed, 0 gone'
expect 0 "$INGOT" inspect --verify sha
expect 0 "$INGOT" inspect --verify --json fused
has out '"intact": true'
printf x | dd of=fused/model.safetensors bs=1 seek=9000 conv=notrunc 2>/dev/null
expect 1 "$INGOT" inspect --verify fused
has out 'changed  fused/model.safetensors'
has err 'have changed'
printf ' ' >>first/config.json
mv first/vocab.json aside 2>/dev/null || mv first/generation_config.json aside
expect 1 "$INGOT" inspect --verify sha
has out 'changed  first/config.json'
has out 'gone '
# A record that names nothing vouches for no weights.
cp -r sha forged
echo '{"inputs": [], "outputs": []}' >forged/fusion.json
expect 1 "$INGOT" inspect --verify forged
has out 'unnamed  forged/model.safetensors: weights that fusion.json does not name'
has out '0 same, 0 changed, 0 gone, 1 unnamed'
expect 1 "$INGOT" inspect --verify --json forged
has out '"state": "unnamed"'
has out '"intact": false'
rm sha/model.safetensors
expect 1 "$INGOT" inspect --verify --json sha
has out '"intact": false'
expect 1 "$INGOT" inspect --verify first
has err 'fusion.json'
for broken in '{}' '{"inputs": [{}], "outputs": []}' \
  '{"inputs": [], "outputs": [{"file": "../first/config.json", "xxh3-128": "0"}]}' \
  '{"inputs": [{"file": "x"}], "outputs": []}'; do
  echo "$broken" >named/fusion.json
  expect 1 "$INGOT" inspect --verify named
  has err 'named/fusion.json: '
done
