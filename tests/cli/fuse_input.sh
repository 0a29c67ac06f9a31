#!/usr/bin/env bash
# Whatever a recipe or a model may have wrong: a message that says what and where, a defined result,
# never a silent NaN, and nothing half written.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"

# ---- models of a few values --------------------------------------------------

one='\x00\x00\x80\x3f' two='\x00\x00\x00\x40' minus='\x00\x00\x80\xbf' zero='\x00\x00\x00\x00' \
  nan='\x00\x00\xc0\x7f' infinity='\x00\x00\x80\x7f' large='\xff\xff\x7f\x7f'
# file PATH HEADER BYTES: a safetensors file, the bytes as printf understands them.
file() {
  local length=${#2}
  {
    printf "\\x$(printf %02x $((length & 255)))\\x$(printf %02x $((length >> 8)))"
    printf '\0\0\0\0\0\0%s' "$2"
    printf "$3"
  } >"$1"
}
# model DIR HEADER BYTES [CONFIG]
model() {
  mkdir -p "$1"
  echo "${4:-{\"model_type\": \"made-up\"\}}" >"$1/config.json"
  file "$1/model.safetensors" "$2" "$3"
}
pair='{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
model plus "$pair" "$one$two"
model also "$pair" "$two$one"
model minus "$pair" "$minus\x00\x00\x00\xc0"
# of a file of float32
values() { od -An -tf4 -v -j$(($(od -An -tu8 -N8 "$1") + 8)) "$1" | tr -s ' \n' ' '; }

# foreseen MESSAGE LINE...: the plan does not begin either.
foreseen() {
  refused "$@"
  expect 1 "$INGOT" fuse recipe.yml --dry-run -q
  has err "$1"
}
# broken MESSAGE LINE...: what only the weights can tell.
broken() {
  local message=$1
  shift
  recipe "$@"
  expect 1 "$INGOT" fuse recipe.yml -o broken -q
  has err "$message"
  [ ! -e broken ] || fail "a broken model was written: $message"
  [ ! -e broken.partial ] || fail "what can never be finished is left: $message"
}
# gives VALUES LINE...
gives() {
  local expected=$1
  shift
  recipe "$@"
  rm -rf given
  expect 0 "$INGOT" fuse recipe.yml -o given -q
  [ "$(values given/model.safetensors)" = " $expected " ] ||
    fail "'$(values given/model.safetensors)' instead of '$expected': $*"
}
linear() {
  local other="{model: ${3:-also}, parameters: {weight: $2}}"
  echo "models: [{model: plus, parameters: {weight: $1}}, $other]"
}
ties() { printf '%s\n' "merge_method: ${2:-ties}" 'base_model: plus' \
  "models: [{model: also, parameters: {$1}}]"; }

# ---- output ------------------------------------------------------------------

# No more shards than files may be open, told before anything is written.
header=$(awk 'BEGIN {
  for (i = 0; i < 513; i++)
    printf "%s\"x%03d\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}",
      i ? "," : "{", i, 4 * i, 4 * i + 4
  print "}" }')
model many "$header" "$(for _ in $(seq 513); do printf '%s' "$one"; done)"
recipe 'merge_method: passthrough' 'models: [{model: many}]'
for more in '' --dry-run; do
  # shellcheck disable=SC2086  # no argument or one
  expect 1 "$INGOT" fuse recipe.yml -o refused -q --out-shard-size 1 $more
  has err '513 shards, expected 512 at most'
  [ ! -e refused ] && [ ! -e refused.partial ] || fail "something was written"
done
expect 0 "$INGOT" fuse recipe.yml -o shards -q --out-shard-size 8
[ "$(ls shards/model-*.safetensors | wc -l)" = 257 ] || fail "other shards"

# ---- recipes -----------------------------------------------------------------

foreseen "recipe.yml:1: merge_metod: unknown key; did you mean 'merge_method'" \
  'merge_metod: linear' "$(linear 1 1)"
foreseen 'recipe.yml:2: experts: mixtures of experts are not built' 'gate_mode: random' \
  'experts: [{source_model: a}, {source_model: b}]'
foreseen "did you mean 'density'" "$(ties 'weight: 1, densty: 0.5')"
foreseen "unknown method 'lniear'" 'merge_method: lniear' "$(linear 1 1)"
foreseen 'not valid YAML' 'merge_method: [linear'
foreseen 'an empty list' 'merge_method: linear' 'models: []'
foreseen "expected either 'models' or 'slices'" 'merge_method: linear'
foreseen "has no 'merge_method'" ''
foreseen "needs a 'base_model'" 'merge_method: slerp' 'models: [{model: plus}, {model: also}]' \
  'parameters: {t: 0.5}'
foreseen "'t' is not set" 'merge_method: slerp' 'base_model: plus' 'models: [{model: also}]'
foreseen 'expected a value from 0 to 1, found 1.5' 'merge_method: slerp' 'base_model: plus' \
  'models: [{model: also}]' 'parameters: {t: 1.5}'
foreseen 'expected a value from 0 to 1, found -0.1' "$(ties 'weight: 1, density: -0.1')"
foreseen 'expected a value from 0 to 1, found 1.1' "$(ties 'weight: 1, density: [0.5, 1.1]')"
foreseen "expected a number, found 'much'" 'merge_method: linear' "$(linear much 1)"
foreseen "expected a number, found 'nan'" 'merge_method: linear' "$(linear nan 1)"
foreseen 'x: the weights sum to 0' 'merge_method: linear' "$(linear 0.5 -0.5)"
foreseen 'density - epsilon must not be below 0' "$(ties 'weight: 1, density: 0.1' della)"
foreseen "unknown part 'encodr'" 'merge_method: linear' \
  'models: [{model: plus, parameters: {weight: [{select: encodr, value: 1}]}}]'
foreseen 'stands twice' 'merge_method: linear' "$(linear 1 1 plus)"
foreseen 'slerp takes 1 to 1 models besides the base, found 2' 'merge_method: slerp' \
  'base_model: plus' 'models: [{model: also}, {model: minus}]' 'parameters: {t: 0.5}'
foreseen "expected float32, bfloat16 or float16, found 'float8'" 'merge_method: linear' \
  "$(linear 1 1)" 'dtype: float8'
suggested() { foreseen "did you mean '$1'" 'merge_method: linear' "$(linear 1 1)" "$2"; }
suggested union 'missing_tensors: unon'
suggested equal 'non_float: equals'
suggested mergekit 'compatibility: merge_kit'
suggested torch 'rng: {kind: troch}'

# ---- models ------------------------------------------------------------------

mkdir weightless && cp plus/config.json weightless
mkdir configless && cp plus/model.safetensors configless
model other-kind "$pair" "$one$one" '{"model_type": "another"}'
model other-heads "$pair" "$one$one" '{"model_type": "made-up", "num_heads": 8}'
model heads "$pair" "$one$one" '{"model_type": "made-up", "num_heads": 4}'
model longer '{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}' "$one$one$one"
model elsewhere '{"y":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' "$one$one"
model whole-numbers '{"x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}' "$one$two"
model other-numbers '{"x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}' "$two$two"
model eighths '{"x":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}' "\x01\x02"
model empty '{}' ''
model cut "$pair" "$one"
mkdir sharded run && cp plus/config.json sharded
echo '{"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}' \
  >sharded/model.safetensors.index.json
cp plus/model.safetensors sharded/a.safetensors
file sharded/b.safetensors '{"y":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' "$one"
mkdir run/update-1 run/update-2 && cp plus/* run/update-1 && cp also/* run/update-2

# All of them at once.
foreseen 'nowhere/model.safetensors: cannot open' 'merge_method: linear' \
  "models: [$(printf '{model: %s, parameters: {weight: 1}}, ' \
    plus nowhere weightless configless also cut)]"
has err 'weightless/model.safetensors: cannot open'
has err 'configless/config.json: cannot open'
has err 'cut/model.safetensors: tensor x: data_offsets [0, 8] outside the 4 bytes of data'
has err '4 problems'
foreseen 'x: [2] in plus/model.safetensors, but [3] in longer/model.safetensors' \
  'merge_method: linear' "$(linear 1 1 longer)"
foreseen 'x: missing in elsewhere' 'merge_method: linear' "$(linear 1 1 elsewhere)"
foreseen 'model_type is "made-up" in plus, but "another" in other-kind' 'merge_method: linear' \
  "$(linear 1 1 other-kind)"
foreseen 'num_heads is 4 in heads, but 8 in other-heads' 'merge_method: linear' \
  'models: [{model: heads, parameters: {weight: 1}}, {model: other-heads, parameters: {weight: 1}}]'
cp -r plus words && echo '{"a": 0, "b": 1}' >words/vocab.json
cp -r also same-words && echo '{"b": 1,  "a": 0}' >same-words/vocab.json
cp -r also other-words && echo '{"b": 0, "a": 1}' >other-words/vocab.json
of_words() {
  echo "models: [{model: words, parameters: {weight: 1}}, {model: $1, parameters: {weight: 1}}]"
}
foreseen 'vocab.json is not the same in words and other-words' 'merge_method: linear' \
  "$(of_words other-words)"
gives '1.5 1.5' 'merge_method: linear' "$(of_words same-words)"
gives '1.5 1.5' 'merge_method: linear' "$(of_words also)"
echo one >words/source.spm && echo two >same-words/source.spm && cp -r words pieces &&
  cp -r same-words other-pieces && rm pieces/vocab.json other-pieces/vocab.json
gives '1.5 1.5' 'merge_method: linear' "$(of_words same-words)" # vocab.json says which row is whose
foreseen 'source.spm is not the same in pieces and other-pieces' 'merge_method: linear' \
  'models: [{model: pieces, parameters: {weight: 1}},' \
  '  {model: other-pieces, parameters: {weight: 1}}]'
echo '{"a": 0,' >other-words/vocab.json
foreseen 'other-words/vocab.json:' 'merge_method: linear' "$(of_words other-words)"
foreseen 'x: F32 in plus/model.safetensors, but I32 in whole-numbers/model.safetensors' \
  'merge_method: linear' "$(linear 1 1 whole-numbers)"
foreseen 'x: F32 in plus/model.safetensors, but F8_E4M3 in eighths' 'merge_method: linear' \
  "$(linear 1 1 eighths)"
foreseen 'nothing to fuse: no tensors' 'merge_method: passthrough' 'models: [{model: empty}]'
foreseen 'sharded/b.safetensors: tensor y: data_offsets [0, 8] outside the 4 bytes of data' \
  'merge_method: passthrough' 'models: [{model: sharded}]'
foreseen 'run/metrics.jsonl: cannot open' 'merge_method: linear' \
  'models: [{checkpoints: run, best: 1, parameters: {weight: 1}}]'
foreseen 'no checkpoints update-N (save_every and keep in the training' 'merge_method: linear' \
  'models: [{checkpoints: sharded, parameters: {weight: 1}}]'
foreseen 'no-run: cannot open' 'merge_method: linear' \
  'models: [{checkpoints: no-run, parameters: {weight: 1}}]'
foreseen 'no-adapter/adapter_config.json: cannot open' 'merge_method: passthrough' \
  'models: [{model: plus+no-adapter}]'
broken 'I32 values that differ' 'merge_method: linear' \
  'models: [{model: whole-numbers, parameters: {weight: 1}},' \
  '  {model: other-numbers, parameters: {weight: 1}}]'

# Layers.
layer() { printf '"layers.%d.x":{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]}' "$1" \
  $(($1 * 4)) $(($1 * 4 + 4)); }
model deep "{$(layer 0),$(layer 1)}" "$one$two"
slices() {
  local upper="{sources: [{model: deep, layer_range: $1}]}"
  local lower="{sources: [{model: deep, layer_range: $2}]}"
  echo "slices: [$upper, $lower]"
}
foreseen 'recipe.yml:2: layers 1 to 3 of 2 in deep' 'merge_method: passthrough' \
  "$(slices '[0, 1]' '[1, 3]')"
foreseen "expected a 'layer_range' of two whole numbers" 'merge_method: passthrough' \
  "$(slices '[0, 1]' '[2, 1]')"
foreseen "expected a 'layer_range' of two whole numbers" 'merge_method: passthrough' \
  "$(slices '[0, 1]' '[0, 0.5]')"
foreseen 'need the same number of layers' 'merge_method: linear' \
  'slices: [{sources: [{model: deep, layer_range: [0, 1]}, {model: deep, layer_range: [0, 2]}]}]'
# overlapping: stacked
gives '1 2 2 1' 'merge_method: passthrough' \
  'slices: [{sources: [{model: deep, layer_range: [0, 2]}]},' \
  '  {sources: [{model: deep, layer_range: [1, 2]}]},' \
  '  {sources: [{model: deep, layer_range: [0, 1]}]}]'

# ---- values ------------------------------------------------------------------

for bad in nan infinity; do
  model "$bad" "$pair" "$one${!bad}"
  for method in linear ties slerp; do
    case $method in
      linear) broken "$bad/model.safetensors: tensor x: value 2 of 2 is" 'merge_method: linear' \
        "$(linear 1 1 $bad)" ;;
      ties) broken "$bad/model.safetensors: tensor x: value 2 of 2 is" 'merge_method: ties' \
        'base_model: plus' "models: [{model: $bad, parameters: {weight: 1}}]" ;;
      slerp) broken "$bad/model.safetensors: tensor x: value 2 of 2 is" 'merge_method: slerp' \
        "base_model: $bad" 'models: [{model: plus}]' 'parameters: {t: 0.5}' ;;
    esac
  done
done
model huge "$pair" "$one$large"
broken 'x: value 2 becomes inf' 'merge_method: passthrough' \
  'models: [{model: huge, parameters: {scale: 2}}]'
broken 'x: value 2, 3.40282e+38, is too large for float16' 'merge_method: passthrough' \
  'models: [{model: huge}]' 'out_dtype: float16'
broken 'x: value 2 becomes inf' 'merge_method: passthrough' 'models: [{model: huge}]' \
  'dtype: float16'

# Defined results.
gives '1 2' "$(ties 'weight: 1, density: 0')"
for method in dare_ties dare_linear della della_linear breadcrumbs breadcrumbs_ties; do gives \
  '1 2' "$(ties 'weight: 1, density: 0' $method)"; done
gives '0.5 -0.5' 'merge_method: linear' "$(linear -0.5 0.5)" 'parameters: {normalize: false}'
gives '0 0' 'merge_method: linear' "$(linear 1 1 minus)"
# Every method on what has no norm, no direction, one value a row, or no value at all.
odd='{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},'
odd+='"b":{"dtype":"F32","shape":[3,1],"data_offsets":[16,28]},'
odd+='"c":{"dtype":"F32","shape":[],"data_offsets":[28,32]},'
odd+='"d":{"dtype":"F32","shape":[0,3],"data_offsets":[32,32]},'
odd+='"e":{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}'
model base "$odd" "$zero$zero$zero$zero$one$one$one$zero$one$one"
model there "$odd" "$one$two$one$two$one$two$minus$one$one$one"
opposed="$minus\x00\x00\x00\xc0"
model opposite "$odd" "$opposed$opposed$opposed$one$minus$one$one"
model nothing "$odd" "$zero$zero$zero$zero$zero$zero$zero$zero$zero$zero"
expect 1 "$INGOT" fuse <(printf 'merge_method: none\nmodels: [{model: plus}]\n') --dry-run
tried=0
for method in $(sed -n 's/.*(\(.*\)).*/\1/p' err | tr -d ','); do
  case $method in
    passthrough) recipe "merge_method: $method" \
      'models: [{model: there, parameters: {scale: 0}}]' ;;
    linear | karcher | multislerp | nuslerp) weight='{weight: 0.5}' && [ $method = karcher ] &&
      weight='{}'
      recipe "merge_method: $method" \
        "models: [{model: there, parameters: $weight}, {model: opposite, parameters: $weight}]" ;;
    slerp | nearswap) recipe "merge_method: $method" 'base_model: there' \
      'models: [{model: opposite}]' 'parameters: {t: 0.5}' ;;
    arcee_fusion) recipe "merge_method: $method" 'base_model: there' \
      'models: [{model: opposite}]' ;;
    expo) recipe "merge_method: $method" 'base_model: there' 'models: [{model: opposite}]' \
      'parameters: {alpha: 0.5}' ;;
    model_stock | sce | ram | ramplus_tl) recipe "merge_method: $method" 'base_model: base' \
      'models: [{model: there}, {model: opposite}]' ;;
    task_arithmetic | ties | dare_* | della* | breadcrumbs*) recipe "merge_method: $method" \
      'base_model: base' \
        'models: [{model: there, parameters: {weight: 0.5, density: 0.5}},' \
        '  {model: opposite, parameters: {weight: 0.5, density: 0.5}}]' ;;
    *) continue ;;
  esac
  tried=$((tried + 1))
  expect 0 "$INGOT" fuse recipe.yml -o "odd-$method" -q
  values "odd-$method/model.safetensors" | grep -qi 'nan\|inf' &&
    fail "$method: $(values "odd-$method/model.safetensors")"
  sed -i 's/there/nothing/g; s/opposite/nil/g' recipe.yml && rm -rf nil && cp -r nothing nil
  expect 0 "$INGOT" fuse recipe.yml -o "nothing-$method" -q
  values "nothing-$method/model.safetensors" | grep -qi 'nan\|inf' &&
    fail "$method of zeros: $(values "nothing-$method/model.safetensors")"
