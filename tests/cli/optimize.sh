#!/usr/bin/env bash
# ingot optimize: an int8 directory runs with the bits of --type int8, in every family; what its
# tensors lose; tensors that stay; other uses of such a directory; refusals; a damaged scale.
. "$INGOT_SOURCE/tests/cli/golden.bash"
golden=$INGOT_SOURCE/tests/golden
printf '3 4 5\n7 8\n' >ids
says() { # MODEL OUT [OPTION...]
  local model=$1 out=$2
  shift 2
  expect 0 "$INGOT" translate -m "$model" -i ids --ids --ids-in --max-length 12 -o "$out" "$@"
}

# begin_of FILE TENSOR: the byte of the file at which the tensor's values begin.
begin_of() {
  local length header
  length=$(od -An -tu8 -N8 "$1" | tr -d ' ')
  header=$(head -c $((8 + length)) "$1" | tail -c "$length")
  header=${header#*\""$2"\":}
  header=${header#*data_offsets\":[}
  echo $((8 + length + ${header%%,*}))
}
# put FILE BYTE OCTAL...: writes bytes there.
put() {
  local file=$1 at=$2
  shift 2
  printf "$(printf '\\%s' "$@")" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
}

for model in "$golden"/*_tiny; do
  name=${model##*/}
  expect 0 "$INGOT" optimize "$model" -o "$name" --quiet
  has out ' tensors changed, 0 kept'
  says "$model" expected --type int8
  says "$name" found
  same expected found
  says "$name" found --type int8
  same expected found
  # Floats made of the integers are what --type fp32 runs with, and what conversion writes.
  says "$name" expected --type fp32
  expect 0 "$INGOT" convert "$name" -o "$name-back" --out-shard-size 10K
  has err 'tensors are int8 with scales, and are read as floats'
  ! grep -q quantization_config "$name-back/config.json" || fail "$name: still said to be int8"
  says "$name-back" found
  same expected found
done

# The shipped model, in shards too: scores of given targets show every bit.
model=$INGOT_SOURCE/models/en-de
printf 'He is a good man.\nWhere is the station?\n' >text
printf 'Er ist ein guter Mann.\nWo ist der Bahnhof?\n' >target
scores() { # MODEL OUT [OPTION...]
  local model=$1 out=$2
  shift 2
  expect 0 "$INGOT" translate -m "$model" -i text --score-target target -o "$out" "$@"
}
expect 0 "$INGOT" optimize "$model" -o int8
has out 'model.encoder.layers.0.self_attn.q_proj.weight'
has int8/optimization.json '"xxh3-128"'
has int8/config.json '"compressed-tensors"'
expect 0 "$INGOT" optimize "$model" -o shards --out-shard-size 1MB --quiet
[ -f shards/model.safetensors.index.json ] || fail "no shards"
scores "$model" expected --type int8
scores int8 found
same expected found
scores shards found
same expected found
scores "$model" floats
! cmp -s expected floats || fail "int8 gives the bits of fp32"
expect 0 "$INGOT" inspect int8
has out 'I8'

# A training that starts from it starts from floats, says so, and saves floats.
cat >train.yml <<END
data: {train: {source: text, target: target}}
model: {init: int8}
train: {output: run, updates: 1, batch_tokens: 200, learning_rate: 0.00001}
END
expect 0 "$INGOT" train train.yml
has err '39 tensors of int8 are read as float32: scale times integer'
! grep -q quantization_config run/latest/config.json || fail "a training still says int8"
scores int8 expected --type fp32
scores run/latest found
paste expected found | awk '{ d = $1 - $2; if (d > 0.5 || d < -0.5) exit 1 }' ||
  fail "the training did not begin with these weights: $(paste expected found)"

# --json: one object on standard output.
expect 0 "$INGOT" optimize "$model" -o json --json
has out '{"changed": 39, "kept": 0, "bytes_before": 13064834, '
has out '"relative_error": '

# Tensors that lose too much stay, are listed, and run in fp32: all of them, the bits of fp32.
expect 0 "$INGOT" optimize "$model" -o kept --keep-above 0.0063
has out '(kept as it was)'
grep -q '"model.encoder.layers.[0-9].*[a-z0-9]"' kept/config.json || fail "ignore lists no module"
scores kept some
! cmp -s some expected || fail "kept tensors run in int8"
expect 0 "$INGOT" optimize "$model" -o all --keep-above 1e-9 --quiet
has out '0 tensors changed, 39 kept'
scores all found
same floats found

# A table that stays is named with the layer that shares it.
expect 0 "$INGOT" optimize "$model" -o table --keep-table --quiet
has out '38 tensors changed, 0 kept'
has table/config.json '"lm_head"'
has table/config.json '"model.shared"'
scores table found

# A check prints the scores of both.
expect 0 "$INGOT" optimize "$model" -o checked --check text target --quiet
grep -Eq '^BLEU [0-9.]+ before, [0-9.]+ after: [+-][0-9.]+$' out || fail "no BLEU"
grep -Eq '^chrF [0-9.]+ before, ' out || fail "no chrF"

# Fusing and training read floats, and say so; 16 bits are those of convert.
cat >recipe.yml <<EOF2
merge_method: linear
models: [{model: int8, parameters: {weight: 1}}, {model: $model, parameters: {weight: 1}}]
EOF2
expect 0 "$INGOT" fuse recipe.yml -o fused
has err '39 tensors of int8 are read as float32'
! grep -q quantization_config fused/config.json || fail "the fusion is said to be int8"
scores fused found
for type in bf16 fp16; do
  expect 0 "$INGOT" optimize "$golden/marian_tiny" -o $type --type $type --quiet
  [ $type = bf16 ] && long=bfloat16 || long=float16
  expect 0 "$INGOT" convert "$golden/marian_tiny" -o $long --type $long
  same $type/model.safetensors $long/model.safetensors
done

# Refusals leave nothing.
refused() { # TEXT ARGUMENT...
  local text=$1
  shift
  expect 1 "$INGOT" optimize "$@"
  has err "$text"
  [ ! -e x ] && [ ! -e x.partial ] || fail "a refusal left something"
}
refused 'int8 already' int8 -o x
refused 'nowhere: no such directory' nowhere -o x
refused 'int8: exists already' "$model" -o int8
refused 'only int8 keeps tensors' "$model" -o x --type bf16 --keep-above 0.1
cp -r "$golden/marian_tiny" own
refused 'is in the directory that is converted' own -o own/int8
expect 2 "$INGOT" optimize "$model" -o x --type int4
expect 2 "$INGOT" optimize "$model" -o x --beam-size 4
has err '--beam-size is of the check: --check asks for one'
expect 2 "$INGOT" optimize "$model" -o x --check text
has err '--check takes two files'

# A damaged scale: one that is no scale is refused, another one is noticed beside fp32.
tensor=model.decoder.layers.0.fc1.weight_scale
at=$(begin_of int8/model.safetensors $tensor)
copy() { rm -rf bad && cp -r int8 bad; }
copy && put bad/model.safetensors "$at" 0 0 300 177
expect 1 "$INGOT" translate -m bad -i text
has err "$tensor: scale 1 of 1024 is nan, expected a finite number from 0 on"
copy && put bad/model.safetensors "$at" 0 0 0 0
expect 1 "$INGOT" translate -m bad -i text
has err 'but the scale of its row is 0'
copy && put bad/model.safetensors "$at" 0 0 200 102
scores bad found
awk 'NR == FNR { x[FNR] = $1; next } { d = x[FNR] - $1; if (d < 0) d = -d; if (d > most) most = d }
     END { exit !(most > 0.5) }' floats found || fail "a wrong scale goes unnoticed"
awk 'NR == FNR { x[FNR] = $1; next } { d = x[FNR] - $1; if (d < 0) d = -d; if (d > most) most = d }
     END { exit !(most < 0.5) }' floats expected || fail "int8 is far from fp32"
copy && sed -i "s/$tensor/${tensor%e}a/" bad/model.safetensors
expect 1 "$INGOT" translate -m bad -i text
has err 'weight_scala'
