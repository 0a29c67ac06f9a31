#!/usr/bin/env bash
# Settings of the decoder: those of generation_config.json; of config.json where that file is
# missing; lists of one where a number is meant; several end tokens. The tokens are those of
# transformers.
. "$INGOT_SOURCE/tests/cli/common.bash"
tiny=$INGOT_SOURCE/tests/golden/marian_tiny

head -8 "$tiny/source.ids" >source.ids
cases=0
for golden in "$INGOT_SOURCE"/tests/golden/generation/*/; do
  name=$(basename "$golden")
  mkdir "$name"
  cp "$golden"/*.json "$name/"
  ln -s "$tiny/model.safetensors" "$name/model.safetensors"
  expect 0 "$INGOT" translate -m "$name" -i source.ids --ids --ids-in
  same out "$golden/expected.ids"
  cases=$((cases + 1))
done
[ "$cases" -eq 10 ] || fail "expected 10 cases, found $cases"

# Negative control: with the file of its neighbour a model says other words.
cp left_out/generation_config.json in_config/
"$INGOT" translate -m in_config -i source.ids --ids --ids-in >out
! cmp -s out "$INGOT_SOURCE/tests/golden/generation/in_config/expected.ids" ||
  fail "greedy and beam search agree: these goldens prove nothing"

# What is not built is told by name, and by the file that asks for it.
sed 's/"num_beams"/"do_sample": true, "max_time": 5, "num_beams"/' \
  "$INGOT_SOURCE/tests/golden/generation/in_config/config.json" >in_config/config.json
rm in_config/generation_config.json
expect 0 "$INGOT" translate -m in_config -i source.ids --ids --ids-in
grep -q 'config.json asks for what is not built and is left out: max_time, do_sample' err ||
  fail "do_sample is not told: $(cat err)"

# More ids than fit, and ids that are none.
for list in '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]' '[]' '[0, 61]' '[0, "x"]'; do
  echo "{\"eos_token_id\": $list, \"decoder_start_token_id\": 60}" >in_config/generation_config.json
  expect 1 "$INGOT" translate -m in_config -i source.ids --ids --ids-in
  grep -q 'generation_config.json: eos_token_id: ' err || fail "$list: $(cat err)"
done
