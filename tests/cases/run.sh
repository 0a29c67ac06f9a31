#!/usr/bin/env bash
# The cases of tests/cases/README.md: one line for each. Those that no other test holds are tried
# here; the others are tried by the tests that the list names, which run with --all. It checks that
# every test of the list exists, too.
#   tests/cases/run.sh [--all [BUILD]]    # BUILD: the directory of the build, default: build
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export INGOT_SOURCE=${INGOT_SOURCE:-$(cd "$here/../.." && pwd)}
build=$INGOT_SOURCE/build
[ -z "${2:-}" ] || build=$(cd "$2" && pwd) || exit 2
export INGOT=${INGOT:-$build/ingot}
mode=${1:-}
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
inputs=$here
list=$here/README.md
failures=0

# row STATE IDS WHAT [MORE]: the line of a case; MORE follows if it failed.
row() {
  printf '%-7s %-9s %s\n' "$1" "$2" "$3"
  [ "$1" != FAILED ] || { failures=$((failures + 1)) && [ -z "${4:-}" ] || printf '%s\n' "$4"; }
}

# The rows of the list: KIND<TAB>IDS<TAB>TESTS, tests separated by spaces; a test is KIND/NAME or
# KIND/NAME:FUNCTION, or cases:ID for one of this script.
rows() {
  awk -F' *[|] *' '/^\| *[^|-]/ && $2 !~ /^---|^kind of loss/ {
    gsub(/`/, "", $4)
    gsub(/, /, " ", $4)
    print $2 "\t" $3 "\t" $4 }' "$list"
}

# ---- what is tried here: case_ID, in a directory of its own ------------------

# weights DIRECTORY JSON BYTES: model.safetensors with that header, values of 1.0.
weights() {
  local size=${#2}
  mkdir -p "$1"
  {
    printf "\\x$(printf %02x $((size & 255)))\\x$(printf %02x $((size >> 8)))\\0\\0\\0\\0\\0\\0"
    printf '%s' "$2"
    head -c "$3" /dev/zero | sed 's/\x00\x00\x00\x00/\x00\x00\x80\x3f/g'
  } >"$1/model.safetensors"
}

# stack DIRECTORY LABELS: a classifier of three layers.
stack() {
  local i header='' at=0
  for i in 0 1 2; do
    header+="\"model.layers.$i.fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":"
    header+="[$at,$((at + 16))]},"
    at=$((at + 16))
  done
  header+="\"classifier.weight\":{\"dtype\":\"F32\",\"shape\":[$2,2],\"data_offsets\":"
  weights "$1" "{$header[$at,$((at + 8 * $2))]}}" $((at + 8 * $2))
  echo "{\"model_type\": \"llama\", \"num_hidden_layers\": 3, \"num_labels\": $2}" >"$1/config.json"
}

# codes: a model whose sources begin with >>de<< or >>zh<<.
codes() {
  local t=$inputs/training
  cat >codes.yml <<YAML
data:
  train: {source: [$t/de.src, $t/zh.src], target: [$t/de.tgt, $t/zh.tgt]}
  sentencepiece: {vocab_size: 1100}
model: {family: marian, d_model: 32, encoder_layers: 1, decoder_layers: 1, dropout: 0,
        encoder_attention_heads: 2, decoder_attention_heads: 2,
        encoder_ffn_dim: 64, decoder_ffn_dim: 64}
train: {output: codes, batch_tokens: 512, updates: 20, learning_rate: 0.003}
YAML
  expect 0 "$INGOT" train codes.yml -q
}
ids() { # FILE [OPTION...]: the target ids of a source, at most 12 of each line
  expect 0 "$INGOT" translate -q -m codes/latest -i "$1" --max-length 12 --ids "${@:2}"
}

case_C7() {  # also in the input that is compressed, in ids and in targets to score
  codes
  local mark=$'\357\273\277' line='>>de<< Tom is here.'
  printf '%s\n%s\n' "$line" "$line" >plain
  printf '%s%s\n%s\n' "$mark" "$line" "$line" >marked
  gzip -c marked >zipped
  ids plain
  ! grep -q 'the vocabulary has no' err || fail "the code is unknown"
  cp out expected
  for file in marked zipped; do
    ids "$file"
    same out expected
    ! grep -q 'the vocabulary has no' err || fail "$file: the code is unknown"
  done
  expect 0 "$INGOT" translate -q -m codes/latest -i marked --score-target marked
  [ "$(uniq out | wc -l)" -eq 1 ] || fail "two scores for one pair of lines"
  # Negative control: within the text the mark is a character.
  sed 1d marked | sed "1s/^/x$mark/" >inside
  expect 0 "$INGOT" translate -q -m codes/latest -i inside --score-target <(sed 1d plain)
  cp out other
  expect 0 "$INGOT" translate -q -m codes/latest -i <(sed 1d plain) \
    --score-target <(sed 1d plain)
  ! cmp -s out other || fail "another source has the same score"
  printf '%s7 8 9 0\n' "$mark" >marked_ids
  printf '7 8 9 0\n' >plain_ids
  ids marked_ids --ids-in
  cp out expected
  ids plain_ids --ids-in
  same out expected
}

case_A6() {
  codes
  printf '>>de<< Tom is here.\n' >source
  ids source
  cp out expected
  sed 's/\("model_max_length": *\)[0-9]*/\11000000000000000019884624838656/' \
    codes/latest/tokenizer_config.json >text
  grep -q 19884624838656 text || fail "the length is not in the file"
  cp text codes/latest/tokenizer_config.json
  ids source
  same out expected
  recipe 'merge_method: linear' 'models: [{model: codes/latest, parameters: {weight: 1}}]'
  fuse made
  expect 0 "$INGOT" translate -q -m made -i source --max-length 12 --ids
  same out expected
}

case_A14() {
  stack two 2
  stack three 3
  recipe 'merge_method: linear' 'models: [{model: two}, {model: three}]'
  expect 1 "$INGOT" fuse recipe.yml -o made -q
  has err 'num_labels is 2 in two, but 3 in three'
  has err 'classifier.weight: [2, 2] in two/model.safetensors, but [3, 2] in three/'
  [ ! -e made ] || fail "something was written"
  recipe 'merge_method: linear' 'models: [{model: two}, {model: two/}]'
  expect 1 "$INGOT" fuse recipe.yml -o made -q
  has err 'stands twice'
}

case_A15() {
  stack a 2
  recipe 'merge_method: passthrough' \
    'slices: [{sources: [{model: a, layer_range: [0, 32]}]}]'
  expect 1 "$INGOT" fuse recipe.yml -o made -q
  has err 'recipe.yml:2: layers 0 to 32 of 3 in a'
  recipe 'merge_method: dare-ties' 'models: [{model: a}]'
  expect 1 "$INGOT" fuse recipe.yml -o made -q
  has err "did you mean 'dare_ties'?"
}

case_A17() {
  stack '模型 with space' 2
  stack 'a+b' 2
  recipe 'merge_method: linear' 'models:' '  - {model: "模型 with space", parameters: {weight: 1}}' \
    '  - {model: ./a+b, parameters: {weight: 1}}'
  fuse made
  [ -f made/model.safetensors ] || fail "no weights"
  recipe 'merge_method: linear' \
    'models: [{model: mistralai/Mistral-7B-v0.1}, {model: "~/llama1"}]'
  HF_HUB_CACHE=hub expect 1 "$INGOT" fuse recipe.yml -o none -q
  has err 'mistralai/Mistral-7B-v0.1: cannot open: no such directory, nor a model of the Hugging'
  has err 'hub/models--mistralai--Mistral-7B-v0.1/snapshots/main (revision main). Models are'
  has err "~/llama1: cannot open: no such directory. '~' is not taken for the home directory"
}

# The shipped models have every letter: what has none would be <unk>, which --stats counts.
case_D1() {
  local model letters='ÄÖÜäöüß QXqx 0123456789 : ; ( ) [ ] { } & % @ # + = * / « » „ “ é ñ ç ø'
  for model in "$INGOT_SOURCE"/models/{en-de,de-en}; do
    echo "$letters" >letters
    expect 0 "$INGOT" translate -m "$model" -i letters --stats stats.json
    has stats.json '"unknown_sources": 0'
    expect 0 "$INGOT" translate -m "$model" -i letters --score-target letters --stats stats.json
    has stats.json '"unknown_targets": 0'
  done
  expect 0 "$INGOT" translate -m "$INGOT_SOURCE/models/en-de" -i "$inputs/training/capitals.en"
  grep -q 'Übung' out || fail "no Ü: $(cat out)"
  grep -q 'Öl' out || fail "no Ö: $(cat out)"
}

case_D8() {
  local v=$inputs/training
  printf '%s\n' "data: {train: {source: $v/small.en, target: $v/small.de}," \
    "valid: {source: $v/v.en, target: $v/vshort.de}}" \
    'model: {family: marian, d_model: 32}' 'train: {output: run, updates: 1}' >r.yml
  expect 1 "$INGOT" train r.yml
  has err 'v.en has 40 lines, '
  has err 'vshort.de has 30: expected as many, one the translation of the other'
  [ ! -e run ] || fail "a start that failed has left its directory"
}

# Relatives: what is of the same kinds, and in no report.

case_R1() {  # the same training from texts with a mark, compressed, with CRLF
  local v=$inputs/training side form
  for side in en de; do
    for name in small v; do
      { printf '\357\273\277' && cat "$v/$name.$side"; } >"marked.$name.$side"
      gzip -c "marked.$name.$side" >"zipped.$name.$side"
      sed 's/$/\r/' "$v/$name.$side" >"crlf.$name.$side"
      cp "$v/$name.$side" "plain.$name.$side"
    done
  done
  for form in plain marked zipped crlf; do
    printf '%s\n' "data: {train: {source: $form.small.en, target: $form.small.de}," \
      " valid: {source: $form.v.en, target: $form.v.de}, sentencepiece: {vocab_size: 300}}" \
      'model: {family: marian, d_model: 32, encoder_layers: 1, decoder_layers: 1,' \
      ' encoder_attention_heads: 2, decoder_attention_heads: 2,' \
      ' encoder_ffn_dim: 64, decoder_ffn_dim: 64}' \
      "train: {output: $form, batch_tokens: 256, updates: 4}" >"$form.yml"
    { printf '\357\273\277' && cat $form.yml; } >recipe.yml
    expect 0 "$INGOT" train recipe.yml -q
    [ ! -s err ] || fail "$form: there is nothing to warn of"
    same $form/latest/model.safetensors plain/latest/model.safetensors
  done
  for side in en de; do iconv -t UTF-16 <"plain.v.$side" >"marked.v.$side"; done
  expect 1 "$INGOT" train marked.yml -q --set train.output=none
  has err 'marked.v.en: the text is UTF-16'
  [ ! -e none ] || fail "a start that failed has left its directory"
}

case_R2() {  # lists of one in every number of the settings
  local tiny=$INGOT_SOURCE/tests/golden/marian_tiny key value
  head -n 4 "$tiny/source.ids" >source.ids
  cp -r "$tiny" m
  while read -r key value; do
    for form in "$value" "[$value]"; do
      sed "s/^{/{\"$key\": $form, /; s/\(.\)\"$key\": [0-9]*,/\1/2" "$tiny/generation_config.json" \
        >m/generation_config.json
      expect 0 "$INGOT" translate -q -m m -i source.ids --ids --ids-in
      [ "$form" != "$value" ] || cp out expected
      same out expected
    done
  done <<'KEYS'
num_beams 3
max_length 20
no_repeat_ngram_size 3
forced_bos_token_id 5
length_penalty 0.5
repetition_penalty 1.5
KEYS
}

case_R3() {  # what counts layers in configurations of other families
  local i header='' at=0
  for i in 0 1 2; do
    header+="\"transformer.h.$i.w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":"
    header+="[$at,$((at + 8))]},"
    at=$((at + 8))
  done
  weights a "{${header%,}}" $at
  recipe 'merge_method: passthrough' 'slices:' \
    '  - {sources: [{model: a, layer_range: [0, 2]}]}' \
    '  - {sources: [{model: a, layer_range: [0, 3]}]}'
  local before after
  while IFS=';' read -r before after; do
    echo "{\"model_type\": \"x\", $before}" >a/config.json
    rm -rf made
    fuse made
    tr -d ' \n' <made/config.json >now
    has now "$(tr -d ' ' <<<"$after")"
  done <<'FORMS'
"n_layers": 3;"n_layers":5}
"n_layer": 3;"n_layer":5}
"num_layers": 3, "attention_layers": ["g", "l", "g"];"attention_layers":["g","l","g","l","g"]
"num_hidden_layers": 3, "no_rope_layers": [1, 1, 0];"no_rope_layers":[1,1,1,1,0]
"num_hidden_layers": 3, "mlp_only_layers": [0, 2];"mlp_only_layers":[0,2,4]
FORMS
  echo '{"model_type": "x", "num_hidden_layers": 3, "first_k_dense_replace": 1}' >a/config.json
  rm -rf made
  fuse made
  has err 'first_k_dense_replace counts layers and stays 1'
}

case_R4() {  # outputs over the files of a model
  toy run 5
  expect 0 "$INGOT" train toy.yml -q
  cp -r run/latest kept
  echo '1 2 3' >source
  ln -s run/latest/model.safetensors link
  ln run/latest/config.json hard
  for file in run/latest/model.safetensors run/latest/config.json link hard; do
    expect 2 "$INGOT" translate -q -m run/latest -i source -o $file
    has err "--output $file is a file of the model run/latest"
    expect 2 "$INGOT" translate -q -m run/latest -i source -o out.txt --stats $file
    has err "--stats $file is a file of the model run/latest"
  done
  [ ! -e out.txt ] || fail "something was written"
  for file in kept/*; do same "$file" "run/latest/${file#kept/}"; done
  # What is no file of the model may lie beside it.
  for i in 1 2; do
    expect 0 "$INGOT" translate -q -m run/latest -i source -o run/latest/out.txt
  done
}

# ---- the lists ---------------------------------------------------------------

# Every test that the list names exists, and every case of this script is in it.
check_list() {
  local kind ids tests test name function file found count=0
  while IFS=$'\t' read -r kind ids tests; do
    count=$((count + 1))
    for test in $tests; do
      name=${test%%:*} function=${test#"$name"} function=${function#:}
      if [ "$name" = cases ]; then
        declare -F "case_$function" >/dev/null || fail "$ids: no case_$function in run.sh"
        continue
      fi
      found=
      for file in "$INGOT_SOURCE/tests/$name.sh" "$INGOT_SOURCE/tests/$name.c"; do
        [ -f "$file" ] && found=$file
      done
      [ -n "$found" ] || fail "$ids: there is no test $name"
      [ -z "$function" ] || grep -q "^static void $function(void \*\*" "$found" ||
        fail "$ids: $found has no $function"
    done
    [ -n "$tests" ] || fail "$ids: no test"
  done < <(rows)
  [ "$count" -ge 30 ] || fail "the list has $count rows"
  for name in $(declare -F | sed -n 's/^declare -f case_//p'); do
    rows | grep -qE "(^|[[:space:]])cases:$name( |$)" || fail "case_$name is not in the list"
  done
}

# try ID: the outcome of a case of this script.
try() {
  local message
  mkdir -p "$work/$1"
  message=$(work=$work/$1 && cd "$work" && "case_$1" 2>&1) && outcome=ok || outcome=FAILED
  told=$message
}

message=$(check_list 2>&1) && row ok list "every test of the list exists" ||
  row FAILED list "every test of the list exists" "$message"
if [ "$mode" = --all ]; then
  names=$(rows | cut -f 3 | tr ' ' '\n' | sed 's/:.*//' | grep / | sort -u | paste -sd '|')
  ctest --test-dir "$build" -R "^($names)\$" >"$work/ctest.log" 2>&1
  passed=$(grep -E ' Test +#[0-9]+: .* (Passed|.*Skipped)' "$work/ctest.log" |
    sed -E 's/.*Test +#[0-9]+: ([^ ]+).*/\1/')
fi
while IFS=$'\t' read -r kind ids tests; do
  state=ok
  messages=
  for test in $tests; do
    if [ "${test%%:*}" = cases ]; then
      try "${test#*:}"
      [ $outcome = ok ] || { state=FAILED && messages+=$told; }
    elif [ "$mode" = --all ]; then
      grep -qxF "${test%%:*}" <<<"$passed" || { state=FAILED && messages+=" ${test%%:*}"; }
    fi
  done
  case "$mode $tests" in
    --all* | *cases:*) ;;
    *) state=listed kind+=" ($tests)" ;;
  esac
  for id in ${ids//,/ }; do
    row $state "$id" "$kind" "$messages"
    messages=
  done
done < <(rows)
[ "$failures" -eq 0 ]
