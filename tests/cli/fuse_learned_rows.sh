#!/usr/bin/env bash
# A coefficient a row: they stand in a file, whose recipe makes the same bytes without data, for any
# threads, and after an interruption; what the file lacks or has too much is told.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"

toy parent 150
expect 0 "$INGOT" train toy.yml -q
sed -i -e '/^model:/,/^train:/{/^model:/!{/^train:/!d}}' -e '/^  tokens:/d' \
  -e 's/^model:.*/model: {init: parent\/latest}/' toy.yml
for child in reverses:toy.trg copies:toy.src; do
  expect 0 "$INGOT" train toy.yml -q --set train.output="${child%:*}" \
    --set data.train.target="${child#*:}" --set train.updates=100
done
digits 100 11 held.src && reversed held.src >held.trg

models=('base_model: parent/latest' 'models: [{model: reverses/latest}, {model: copies/latest}]')
learned() { # FILE LINE...: of `learn`
  recipe 'merge_method: learned' "${models[@]}" 'learn:' '  granularity: row' \
    "  coefficients: $1" '  data: {source: held.src, target: held.trg}' '  steps: 20' "${@:2}"
}

learned rows.safetensors
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'learns   a coefficient a row and model first, in at most 20 steps of 32 pairs'
has out '; they go into rows.safetensors'

# A page takes the place of no data, be they empty or a page themselves, and of no coefficients.
refused_page() { # PAGE MESSAGE
  expect 1 "$INGOT" fuse recipe.yml --report "$1" -q "${@:3}"
  has err "$1: the report would $2"
}
cp held.src before.src && ln held.trg linked.trg
refused_page held.src 'replace held.src' --dry-run
refused_page held.src 'replace held.src' -o fused
refused_page linked.trg 'replace held.trg' --dry-run
refused_page rows.safetensors 'be where the coefficients are written' --dry-run
refused_page ./rows.safetensors 'be where the coefficients are written' -o fused
same held.src before.src
[ ! -e fused ] && [ ! -e fused.stages ] && [ ! -e rows.safetensors ] || fail "something was written"
learned rows.safetensors '  valid: {source: empty.txt, target: page.txt}'
: >empty.txt && echo '<!DOCTYPE html>' >page.txt
refused_page empty.txt 'replace empty.txt' --dry-run
refused_page page.txt 'replace page.txt' --dry-run

# Where the coefficients go is known to be writable before anything is learned.
refused_place() { # MESSAGE
  for more in '' --dry-run; do
    # shellcheck disable=SC2086
    expect 1 "$INGOT" fuse recipe.yml -o refused -q $more
    has err "$1"
    [ ! -e refused ] && [ ! -e refused.stages ] || fail "something was learned: $1"
  done
}
mkdir place
learned nowhere/rows.safetensors
refused_place 'learn.coefficients: nowhere/rows.safetensors: cannot'
learned place
refused_place 'learn.coefficients: place: cannot write: is a directory'
for place in refused refused/rows.safetensors ./refused.stages/rows.safetensors; do
  learned $place
  refused_place "$place: the coefficients would be where the output is written, refused"
done
{
  learned rows.safetensors && cat recipe.yml && echo 'name: first' && echo ---
  learned ./place/../rows.safetensors && sed 's/parent.latest/first/' recipe.yml
} >stages.yml
mv stages.yml recipe.yml
refused_place 'rows.safetensors: the coefficients of two recipes would be written there'
[ -z "$(ls place)" ] && [ ! -e rows.safetensors ] || fail "something is left"

learned rows.safetensors
expect 0 "$INGOT" fuse recipe.yml -o fused --threads 1
has err 'learned: 20 of 20 steps'
[ -s rows.safetensors ] || fail "there are no coefficients"
[ ! -e fused.stages ] || fail "fused.stages is left"
[ "$(wc -c <fused/fusion.json)" -lt 60000 ] || fail "coefficients of rows are in fusion.json"
tr -d ' \n' <fused/fusion.json >json
has json '"learn":{"coefficients":"rows.safetensors"}'
has json '"deviations":{"reverses/latest":['
expect 0 "$INGOT" inspect --verify fused
has out 'same     rows.safetensors'
expect 0 "$INGOT" inspect fused --report page.html
has page.html 'standard deviation'
for page in rows.safetensors held.src; do
  cp "$page" before
  expect 1 "$INGOT" inspect fused --report "$page"
  has err "$page: the page would replace a file that is no page of HTML"
  same "$page" before
done

# The file is not overwritten; other threads learn the same one, and rows of a matrix differ.
expect 1 "$INGOT" fuse recipe.yml -o again -q
has err 'rows.safetensors exists already'
mv rows.safetensors first.safetensors
fuse threads --threads 3
same rows.safetensors first.safetensors
same fused/model.safetensors threads/model.safetensors
same fused/fusion.json threads/fusion.json
recipe 'merge_method: learned' "${models[@]}" 'learn:' '  steps: 20' \
  '  data: {source: held.src, target: held.trg}'