done
[ $tried -ge 21 ] || fail "only $tried methods were tried"

# ---- outputs -----------------------------------------------------------------

recipe 'merge_method: linear' "$(linear 1 1)"
expect 1 "$INGOT" fuse recipe.yml -o plus -q
has err 'the output is also an input, plus'
expect 1 "$INGOT" fuse recipe.yml -o ./plus/ --dry-run -q
has err 'the output is also an input, plus'
expect 1 "$INGOT" fuse recipe.yml -o given -q
has err 'given: exists already'
expect 1 "$INGOT" fuse recipe.yml -o recipe.yml/model -q
has err 'recipe.yml: not a directory'
expect 1 "$INGOT" fuse recipe.yml -o /proc/model -q
has err '/proc'
if [ "$(id -u)" != 0 ]; then
  mkdir locked && chmod 500 locked
  expect 1 "$INGOT" fuse recipe.yml -o locked/model -q
  has err 'locked: locked/model cannot be written there'
fi
expect 1 "$INGOT" fuse nowhere.yml -o model -q
has err 'nowhere.yml: cannot open'
expect 0 "$INGOT" fuse recipe.yml -o deeper/and/deeper/ -q
[ "$(values deeper/and/deeper/model.safetensors)" = " 1.5 1.5 " ] ||
  fail "no model below new directories"

