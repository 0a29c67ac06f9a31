#!/usr/bin/env bash
# The shipped models, from text to a model directory: more pairs, pieces that cover every letter,
# the rows of a model that exists matched to them, training, and the average of its last
# checkpoints. Two cores take about an hour. The same command goes on with a RUN.
# Usage: make.sh DATA RUN SOURCE TARGET BASE [OPTIONS OF TRAIN...]
#   make.sh DATA runs/en-de en de models/en-de    BASE: the model that was shipped before
#   make.sh DATA runs/de-en de en models/en-de --set train.updates=2400 --set train.warmup=200 \
#     --set train.learning_rate=0.0012 --set train.validate_every=400
# The second began from BASE as it is, pieces included: cp -r models/en-de runs/de-en/init, before.
# DATA: train.{en,de}.gz, {dev,test}.{en,de} of Tatoeba. The result: RUN/model.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
ingot=${INGOT:-$root/build/ingot}
[ $# -ge 5 ] || { sed -n '2,10p' "$0" >&2; exit 2; }
data=$1 run=$2 source=$3 target=$4 base=$5
mkdir -p "$run"
[ -e "$run/more.de" ] ||
  python3 "$root/bench/tatoeba/augment.py" "$data"/train.{en,de}.gz "$run"/more.{en,de}
paths=(--set "data.train.source=$run/more.$source" --set "data.train.target=$run/more.$target"
       --set "data.valid.source=$data/dev.$source" --set "data.valid.target=$data/dev.$target"
       --set "data.source_language=$source" --set "data.target_language=$target")

# A model of one update has the pieces; its weights are not used.
if [ ! -e "$run/init" ]; then
  cat >"$run/pieces.yml" <<EOF
data:
  train: {source: "$run/more.$source", target: "$run/more.$target"}
  sentencepiece: {vocab_size: 8000, model_type: unigram, joint: true, split_digits: true}
model: {family: marian, d_model: 256, encoder_layers: 3, decoder_layers: 2,
        encoder_attention_heads: 4, decoder_attention_heads: 4,
        encoder_ffn_dim: 1024, decoder_ffn_dim: 1024, max_position_embeddings: 256}
train: {output: "$run/pieces", batch_tokens: 64, updates: 1}
EOF
  "$ingot" train "$run/pieces.yml"
  cat >"$run/init.yml" <<EOF
merge_method: linear
models: [{model: "$base", parameters: {weight: 1}}]
tokenizer_source: "$run/pieces/latest"
dtype: float32
EOF
  "$ingot" fuse "$run/init.yml" -o "$run/init"
fi

"$ingot" train "$root/bench/tatoeba/train.yml" "${paths[@]}" --set "model.init=$run/init" \
  --set "train.output=$run/run" "${@:6}"
cat >"$run/average.yml" <<EOF
merge_method: linear
models: [{checkpoints: "$run/run", last: 6}]
parameters: {weight: 1}
dtype: bfloat16
EOF
"$ingot" fuse "$run/average.yml" -o "$run/model"
for set in dev test; do
  "$ingot" translate -q -m "$run/model" -i "$data/$set.$source" -o "$run/$set.hyp" --beam-size 4
  echo "$set $("$ingot" score bleu -r "$data/$set.$target" -i "$run/$set.hyp")"
done