fuse tensors
! cmp -s fused/model.safetensors tensors/model.safetensors || fail "rows made no difference"

# The recipe of the result needs no data.
recipe 'merge_method: learned' "${models[@]}" 'learn: {coefficients: rows.safetensors}'
expect 0 "$INGOT" fuse recipe.yml --dry-run
! grep -q learns out || fail "nothing is learned"
fuse repeated --threads 2
same fused/model.safetensors repeated/model.safetensors
tr -d ' \n' <repeated/fusion.json >json
has json '"file":"rows.safetensors"'
sed -n '/^  "recipe": {$/,/^  }/p' fused/fusion.json | sed '1s/.*/{/; $s/.*/}/' >recipe.yml
fuse recorded
same fused/model.safetensors recorded/model.safetensors

# Without a base too.
recipe 'merge_method: learned' "${models[1]}" 'learn:' '  granularity: row' '  steps: 3' \
  '  coefficients: baseless.safetensors' '  data: {source: held.src, target: held.trg}'
fuse baseless
recipe 'merge_method: learned' "${models[1]}" 'learn: {coefficients: baseless.safetensors}'
fuse baseless_again
same baseless/model.safetensors baseless_again/model.safetensors

# The file says what models its coefficients are of, and no others may have them.
others() { # LINE...: models
  refused 'expected the models ["reverses/latest","copies/latest"] in this order and '"$message" \
    'merge_method: learned' "$@" "learn: {coefficients: $file}"
}
reverse='models: [{model: copies/latest}, {model: reverses/latest}]'
file=rows.safetensors message='the base_model parent/latest, of which its coefficients are'
others "${models[0]}" "$reverse"
others "${models[1]}"
others 'base_model: copies/latest' 'models: [{model: reverses/latest}, {model: parent/latest}]'
others "${models[0]}" 'models: [{model: reverses/latest}]'
file=baseless.safetensors message='no base_model, of which its coefficients are'
others "${models[@]}"
others "$reverse"
recipe 'merge_method: learned' 'base_model: ./parent/latest/' \
  'models: [{model: reverses/../reverses/latest}, {model: copies/latest}]' \
  'learn: {coefficients: rows.safetensors}'
fuse spelled
same fused/model.safetensors spelled/model.safetensors

# decay holds them near the start: with much of it, the models are their mean's.
learned held.safetensors '  decay: 1000' '  learning_rate: 0.0001'
fuse decayed
! cmp -s fused/model.safetensors decayed/model.safetensors || fail "decay made no difference"

# Refusals.
bad() { # MESSAGE LINE...: of `learn`
  refused "$1" 'merge_method: learned' "${models[@]}" 'learn:' "${@:2}"
}
data='  data: {source: held.src, target: held.trg}'
bad "a coefficient a row needs 'coefficients'" "$data" '  granularity: row'
bad 'has no effect without granularity: row' "$data" '  coefficients: rows.safetensors'
bad "has no effect beside 'coefficients' without 'data'" '  coefficients: rows.safetensors' \
  '  steps: 3'
bad 'absent.safetensors: no such file' '  coefficients: absent.safetensors'
bad 'expected a number from 0 to' "$data" '  decay: -1'
for file in training model; do
  bad "$file.safetensors does not say what models" "  coefficients: parent/latest/$file.safetensors"
done
printf '\2\0\0\0\0\0\0\0{}' >none.safetensors
bad 'none.safetensors does not say what models' '  coefficients: none.safetensors'
change() { LC_ALL=C sed "$1" rows.safetensors >wrong.safetensors; } # BYTES BY AS MANY
change 's/model.shared.weight/model.shared.height/'
bad 'model.shared.weight: wrong.safetensors has no coefficients of it' \
  '  coefficients: wrong.safetensors'
has err 'wrong.safetensors: 1 of its'
change 's/"F32","shape":\[2,1\]/"F32","shape":[1,2]/'
bad 'wrong.safetensors: expected coefficients of 2 models, found 1' \
  '  coefficients: wrong.safetensors'
[ "$(grep -c 'expected coefficients' err)" = 1 ] || fail "one problem is told more than once"
change 's/"shape":\[2,1\]/"shape":[2]  /'
bad 'wrong.safetensors: expected coefficients of rank 2, found 1' \
  '  coefficients: wrong.safetensors'
change 's/fc1.weight/fc0.weight/g; s/fc2.weight/fc1.weight/g; s/fc0.weight/fc2.weight/g'
bad 'expected coefficients of 64 rows, or one for all, found 32' '  coefficients: wrong.safetensors'
change 's/fc1.weight/fc0.weight/g; s/fc1.bias/fc1.weight/g; s/fc0.weight/fc1.bias/g'
bad 'wrong.safetensors: expected one coefficient a model, found 64' \
  '  coefficients: wrong.safetensors'
{ head -c -4 rows.safetensors && printf '\0\0\300\177'; } >wrong.safetensors
bad 'wrong.safetensors: tensor' '  coefficients: wrong.safetensors'
has err 'is nan, expected a finite number'
