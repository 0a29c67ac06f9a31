#!/usr/bin/env bash
# Every family is fused: a model with itself, and a model of its own layers put together again, give
# what transformers gives for it.
. "$INGOT_SOURCE/tests/cli/golden.bash"
goldens=$INGOT_SOURCE/tests/golden

# count KEY: the number at a key of the model's config.json.
count() { sed -n "s/.*\"$1\": \([0-9]*\).*/\2/p" "$golden/config.json" | head -n 1; }
fused() { rm -rf made && expect 0 "$INGOT" fuse recipe.yml -o made; }

for family in marian bart mbart m2m_100 pegasus t5 t5_v1_1 mt5 umt5; do
  golden=$goldens/${family}_tiny
  layers=$(count '\(num_\|encoder_\)layers')
  decoder=$(count '\(num_\)\?decoder_layers')

  rm -rf copy && cp -r "$golden" copy
  printf '%s\n' 'merge_method: linear' "models: [{model: $golden}, {model: copy}]" \
    'parameters: {weight: 0.5}' >recipe.yml
  fused
  export IG_ISA=reference
  rm -f scores.*
  golden_agrees "$golden" made

  cat >recipe.yml <<END
merge_method: passthrough
modules:
  encoder:
    slices:
      - sources: [{model: $golden, layer_range: [0, 1]}]
      - sources: [{model: $golden, layer_range: [1, $layers]}]
  decoder:
    slices:
      - sources: [{model: $golden, layer_range: [0, $decoder]}]
END
  fused
  golden_agrees "$golden" made

  # The negative control: the layers of the encoder the other way round.
  sed -i -e 's/\[0, 1\]/[X]/' -e "s/\\[1, $layers\\]/[0, 1]/" -e "s/\\[X\\]/[1, $layers]/" \
    recipe.yml
  fused
  expect 0 "$INGOT" translate -m made -i "$golden/source.ids" --ids --ids-in --max-length 32 \
    --beam-size 1
  ! cmp -s out "$golden/greedy.ids" || fail "$family: the order of layers makes no difference"
  unset IG_ISA
done
