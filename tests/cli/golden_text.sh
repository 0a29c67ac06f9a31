#!/usr/bin/env bash
# Text in and text out of a directory as transformers writes it: vocab.json and merges.txt beside a
# BART, and none of its classes named in config.json.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/bart_text
tokenizer=$INGOT_SOURCE/tests/golden/byte_level_tokenizer
mkdir model
cp "$golden"/*.json "$golden/model.safetensors" model
cp "$tokenizer"/{vocab,special_tokens_map,added_tokens,tokenizer_config}.json \
  "$tokenizer/merges.txt" model
run=("$INGOT" translate --beam-size 2 --no-repeat-ngram-size 1 --max-length 24)
run+=(--split-sentences off)

expect 0 "${run[@]}" -m model -i "$golden/source.ids" --ids-in --ids
same out "$golden/beam.ids"
expect 0 "${run[@]}" -m model -i "$golden/source.txt" --ids
same out "$golden/beam.ids"
expect 0 "${run[@]}" -m model -i "$golden/source.txt"
same out "$golden/beam.txt"

# Without a word of the tokenizer's class it is the same: the family's first kind.
sed 's/"tokenizer_class": "RobertaTokenizer", //' "$tokenizer/tokenizer_config.json" \
  >model/tokenizer_config.json
! cmp -s model/tokenizer_config.json "$tokenizer/tokenizer_config.json" || fail "still named"
expect 0 "${run[@]}" -m model -i "$golden/source.txt"
same out "$golden/beam.txt"

# Negative control: without its last merge the source has other ids.
sed '$d' "$tokenizer/merges.txt" >model/merges.txt
expect 0 "${run[@]}" -m model -i "$golden/source.txt" --ids
! cmp -s out "$golden/beam.ids" || fail "a merge makes no difference"

# A fusion takes the merges along, and its record has their checksum.
cp "$tokenizer/merges.txt" model
cp -r model other
cat >recipe.yml <<'Y'
merge_method: linear
models:
  - {model: model, parameters: {weight: 1}}
  - {model: other, parameters: {weight: 1}}
Y
expect 0 "$INGOT" fuse recipe.yml -o fused
same fused/merges.txt model/merges.txt
has fused/fusion.json '"model/merges.txt"'
expect 0 "${run[@]}" -m fused -i "$golden/source.txt"
same out "$golden/beam.txt"
