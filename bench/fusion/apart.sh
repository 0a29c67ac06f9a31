#!/usr/bin/env bash
# Two runs that began apart learn to reverse rows of digits, and become one model as they are, and
# aligned before: BLEU of 500 other rows. Usage: apart.sh RUNS SEED > RESULT.csv
# Seconds to a minute a family. The runs have the seeds SEED and SEED + 100.
source "$(dirname "$0")/common.bash"
runs=$1 seed=$2
mkdir -p "$runs"

rows() {  # COUNT FIRST: two to six digits each, the same on every machine
  awk -v count="$1" -v state="$2" 'BEGIN {
    for (i = 0; i < count; i++) {
      state = (state * 16807) % 2147483647; n = 2 + state % 5; line = ""
      for (j = 0; j < n; j++) {
        state = (state * 16807) % 2147483647
        line = line (j ? " " : "") int(state / 1000) % 10
      }
      print line
    }
  }'
}
rows 4000 7 >"$runs/train.source"
rows 500 99 >"$runs/test.source"
for set in train test; do
  awk '{ for (i = NF; i > 0; i--) printf "%s%s", $i, (i > 1 ? " " : "\n") }' "$runs/$set.source" \
    >"$runs/$set.target"
done

model() {  # FAMILY
  case $1 in
    t5) echo "{family: t5, d_model: 64, d_kv: 16, d_ff: 128, num_layers: 2," \
      "num_decoder_layers: 2, num_heads: 4, dropout_rate: 0.1}" ;;
    *) echo "{family: $1, d_model: 64, encoder_layers: 2, decoder_layers: 2," \
      "encoder_attention_heads: 4, decoder_attention_heads: 4, encoder_ffn_dim: 128," \
      "decoder_ffn_dim: 128, dropout: 0.1}" ;;
  esac
}
train() {  # FAMILY SEED
  [ ! -e "$runs/$1-$2/latest" ] || return 0
  cat >"$work/train.yml" <<END
data:
  train: {source: $runs/train.source, target: $runs/train.target}
  tokens: whitespace
model: $(model "$1")
train:
  output: $runs/$1-$2
  seed: $2
  batch_tokens: 320
  updates: 900
  learning_rate: 0.003
  schedule: inverse_sqrt
  warmup: 100
  save_every: 900
END
  "$ingot" train -q ${threads[@]+"${threads[@]}"} "$work/train.yml" >&2
}
row() {  # NAME MODEL
  local bleu
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} -m "$2" -i "$runs/test.source" \
    -o "$work/output" --max-length 12 2>/dev/null
  bleu=$("$ingot" score bleu --hypothesis "$work/output" --reference "$runs/test.target" |
    sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/')
  echo "$family,\"$1\",$seed,$bleu"
}

echo "family,what,seed,bleu"
for family in bart t5 marian; do
  models=("$runs/$family-$seed/latest" "$runs/$family-$((seed + 100))/latest")
  for i in 0 100; do train "$family" $((seed + i)); done
  row "one run" "${models[0]}"
  row "the other run" "${models[1]}"
  for align in "" "align: {method: weights, restarts: 5}"; do
    { recipe linear 'weight: 1' '' "${models[@]}" && echo "$align"; } >"$work/recipe.yml"
    rm -rf "$work/fused"
    fuse "$work/recipe.yml" "$work/fused" 2>/dev/null
    row "average${align:+, aligned}" "$work/fused"
  done
done
