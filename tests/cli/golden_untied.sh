#!/usr/bin/env bash
# tie_word_embeddings: false, a head and two tables of their own: the same tokens and
# log-probabilities as transformers. What is loaded and saved, and trained, stays untied.
. "$INGOT_SOURCE/tests/cli/golden.bash"
goldens=$INGOT_SOURCE/tests/golden/untied

for family in marian pegasus; do
  golden=$goldens/$family
  for isa in reference avx2; do
    export IG_ISA=$isa
    golden_isas "$golden" | grep -qx "$isa" || continue
    golden_agrees "$golden"
    rm -f scores.*
  done
  unset IG_ISA
  # The tables differ, so a configuration that ties them is not believed, as in transformers 5.
  mkdir "tied_$family" && cp "$golden"/*.json "$golden/model.safetensors" "tied_$family"
  sed 's/"tie_word_embeddings": false/"tie_word_embeddings": true/' "$golden/config.json" \
    >"tied_$family/config.json"
  greedy=(-i "$golden/source.ids" --ids --ids-in --max-length 32 --beam-size 1)
  expect 0 "$INGOT" translate -m "tied_$family" "${greedy[@]}"
  same out "$golden/greedy.ids"
  # Negative control: with the tables exchanged, the model says other words.
  LC_ALL=C sed 's/"model\.encoder\.embed_tokens/"model.DECODER.embed_tokens/
s/"model\.decoder\.embed_tokens/"model.encoder.embed_tokens/
s/"model\.DECODER\.embed_tokens/"model.decoder.embed_tokens/' "$golden/model.safetensors" \
    >"tied_$family/model.safetensors"
  "$INGOT" translate -m "tied_$family" "${greedy[@]}" >out 2>err &&
    ! cmp -s out "$golden/greedy.ids" || fail "the tables are not read"
  expect 0 "$INGOT" inspect "$golden"
  has out 'tied          nothing'
done

# A run trains all three tables, and writes what it can read again.
toy run 6
expect 0 "$INGOT" train toy.yml --quiet --set model.tie_word_embeddings=false
has run/latest/config.json '"tie_word_embeddings": false'
for tensor in lm_head.weight model.encoder.embed_tokens.weight model.decoder.embed_tokens.weight; do
  grep -aqF "\"$tensor\"" run/latest/model.safetensors || fail "$tensor is not written"
done
expect 0 "$INGOT" translate -m run/latest -i toy.src --max-length 4
