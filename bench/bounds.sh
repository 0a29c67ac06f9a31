#!/usr/bin/env bash
# What stays small: memory of translating a million lines beside that of a thousand, start to first
# translation, and training's resident memory beside the plan that `ingot inspect` prints. Usage:
# bench/bounds.sh [INGOT [MODEL]]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ingot=$(realpath "${1:-$root/build/ingot}") model=$(realpath "${2:-$root/models/en-de}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
row() { echo "$1,$2,$3"; }
number() { sed -nE "s/.*\"$1\": ([0-9.]+).*/\1/p" "$2"; }
mebibytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f", bytes / 1048576 }'; }

echo "what,value,unit"
for lines in 1000 1000000; do
  awk -v lines="$lines" 'BEGIN {
    for (i = 0; i < lines; i++) print 10 + i % 97, 200 + i % 89, 3000 + i % 83, 0
  }' >ids
  "$ingot" translate -q -m "$model" -i ids -o out --ids --ids-in --beam-size 1 --max-length 4 \
    --stats stats.json
  row "translating $lines lines: peak" "$(mebibytes "$(number peak_rss_bytes stats.json)")" MiB
done

least=
for _ in {1..20}; do
  begin=${EPOCHREALTIME/[.,]/}
  "$ingot" translate -q -m "$model" <<<"How are you?" >/dev/null
  took=$((${EPOCHREALTIME/[.,]/} - begin))
  [ -n "$least" ] && [ "$least" -le "$took" ] || least=$took
done
milliseconds=$(awk -v us="$least" 'BEGIN { printf "%.1f", us / 1000 }')
row "start to end of a first translation" "$milliseconds" ms

# Sentences of 63 tokens and their end, of 8,000 pieces, so that each update is the batch that is
# planned for.
awk 'BEGIN {
  for (i = 0; i < 2000; i++) {
    line = ""
    for (j = 0; j < 63; j++) line = line " " (i * 63 + j) % 8000
    print substr(line, 2)
  }
}' >text
for size in "tiny 128 4 256" "small 256 3 1024"; do
  read -r name width layers inner <<<"$size"
  cat >train.yml <<YML
data: {train: {source: text, target: text}, tokens: whitespace}
model: {family: marian, d_model: $width, encoder_layers: $layers, decoder_layers: $layers,
        encoder_attention_heads: 4, decoder_attention_heads: 4,
  encoder_ffn_dim: $inner, decoder_ffn_dim: $inner, dropout: 0.1}
train: {output: $name, batch_tokens: 4096, updates: 10, optimizer: adam, learning_rate: 1.0e-4}
YML
  "$ingot" train -q train.yml --stats stats.json
  "$ingot" inspect "$name/latest" --json >plan.json
  plan=0
  for part in weights gradients moments activations scratch; do
    plan=$((plan + $(number $part plan.json | head -n 1)))
  done
  row "training $name: planned" "$(mebibytes "$plan")" MiB
  row "training $name: peak" "$(mebibytes "$(number peak_rss_bytes stats.json)")" MiB
done
