#!/usr/bin/env bash
# The published Multi30k recipe (bench/multi30k) with several seeds: RUNS/seed-N, each with its last
# checkpoints. What is there already goes on or is done.
# Usage: seeds.sh DATA RUNS SEED...
source "$(dirname "$0")/common.bash"
data=$1 runs=$2
shift 2
for seed in "$@"; do
  train "$root/examples/multi30k-bpe10k.yml" \
    --set train.output="$runs/seed-$seed" --set train.seed="$seed" --set train.keep=10 \
    --set data.train.source="$data/train.en.gz" --set data.train.target="$data/train.de.gz" \
    --set data.valid.source="$data/valid.en" --set data.valid.target="$data/valid.de"
done
