#!/usr/bin/env bash
# valgrind's memcheck over a small translation, a training of two updates, resumed for a third, and
# a fusion of two stages: no invalid read, no jump on an unset value, no leak. An input and a
# configuration that are refused are checked, too. Usage: memcheck.sh [INGOT]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ingot=$(realpath "${1:-$root/build/ingot}")
command -v valgrind >/dev/null || { echo "memcheck: not run: valgrind is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# check CODE ARGUMENT...: the command's exit code must be CODE; valgrind's own is 99.
check() {
  local code=$1 got=0
  shift
  valgrind --quiet --error-exitcode=99 --leak-check=full \
    --show-leak-kinds=definite,indirect,possible \
    --errors-for-leak-kinds=definite,indirect,possible \
    "$ingot" "$@" >out 2>err || got=$?
  if [ "$got" != "$code" ]; then
    cat err
    echo "memcheck: exit code $got instead of $code: ingot $*"
    exit 1
  fi
}

model=$root/tests/golden/marian_tiny
check 0 translate -m "$model" -i "$model/source.ids" --ids-in --ids --beam-size 4 --threads 2 \
  --quiet
check 1 translate -m "$model" -i "$model/config.json" --ids-in --ids --quiet

for i in $(seq 40); do echo "$((i % 7)) $((i % 5)) $((i % 3))"; done >source
rev source >target
cat >toy.yml <<YML
data: {train: {source: source, target: target}, valid: {source: source, target: target},
       tokens: whitespace}
model: {family: marian, d_model: 16, encoder_layers: 1, decoder_layers: 1,
        encoder_attention_heads: 2, decoder_attention_heads: 2,
        encoder_ffn_dim: 32, decoder_ffn_dim: 32, dropout: 0.1}
train: {output: run, updates: 2, batch_tokens: 64, validate_every: 2, valid_sentences: 4,
        save_every: 1}
YML
check 0 train toy.yml --threads 2 --quiet
check 0 train toy.yml --threads 2 --quiet --set train.updates=3
check 1 train toy.yml --threads 2 --quiet --set train.updats=3
cp -r "$model" parent
printf '%s\n' 'name: scaled' 'merge_method: passthrough' \
  'models: [{model: parent, parameters: {scale: 0.9}}]' --- \
  'merge_method: dare_ties' 'base_model: parent' \
  'models: [{model: scaled, parameters: {weight: 0.5, density: 0.5}}]' >recipe.yml
check 0 fuse recipe.yml --dry-run -o fused --quiet
check 0 fuse recipe.yml -o fused --threads 2 --quiet
check 0 inspect --verify fused
check 1 fuse recipe.yml -o fused --quiet
echo "memcheck: fine"
