#!/usr/bin/env bash
# bench/corpora.sh INGOT DATA WORK OUT.csv [PAIRS]: a training whose token ids are in a file beside
# one that has them in memory. DATA has train.en.gz and train.de.gz; speed is measured on these as
# they are, in three turns, memory on PAIRS (10000000) pairs made by repetition, in a file alone.
# WORK takes about 75 bytes a pair for the text, and 85 for the ids while it runs.
set -euo pipefail
ingot=$(realpath "$1") data=$(realpath "$2") work=$3 out=$(realpath "$4") pairs=${5:-10000000}
models=$(realpath "$(dirname "$0")/../models/en-de")
commit=$(git -C "$(dirname "$0")" rev-parse --short HEAD)
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
threads=$(nproc)
mkdir -p "$work" && cd "$work"
for side in en de; do
  zcat "$data/train.$side.gz" >"few.$side"
  [ -s "many.$side" ] || while cat "few.$side"; do :; done 2>/dev/null | head -n "$pairs" \
    >"many.$side" || true
done
cat >corpora.yml <<YML
data:
  train: {source: few.en, target: few.de}
  sentencepiece: {source: $models/source.spm, target: $models/target.spm}
model: {family: marian, d_model: 64, encoder_layers: 1, decoder_layers: 1,
        encoder_attention_heads: 4, decoder_attention_heads: 4,
        encoder_ffn_dim: 128, decoder_ffn_dim: 128}
train: {output: run, updates: 100, batch_tokens: 2048, learning_rate: 0.001, save_minutes: 0}
YML

value() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p" stats.json; }
# measure STORAGE TEXT: a row of the table.
measure() {
  rm -rf run
  local TIMEFORMAT='%U %S' cpu_seconds
  { time "$ingot" train corpora.yml --quiet --stats stats.json --threads "$threads" \
    --set "data.storage=$1" --set "data.train={source: $2.en, target: $2.de}" 2>log; } 2>cpu ||
    { cat log >&2 && exit 1; }
  cpu_seconds=$(awk '{ print $1 + $2 }' cpu)
  local peak=$(($(value peak_rss_bytes) / 1000000)) row
  row=$(date +%F),$commit,$cpu,$threads,$1,$(value pairs),$(value load_seconds)
  echo "$row,$(value updates),$(value seconds),$cpu_seconds,$peak"
}

{
  echo "date,commit,cpu,threads,storage,pairs,load_seconds,updates,seconds,cpu_seconds,peak_rss_mb"
  for _ in 1 2 3; do
    measure memory few
    measure file few
  done
  measure file many
} | tee "$out"