# A disk with too little room, known before anything is read: a model that is mostly a hole in its
# file.
header='{"x":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
model hole "$header" ''
if truncate -s $((4000000000000 + 8 + ${#header})) hole/model.safetensors 2>/dev/null; then
  refused_on_disk() { expect 1 "$INGOT" fuse recipe.yml -o refused -q &&
    has err '4000000.0 MB are needed on this disk'; }
  recipe 'merge_method: passthrough' 'models: [{model: hole}]'
  refused_on_disk
  [ ! -e refused ] && [ ! -e refused.partial ] || fail "something was written"
fi
# One that fills up meanwhile: the same command goes on.
head -c 400000 /dev/zero >zeros
header='{"x":{"dtype":"F32","shape":[100000],"data_offsets":[0,400000]}}'
model zeros-model "$header" '' && cat zeros >>zeros-model/model.safetensors
recipe 'merge_method: passthrough' 'models: [{model: zeros-model}]'
(ulimit -f 100 && exec "$INGOT" fuse recipe.yml -o full -q) >out 2>err
[ $? -eq 1 ] || fail "the limit did not end the fusion"
has err 'File too large'
[ ! -e full ] || fail "a model that did not fit"
expect 0 "$INGOT" fuse recipe.yml -o full -q
cmp <(tail -c 400000 full/model.safetensors) zeros || fail "the values changed"
echo "fuse input: fine"
