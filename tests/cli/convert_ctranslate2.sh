#!/usr/bin/env bash
# Directories of CTranslate2 (tests/golden/ctranslate2/make_goldens.py) open as they are, and
# converted: ids and log-probabilities are those of transformers; what is not built is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/ctranslate2

# equal MODEL NAME BOUND: what comes of NAME's ids.
equal() {
  expect 0 "$INGOT" translate -m "$1" -i "$golden/$2/source.ids" --ids-in --ids --beam-size 1 \
    --max-length 12 -o got
  same got "$golden/$2/greedy.ids"
  expect 0 "$INGOT" translate -m "$1" -i "$golden/$2/source.ids" --ids-in --ids \
    --score-target "$golden/$2/target.ids" -o scores
  paste <(tr ' ' '\n' <scores) <(tr ' ' '\n' <"$golden/$2/log_probs.txt") |
    awk -v most="$3" '{ d = $1 - $2; if (d > most || d < -most || NF != 2) bad = 1 }
      END { exit bad || NR != 62 }' || fail "$1: other log-probabilities"
}

for name in marian bart mbart; do
  equal "$golden/$name" $name 1e-4
  expect 0 "$INGOT" convert "$golden/$name" -o $name
  equal $name $name 1e-4
  has $name/config.json "\"model_type\": \"$name\""
done
# Its table of positions was rounded in transformers, too.
equal "$golden/m2m_100" m2m_100 1e-3
expect 0 "$INGOT" convert "$golden/m2m_100" -o m2m_100
equal m2m_100 m2m_100 1e-3
expect 0 "$INGOT" inspect "$golden/bart"
has out 'matrices of integers, with scales, are read as floats'

# Text: what the directory lacks is said; with MarianMT's pieces it is there.
echo 'bad cab' >text
expect 1 "$INGOT" translate -m "$golden/marian" -i text
has err 'put source.spm and target.spm'
expect 1 "$INGOT" translate -m "$golden/bart" -i text
has err "put the tokenizer's files"
cp -r "$golden/marian" spoken
cp "$INGOT_SOURCE/tests/golden/marian_npz/tied/vocab.spm" spoken/source.spm
cp spoken/source.spm spoken/target.spm
expect 0 "$INGOT" translate -m spoken -i text --max-length 12 -o direct
expect 0 "$INGOT" convert spoken -o written
expect 0 "$INGOT" translate -m written -i text --max-length 12 -o converted
same direct converted
has written/vocab.json '"<pad>"'

# A recipe takes converted ones; what is no model of this form, or damaged, is refused.
echo "{merge_method: linear, models: [{model: $golden/bart, parameters: {weight: 1}}]}" >recipe.yml
expect 1 "$INGOT" fuse recipe.yml -o fused
has err 'ingot convert'
damaged() { # MESSAGE: of a copy whose model.bin was changed
  expect 1 "$INGOT" translate -m changed -i "$golden/bart/source.ids" --ids-in --ids
  has err "$1"
}
fresh() { rm -rf changed && cp -r "$golden/bart" changed; }
fresh && head -c 9000 "$golden/bart/model.bin" >changed/model.bin
damaged 'cut short'
fresh && LC_ALL=C sed 's/TransformerSpec/TransformerSpex/' "$golden/bart/model.bin" \
  >changed/model.bin
damaged 'TransformerSpex is not built, expected TransformerSpec'
fresh && LC_ALL=C sed 's/decoder\/scale_alibi/decoder\/scale_alibx/' "$golden/bart/model.bin" \
  >changed/model.bin
damaged 'variable decoder/scale_alibx does not belong'
fresh && rm changed/shared_vocabulary.json
damaged 'shared_vocabulary.json is missing'
fresh && sed 's/null/1e-6/' "$golden/bart/config.json" >changed/config.json
damaged 'layer_norm_epsilon: 1e-06, expected 1e-5'
