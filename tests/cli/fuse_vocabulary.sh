#!/usr/bin/env bash
# A model whose vocabulary has another order, and one with more pieces: fused by piece they
# translate as before.
. "$INGOT_SOURCE/tests/cli/common.bash"
first=$INGOT_SOURCE/models/en-de
[ -f "$first/config.json" ] || exit 77
mkdir order
cp "$first"/*.spm "$first/tokenizer_config.json" order
# 11 and 8001 have no common divisor: each id once.
awk '{
  if (match($0, /: [0-9]+,?$/)) {
    id = substr($0, RSTART + 2) + 0
    comma = ($0 ~ /,$/) ? "," : ""
    print substr($0, 1, RSTART - 1) ": " (id * 11 + 5) % 8001 comma
  } else print
}' "$first/vocab.json" >order/vocab.json
printf 'A man is riding a bicycle.\nTwo dogs play in the snow.\n' >text
one() {
  printf '%s\n' 'merge_method: linear' 'dtype: float32' \
    "models: [{model: $1, parameters: {weight: 1}}]" "$2" >"$3.yml"
  expect 0 "$INGOT" fuse "$3.yml" -o "$3" -q
}
translated() { expect 0 "$INGOT" translate -m "$1" -i text -o "$1.txt" -q; }

one "$first" "" plain
one "$first" "tokenizer_source: order" ordered
cmp -s plain/model.safetensors ordered/model.safetensors && fail "the order changes nothing"
cmp -s plain/config.json ordered/config.json && fail "special ids stayed"
# Files of that tokenizer that cannot go along are named, too; others are not wanted.
touch "order/extra_vocab"$'\xff' "order/notes"$'\xff'
expect 0 "$INGOT" fuse ordered.yml -o told
has err "bytes that are no UTF-8: extra_vocab?"
grep -q notes err && fail "a file that is not wanted is named"
rm -r told order/*$'\xff'
translated plain
translated ordered
[ -s plain.txt ] || fail "no translation"
same plain.txt ordered.txt

# And back: what is fused is the same pieces' rows.
printf '%s\n' 'merge_method: linear' 'tokenizer_source: union' \
  'models: [{model: plain, parameters: {weight: 1}}, {model: ordered, parameters: {weight: 1}}]' \
  >both.yml
expect 0 "$INGOT" fuse both.yml -o both -q --threads 1
for file in model.safetensors vocab.json source.spm; do same plain/$file both/$file; done
expect 0 "$INGOT" fuse both.yml -o both4 -q --threads 4
same both/model.safetensors both4/model.safetensors
sed -i '/tokenizer_source/d' both.yml
expect 1 "$INGOT" fuse both.yml -o refused -q
has err "rows of embeddings would be of different pieces"

# More pieces, and rows after the last.
rules='{source: base, pad_to_multiple_of: 64, tokens: {"<new>": {source: {kind: zero}}}}'
one ordered "tokenizer: $rules" wider
has wider/config.json '"vocab_size": 8064'
has wider/vocab.json '"<new>": 8001'
printf '%s\n' 'merge_method: linear' 'tokenizer_source: union' \
  'models: [{model: plain, parameters: {weight: 1}}, {model: wider, parameters: {weight: 1}}]' \
  >more.yml
expect 0 "$INGOT" fuse more.yml -o more -q
has more/vocab.json '"<new>": 8001'
has more/config.json '"vocab_size": 8002'
translated more
same plain.txt more.txt
expect 0 "$INGOT" inspect --verify more
