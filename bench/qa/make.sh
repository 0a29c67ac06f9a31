#!/usr/bin/env bash
# The shipped answerer, from an encoder and questions to a model directory: the articles to train on
# and those to score on, fewer pieces, training, bfloat16 tables and int8 layers, scores. One core
# takes about an hour. The same command goes on with a RUN.
# Usage: make.sh ENCODER SQUAD.json XQUAD.en.json RUN [OPTIONS OF TRAIN...]
# ENCODER: sentence-transformers/all-MiniLM-L6-v2 with its vocab.txt. The result: RUN/model.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
ingot=${INGOT:-$root/build/ingot}
[ $# -ge 4 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
encoder=$1 squad=$2 xquad=$3 run=$4
shift 4
mkdir -p "$run/pieces"
python3 "$root/bench/qa/articles.py" "$squad" "$xquad" "$run"
if [ ! -e "$run/init" ]; then
  cp "$encoder/tokenizer_config.json" "$run/pieces"
  python3 "$root/bench/qa/pieces.py" "$encoder/vocab.txt" 6200 "$run/train.json" \
    >"$run/pieces/vocab.txt"
  cat >"$run/init.yml" <<END
merge_method: passthrough
models: [{model: "$encoder"}]
tokenizer_source: "$run/pieces"
dtype: float32
END
  "$ingot" fuse "$run/init.yml" -o "$run/init"
fi
"$ingot" train "$root/bench/qa/train.yml" --set "data.train.squad=$run/train.json" \
  --set "model.init=$run/init" --set "train.output=$run/training" "$@"
rm -rf "$run/bf16" "$run/model"
"$ingot" optimize "$run/training/latest" -o "$run/bf16" --type bf16 >"$run/bf16.txt"
"$ingot" optimize "$run/bf16" -o "$run/model" --type int8 >"$run/int8.txt"
for model in training/latest model; do
  for rules in pipeline run_qa; do
    "$ingot" answer -m "$run/$model" -i "$run/test.json" -o "$run/answers.json" --quiet \
      --post-processing "$rules"
    printf '%s, %s\n' "$model" "$rules"
    "$ingot" score squad --reference "$run/test.json" --hypothesis "$run/answers.json" --confidence
  done
done
