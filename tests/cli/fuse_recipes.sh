#!/usr/bin/env bash
# Every recipe of examples/fusion is carried out as it stands, on small models that lie where it
# says, and what comes out translates.
. "$INGOT_SOURCE/tests/cli/common.bash"
tune() {  # CONFIGURATION OUTPUT SEED MODEL [OPTION...]
  expect 0 "$INGOT" train "$1" -q --set train.output="$2" --set train.seed="$3" --set "model=$4" \
    --set train.updates=20 --set train.save_every=2 --set train.keep=10 "${@:5}"
}
toy unused 6
grep -v tokens: toy.yml >child.yml  # which keeps its parent's
small='{family: marian, d_model: 16, encoder_layers: 6, decoder_layers: 2,'
small+=' encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 16,'
small+=' decoder_ffn_dim: 16}'
tune toy.yml runs/en-de 1 "$small"
mkdir models adapters && cp -r runs/en-de/latest/ models/parent
tune child.yml runs/first 2 '{init: models/parent}'
tune child.yml runs/second 3 '{init: models/parent}'
tr 0-4 a-e <toy.src >letters && tune toy.yml runs/other 4 "$small" --set data.train.source=letters \
  --set data.train.target=letters
printf '1 2 3\n4 5\n' >held.src && printf '3 2 1\n5 4\n' >held.trg

recipes=$INGOT_SOURCE/examples/fusion/recipes
for child in first second; do
  sed "s|runs/first|runs/$child|" "$recipes/extract-lora.yml" >extract.yml
  expect 0 "$INGOT" fuse extract.yml -o adapters/$child -q
done
count=0
for recipe in "$recipes"/*.yml "$INGOT_SOURCE/examples/fusion/average.yml"; do
  name=$(basename "$recipe" .yml) held_out=()
  [ "$name" != greedy-soup ] || held_out=(--held-out-source held.src --held-out-reference held.trg)
  expect 0 "$INGOT" fuse "$recipe" --dry-run -q
  expect 0 "$INGOT" fuse "$recipe" -o "$name" -q ${held_out[@]+"${held_out[@]}"}
  count=$((count + 1))
  [ "$name" != extract-lora ] || continue
  expect 0 "$INGOT" translate -m "$name" -i held.src -o translated -q --max-length 10
  [ "$(wc -l <translated)" = 2 ] || fail "$name: no translations"
  cmp -s "$name/model.safetensors" models/parent/model.safetensors && fail "$name: the parent"
done
[ $count -gt 10 ] || fail "$count recipes"
has stacked-layers/config.json '"encoder_layers": 8'
has union-vocabulary/vocab.json '"a"'
