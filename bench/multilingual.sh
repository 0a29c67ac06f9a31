#!/usr/bin/env bash
# One model that translates English into German and into French, told which by >>de<< or >>fr<< at
# the start of the line: BLEU of either tag against either language's references (test2016, beam 4).
# A model that obeys has high scores where tag and reference agree, and low ones elsewhere.
# Usage: multilingual.sh DATA RUN [UPDATES [OPTIONS OF TRAIN...]] > RESULT.csv
# DATA: {train,val,test_2016_flickr}.{en,de,fr}.gz of Multi30k. The same command goes on with a RUN.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ingot=${INGOT:-$root/build/ingot}
[ $# -ge 2 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
data=$1 run=$2 updates=${3:-8000}
languages=(de fr)
mkdir -p "$run/data"
for language in "${languages[@]}"; do
  for set in train val test_2016_flickr; do
    gzip -dc "$data/$set.en.gz" | sed "s/^/>>$language<< /" >"$run/data/$set.en-$language"
    gzip -dc "$data/$set.$language.gz" >"$run/data/$set.$language"
  done
done
d=$run/data
cat >"$run/config.yml" <<EOF
data:
  train: {source: [$d/train.en-de, $d/train.en-fr], target: [$d/train.de, $d/train.fr]}
  valid: {source: [$d/val.en-de, $d/val.en-fr], target: [$d/val.de, $d/val.fr]}
model: {family: marian, d_model: 256, encoder_layers: 3, decoder_layers: 3, dropout: 0.2,
        encoder_attention_heads: 4, decoder_attention_heads: 4,
        encoder_ffn_dim: 1024, decoder_ffn_dim: 1024}
train:
  output: $run/model
  batch_tokens: 4096
  updates: $updates
  learning_rate: 0.002
  schedule: inverse_sqrt
  warmup: 2000
  label_smoothing: 0.1
  clip_norm: 1
  validate_every: 500
  valid_sentences: 0
  save_every: 500
EOF
"$ingot" train "$run/config.yml" "${@:4}" >&2

echo "tag,reference,bleu"
for tag in "${languages[@]}"; do
  "$ingot" translate -q -m "$run/model/best" -i "$d/test_2016_flickr.en-$tag" \
    -o "$run/output.$tag" --beam-size 4
  for language in "${languages[@]}"; do
    bleu=$("$ingot" score bleu --hypothesis "$run/output.$tag" \
      --reference "$d/test_2016_flickr.$language" | sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/')
    echo "$tag,$language,$bleu"
  done
done
