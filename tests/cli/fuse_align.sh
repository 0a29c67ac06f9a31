#!/usr/bin/env bash
# Models that began apart are aligned before they are fused: an aligned model computes what
# transformers gives for it, one that only has another order comes back, and what is aligned is
# told.
. "$INGOT_SOURCE/tests/cli/golden.bash"
goldens=$INGOT_SOURCE/tests/golden
recipe() { printf '%s\n' "$@" >recipe.yml; }
fuse() { rm -rf "$1" && expect 0 "$INGOT" fuse recipe.yml -o "$@"; }
moved() { # FILE KIND: how many of that kind stand at another place
  sed -n "s/.*\"$2\": \([0-9]*\),\{0,1\}$/\1/p" "$1/fusion.json" | head -n 1
}

# Nothing fits the negative of a model less than the model as it is, so that much moves.
export IG_ISA=reference
for family in marian bart mbart m2m_100 pegasus t5 t5_v1_1 mt5 umt5; do
  golden=$goldens/${family}_tiny
  recipe 'name: negative' 'merge_method: passthrough' \
    "models: [{model: $golden, parameters: {scale: -1}}]" --- 'merge_method: linear' \
    "models: [{model: negative, parameters: {weight: 0}}," \
    "  {model: $golden, parameters: {weight: 1}}]" \
    'align: {method: weights, seed: 4}'
  fuse aligned
  has err "aligned $golden to negative: similarity of weights"
  for kind in units query_key value; do
    [ "$(moved aligned $kind)" -gt 20 ] || fail "$family: hardly any $kind moved"
  done
  case $family in
    marian | m2m_100 | pegasus)
      has err 'the residual stream keeps its order: sinusoids'
      [ "$(moved aligned stream)" -eq 0 ] || fail "$family: the stream moved"
      ;;
    *) [ "$(moved aligned stream)" -gt 5 ] || fail "$family: the stream stays" ;;
  esac
  [ ! -e aligned.stages ] || fail "an aligned model is left"
  cmp -s aligned/model.safetensors "$golden/model.safetensors" && fail "$family: nothing moved"
  rm -f scores.*
  golden_agrees "$golden" aligned

  # The mean of a model and of itself in another order is the model, bit for bit, ...
  recipe 'merge_method: linear' "models: [{model: aligned}, {model: $golden}]" \
    'parameters: {weight: 0.5}' 'align: {method: weights}'
  fuse mean
  same mean/model.safetensors aligned/model.safetensors
  # ... which it is not without (the negative control).
  sed -i '/^align/d' recipe.yml
  fuse plain
  cmp -s plain/model.safetensors aligned/model.safetensors && fail "$family: align does nothing"
done
unset IG_ISA

# Types stay: of bfloat16 and of int8, which is read as floats.
for model in aligned "$golden"; do
  recipe 'merge_method: passthrough' "models: [{model: $model}]" 'out_dtype: bfloat16'
  fuse "half-$(basename "$model")"
done
recipe 'merge_method: linear' "models: [{model: half-aligned}, {model: half-${family}_tiny}]" \
  'parameters: {weight: 0.5}' 'align: {method: weights}'
fuse mean
has err 'similarity of weights 1.0000'
same mean/model.safetensors half-aligned/model.safetensors
expect 0 "$INGOT" optimize "$golden" -o eight --type int8
recipe 'merge_method: linear' 'models: [{model: aligned}, {model: eight}]' \
  'parameters: {weight: 0.5}' 'align: {method: weights}'
fuse mean
has err 'aligned eight to aligned: similarity of weights 1.0000'
cp -r "$goldens/bart_tiny" bart
recipe 'name: negative' 'merge_method: passthrough' \
  "models: [{model: bart, parameters: {scale: -1}}]" --- 'name: third' 'merge_method: linear' \
  'models: [{model: negative}, {model: bart}]' 'parameters: {weight: 1, normalize: false}' \
  --- 'merge_method: task_arithmetic' 'base_model: negative' \
  'models: [{model: third, parameters: {weight: 0.3}},' \
  '  {model: bart, parameters: {weight: 0.4}}]' \
  'align: {method: weights, seed: 9, restarts: 2}'

# All are aligned to the base; the same bytes for any threads; files are verified.
expect 0 "$INGOT" fuse recipe.yml -o three --dry-run
has out 'by weights, to the order of negative; seed 9, restarts 2'
expect 0 "$INGOT" fuse recipe.yml -o three --threads 1
has err 'aligned bart to negative'
has err 'aligned third to negative'
fuse other --threads 2
same three/model.safetensors other/model.safetensors
same three/fusion.json other/fusion.json
expect 0 "$INGOT" inspect --verify three
expect 0 "$INGOT" inspect three
has out 'aligned bart to negative, similarity of weights'

# Killed at any time it goes on, to the same bytes.
if [ -x "${INGOT_FAULTY:-}" ]; then
  for write in $(seq 1 29 2000); do
    { FAULT=kill:$write "$INGOT_FAULTY" fuse recipe.yml -o killed -q \
      --threads 1 >out 2>err; } 2>/dev/null
    [ $? -eq 137 ] || break
    [ -e killed ] || expect 0 "$INGOT" fuse recipe.yml -o killed --threads 2
    same killed/model.safetensors three/model.safetensors
    same killed/fusion.json three/fusion.json
    [ ! -e killed.stages ] && [ ! -e killed.partial ] || fail "something is left: write $write"
    rm -r killed
  done
  [ "$write" -gt 100 ] || fail "only $write writes"
fi

# What a recipe cannot say, and models that have no units in common: nothing is written.
refused() { # MESSAGE LINE...
  local message=$1
  shift
  recipe 'merge_method: linear' 'parameters: {weight: 1}' "$@"
  expect 1 "$INGOT" fuse recipe.yml -o refused -q
  has err "$message"
  [ ! -e refused ] && [ ! -e refused.partial ] && [ ! -e refused.stages ] ||
    fail "something was written: $message"
}
two='models: [{model: three}, {model: bart}]'
refused "did you mean 'restarts'" "$two" 'align: {method: weights, restart: 2}'
refused "did you mean 'align'" "$two" 'algin: {method: weights}'
refused "expected weights, activations or transport, found 'activation'" "$two" \
  'align: {method: activation}'
refused "has no 'method': expected weights, activations or transport" "$two" 'align: {seed: 2}'
refused 'expected 0 to 1000, found -1' "$two" 'align: {method: weights, restarts: -1}'
refused "expected no 'tokenizer' beside it" "$two" 'align: {method: weights}' \
  'tokenizer_source: union'
refused "'align' cannot take 'bart+some'" 'models: [{model: three}, {model: bart+some}]' \
  'align: {method: weights}'
recipe 'merge_method: greedy_soup' "$two" 'align: {method: weights}'
expect 1 "$INGOT" fuse recipe.yml -o refused -q
has err 'align them in recipes of their own'
cp -r "$goldens/encoders/bert_none" bert
cp -r bert also
refused 'bert: only models of an encoder and a decoder' \
  'models: [{model: bert}, {model: also}]' 'align: {method: weights}'
cp -r bart heads
sed -i 's/"encoder_attention_heads": 2/"encoder_attention_heads": 4/' heads/config.json
refused 'other numbers of heads' 'models: [{model: bart}, {model: heads}]' \
  'align: {method: weights}'
