#!/usr/bin/env bash
# A directory of pytorch_model.bin says and does what one of model.safetensors does; where both are,
# safetensors are read. A pickle that asks for anything but tensors is refused by the name of it.
. "$INGOT_SOURCE/tests/cli/golden.bash"
plain=$INGOT_SOURCE/tests/golden/marian_tiny
pickled=$INGOT_SOURCE/tests/golden/torch_files/model

printf '3 4 5\n7 8\n' >ids
for model in "$plain" "$pickled"; do
  expect 0 "$INGOT" translate -m "$model" -i ids --ids --ids-in --max-length 12 \
    -o "out.${model##*/}"
done
[ -s out.model ] && cmp out.marian_tiny out.model || fail "the pickle says something else"

expect 0 "$INGOT" inspect "$pickled"
has out 'pytorch_model.bin: model_state_dict is read, left out: epoch'
expect 0 "$INGOT" inspect --json "$pickled"
has out '"pytorch_model.bin": "model_state_dict is read, left out: epoch"'

# Fusion reads it, and the record is of the file that was read.
cat >recipe.yml <<END
merge_method: linear
models:
  - model: $plain
  - model: $pickled
parameters: {weight: 0.5}
dtype: float32
END
expect 0 "$INGOT" fuse recipe.yml -o fused
has fused/fusion.json 'pytorch_model.bin'
expect 0 "$INGOT" translate -m fused -i ids --ids --ids-in --max-length 12 -o out.fused
cmp out.marian_tiny out.fused || fail "the mean of a model and itself is another"

# Both forms: safetensors win.
mkdir both && cp "$plain"/config.json "$plain"/model.safetensors both
printf '\200\002cos\nsystem\nX\002\0\0\0id\205R.' >hostile
cp hostile both/pytorch_model.bin
expect 0 "$INGOT" inspect both

rm both/model.safetensors
{ head -c 21 "$pickled/pytorch_model.bin" && printf '\200\002}.' && cat hostile; } \
  >both/pytorch_model.bin
expect 1 "$INGOT" translate -m both -i ids --ids --ids-in
has err 'asks for os.system'
has err 'pytorch_model.bin'
