#!/usr/bin/env bash
# BLEU over training time of a run of `ingot train`: each kept checkpoint translates the test set.
# Prints update,seconds,bleu as CSV; seconds are those of metrics.jsonl, the updates alone. Usage:
# curve.sh RUN TEST.SOURCE TEST.REFERENCE [BEAM_SIZE [INGOT]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
run=$1 source=$2 reference=$3 beam=${4:-5} ingot=${5:-$root/build/ingot}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "update,seconds,bleu"
for model in "$run"/update-*/; do
  update=$(basename "$model")
  update=${update#update-}
  seconds=$(sed -nE "s/.*\"update\":$update,.*\"seconds\":([0-9.e+]+).*/\1/p" "$run/metrics.jsonl" |
    tail -n 1)
  "$ingot" translate -m "$model" -i "$source" -o "$work/output" --beam-size "$beam" \
    --length-penalty 1 --quiet
  bleu=$("$root/bench/multi30k/score.sh" "$work/output" "$reference" "$ingot" |
    sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/')
  echo "$update,$seconds,$bleu"
done | sort -t, -n
