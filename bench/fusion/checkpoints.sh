#!/usr/bin/env bash
# Averages of a run's checkpoints, ensembles of runs and averages of unrelated runs, on the runs of seeds.sh: BLEU of test2016 as published (beam 5).
# Usage: checkpoints.sh DATA RUNS > RESULT.csv
source "$(dirname "$0")/common.bash"
data=$1 runs=($2/seed-*/)
seeds=$(printf '%s\n' "${runs[@]}" | sed -E 's|.*seed-([0-9]+)/|\1|' | tr '\n' ' ')

bleu() {  # of one model, or of the ensemble of several
  local members=()
  for model in "$@"; do members+=(-m "$model"); done
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} "${members[@]}" -i "$data/test.2016.en" -o "$work/output" --beam-size 5 --length-penalty 1
  "$root/bench/multi30k/score.sh" "$work/output" "$data/test.2016.de" "$ingot" | sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'
}

echo "what,seeds,bleu"
averages=()
for seed in $seeds; do
  run=$2/seed-$seed
  echo "best checkpoint by the development set,$seed,$(bleu "$run/best")"
  echo "last checkpoint,$seed,$(bleu "$run/latest")"
  for last in 5 10; do
    printf 'merge_method: linear\nmodels: [{checkpoints: %s, last: %s, parameters: {weight: 1}}]\n' "$run" "$last" >"$work/recipe.yml"
    fuse "$work/recipe.yml" "$work/average-$last-$seed"
    echo "average of the last $last,$seed,$(bleu "$work/average-$last-$seed")"
  done
  averages+=("$work/average-10-$seed")
done
best=("${runs[@]/%/best}")
echo "ensemble of best checkpoints,${seeds% },$(bleu "${best[@]}")"
echo "ensemble of averages of 10,${seeds% },$(bleu "${averages[@]}")"
recipe linear "${best[@]:0:2}" >"$work/recipe.yml"
fuse "$work/recipe.yml" "$work/collapsed"
echo "average of two unrelated runs,$(cut -d' ' -f1,2 <<<"$seeds"),$(bleu "$work/collapsed")"
