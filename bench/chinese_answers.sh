#!/usr/bin/env bash
# Chinese from nothing: an encoder is trained on plain text alone, then fine-tuned on the questions
# of CMRC 2018's dev set, and asked those of its trial set, scored by CMRC's rules.
# Usage: chinese_answers.sh DATA RUN [SECONDS] > RESULT.csv
# DATA has cmrc2018/cmrc2018_{dev,trial}.json, drcd/DRCD_dev.json, flores101/dev.zh and
# tatoeba-en-zh/{train.zh.gz,dev.zh}. Each of the two trainings has SECONDS (200). RUN receives
# everything made; the same command with a RUN goes on with it, for SECONDS more. Needs jq.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ingot=${INGOT:-$root/build/ingot}
[ $# -ge 2 ] || { sed -n '2,8p' "$0" >&2; exit 2; }
data=$1 run=$2 seconds=${3:-200}
questions=$data/cmrc2018/cmrc2018_dev.json
asked=$data/cmrc2018/cmrc2018_trial.json
mkdir -p "$run"

# The trial set's contexts stay out of the text.
jq -r '.data[].paragraphs[].context | gsub("[\n\r]"; " ")' \
  "$questions" "$data/drcd/DRCD_dev.json" >"$run/text.zh"
gzip -dc "$data/tatoeba-en-zh/train.zh.gz" | cat - "$data/flores101/dev.zh" >>"$run/text.zh"

cat >"$run/encoder.yml" <<EOF
data:
  train: {text: $run/text.zh}
  valid: {text: $data/tatoeba-en-zh/dev.zh}
  wordpiece: {vocab_size: 6000}
model: {family: bert, hidden_size: 128, num_hidden_layers: 3, num_attention_heads: 4,
        intermediate_size: 512}
train:
  output: $run/encoder
  max_seconds: $seconds
  optimizer: adamw
  learning_rate: 0.001
  schedule: inverse_sqrt
  warmup: 200
  clip_norm: 1
EOF
"$ingot" train "$run/encoder.yml" >&2

cat >"$run/answerer.yml" <<EOF
data:
  train: {squad: $questions}
model: {init: $run/encoder/latest}
train:
  output: $run/answerer
  max_seconds: $seconds
  optimizer: adamw
  learning_rate: 0.0005
  schedule: inverse_sqrt
  warmup: 100
  clip_norm: 1
EOF
"$ingot" train "$run/answerer.yml" >&2

"$ingot" answer -q -m "$run/answerer/latest" -i "$asked" -o "$run/predictions.json"
last() {  # RUN KEY
  jq -s -r "map(select(.$2)) | last | .$2" "$run/$1/metrics.jsonl"
}
"$ingot" score squad --language zh --json --reference "$asked" \
  --hypothesis "$run/predictions.json" >"$run/scores.json"
jq . "$run/scores.json" >&2
echo "characters,masked_updates,masked_accuracy,question_updates,questions,exact,f1"
echo "$(wc -m <"$run/text.zh"),$(last encoder update),$(last encoder accuracy),$(
  last answerer update),$(jq -r '[.TOTAL, .EM, .F1] | join(",")' "$run/scores.json")"
