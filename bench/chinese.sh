#!/usr/bin/env bash
# English to Chinese: BLEU and chrF of the best model, chosen by BLEU over Chinese characters, on
# the test set (beam 4), and whether it keeps the punctuation: how often each sign stands in the
# output and in the references, full-width and ASCII. It is trained with normalization: identity.
# Usage: chinese.sh DATA RUN [UPDATES [OPTIONS OF TRAIN...]] > RESULT.csv
# DATA: train.{en,zh}.gz, {dev,test}.{en,zh}. The same command goes on with a RUN. To see what the
# default loses: chinese.sh DATA RUN 6000 --set data.sentencepiece.normalization=nmt_nfkc
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ingot=${INGOT:-$root/build/ingot}
[ $# -ge 2 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
data=$1 run=$2 updates=${3:-6000}
mkdir -p "$run"
cat >"$run/config.yml" <<EOF
data:
  train: {source: $data/train.en.gz, target: $data/train.zh.gz}
  valid: {source: $data/dev.en, target: $data/dev.zh}
  sentencepiece: {normalization: identity}
model: {family: marian, d_model: 256, encoder_layers: 3, decoder_layers: 3, dropout: 0.3,
        encoder_attention_heads: 4, decoder_attention_heads: 4,
        encoder_ffn_dim: 1024, decoder_ffn_dim: 1024}
train:
  output: $run/model
  batch_tokens: 2048
  updates: $updates
  learning_rate: 0.002
  schedule: inverse_sqrt
  warmup: 1000
  label_smoothing: 0.1
  clip_norm: 1
  validate_every: 250
  valid_beam_size: 4
  save_every: 250
EOF
"$ingot" train "$run/config.yml" "${@:4}" >&2

"$ingot" translate -q -m "$run/model/best" -i "$data/test.en" -o "$run/output" --beam-size 4
value() { sed -E 's/^[^=]*= ([0-9.]+).*/\1/'; }
count() { grep -o "[$1]" "$2" | wc -l; }  # CHARACTERS FILE
echo "what,output,reference"
for tokenizer in zh 13a; do
  echo "BLEU $tokenizer,$("$ingot" score bleu --tokenize "$tokenizer" --hypothesis "$run/output" \
    --reference "$data/test.zh" | value),"
done
echo "chrF,$("$ingot" score chrf --hypothesis "$run/output" --reference "$data/test.zh" | value),"
for sign in ， 。 ？ ！ , . '?' '!'; do
  echo "sign \"$sign\",$(count "$sign" "$run/output"),$(count "$sign" "$data/test.zh")"
done
