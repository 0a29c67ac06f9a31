#!/usr/bin/env bash
# Two runs that began apart learn to reverse rows of digits, and become one model as they are, and
# aligned before by each method; each is scored, and again after 30 and 300 more updates, as one run
# is: BLEU of 500 other rows. Usage: apart.sh RUNS SEED > RESULT.csv
# Some minutes. The runs have the seeds SEED and SEED + 100.
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
rows 500 1234 >"$runs/held.source"
for set in train test held; do
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
settings() {  # MODEL OUTPUT SEED UPDATES RATE WARMUP: a configuration of training
  cat <<END
data:
  train: {source: $runs/train.source, target: $runs/train.target}
  $([[ $1 == *init:* ]] || echo 'tokens: whitespace')
model: $1
train:
  output: $2
  seed: $3
  batch_tokens: 320
  updates: $4
  learning_rate: $5
  schedule: inverse_sqrt
  warmup: $6
  save_every: $4
END
}
train() {  # FAMILY SEED
  [ ! -e "$runs/$1-$2/latest" ] || return 0
  settings "$(model "$1")" "$runs/$1-$2" "$2" 900 0.003 100 >"$work/train.yml"
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

repaired() {  # NAME MODEL: as it is, and after 30 and 300 updates
  local updates
  row "$1" "$2"
  for updates in 30 300; do
    rm -rf "$work/repaired"
    settings "{init: $2}" "$work/repaired" "$seed" $updates 0.001 30 >"$work/train.yml"
    "$ingot" train -q ${threads[@]+"${threads[@]}"} "$work/train.yml" >&2
    row "$1, $updates updates" "$work/repaired/latest"
  done
}
fused() {  # NAME ALIGN: the average of both runs
  { recipe linear 'weight: 1' '' "${models[@]}" && echo "$2"; } >"$work/recipe.yml"
  rm -rf "$work/fused"
  fuse "$work/recipe.yml" "$work/fused" 2>/dev/null
  repaired "$1" "$work/fused"
}

data="{source: $runs/held.source, target: $runs/held.target}"
echo "family,what,seed,bleu"
for family in bart t5 marian; do
  models=("$runs/$family-$seed/latest" "$runs/$family-$((seed + 100))/latest")
  for i in 0 100; do train "$family" $((seed + i)); done
  repaired "one run" "${models[0]}"
  row "the other run" "${models[1]}"
  fused "average" ""
  fused "aligned by weights" "align: {method: weights, restarts: 5}"
  fused "aligned by activations" "align: {method: activations, data: $data}"
  [ $family != marian ] || fused "aligned by activations, the stream too" \
    "align: {method: activations, position_penalty: 0.3, data: $data}"
  fused "aligned by transport" "align: {method: transport, regularization: 0.1, data: $data}"
done
