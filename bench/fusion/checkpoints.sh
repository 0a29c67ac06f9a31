#!/usr/bin/env bash
# Averages of a run's checkpoints, ensembles of runs and averages of unrelated runs, on the runs of
# seeds.sh: BLEU of test2016 as published (beam 5).
# Usage: checkpoints.sh DATA RUNS > RESULT.csv
source "$(dirname "$0")/common.bash"
data=$1 runs=($2/seed-*/)
seeds=$(printf '%s\n' "${runs[@]}" | sed -E 's|.*seed-([0-9]+)/|\1|' | tr '\n' ' ')

bleu() {  # of one model, or of the ensemble of several
  local members=()
  for model in "$@"; do members+=(-m "$model"); done
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} "${members[@]}" -i "$data/test.2016.en" \
    -o "$work/output" --beam-size 5 --length-penalty 1
  "$root/bench/multi30k/score.sh" "$work/output" "$data/test.2016.de" "$ingot" |
    sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'
}

row() {  # WHAT SEEDS MODEL...
  local score
  score=$(bleu "${@:3}")
  echo "$1,$2,$score"
}

echo "what,seeds,bleu"
averages=()
for seed in $seeds; do
  run=$2/seed-$seed
  row "best checkpoint by the development set" "$seed" "$run/best"
  row "last checkpoint" "$seed" "$run/latest"
  for last in 5 10; do
    printf '%s\n' 'merge_method: linear' \
      "models: [{checkpoints: $run, last: $last, parameters: {weight: 1}}]" >"$work/recipe.yml"
    fuse "$work/recipe.yml" "$work/average-$last-$seed"
    row "average of the last $last" "$seed" "$work/average-$last-$seed"
  done
  averages+=("$work/average-10-$seed")
done
best=("${runs[@]/%/best}")
row "ensemble of best checkpoints" "${seeds% }" "${best[@]}"
for left_out in $seeds; do
  members=() names=""
  for seed in $seeds; do [ "$seed" = "$left_out" ] || { members+=("$2/seed-$seed/best") &&
    names+="$seed "; }; done
  row "ensemble of best checkpoints but one" "${names% }" "${members[@]}"
done
row "ensemble of averages of 10" "${seeds% }" "${averages[@]}"
read -ra numbers <<<"$seeds"
for i in "${!numbers[@]}"; do
  [ "$i" -gt 0 ] || continue
  recipe linear "weight: 1" "" "${best[0]}" "${best[i]}" >"$work/recipe.yml"
  fuse "$work/recipe.yml" "$work/collapsed-$i"
  row "average of two unrelated runs" "${numbers[0]} ${numbers[i]}" "$work/collapsed-$i"
done
