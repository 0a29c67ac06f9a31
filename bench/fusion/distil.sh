#!/usr/bin/env bash
# The ensemble of the runs of seeds.sh in one model, word by word (`teacher:`): the best checkpoint
# of run SEED learns from the best checkpoints of all. BLEU of test2016 as published (beam 5).
# Usage: distil.sh DATA RUNS STUDENT SEED [--set KEY=VALUE...] > RESULT.csv
source "$(dirname "$0")/common.bash"
data=$1 runs=("$2"/seed-*/) student=$3 seed=$4 init=$2/seed-$4/best
shift 4
best=("${runs[@]/%/best}")
teachers=$(printf ', %s' "${best[@]}")

train "$root/bench/fusion/distil.yml" \
  --set model.init="$init" --set train.output="$student" --set train.seed="$seed" \
  --set "train.teacher=[${teachers:2}]" \
  --set data.train.source="$data/train.en.gz" --set data.train.target="$data/train.de.gz" \
  --set data.valid.source="$data/valid.en" --set data.valid.target="$data/valid.de" "$@"

row() {  # WHAT MODEL...
  local members=() score
  for model in "${@:2}"; do members+=(-m "$model"); done
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} "${members[@]}" -i "$data/test.2016.en" \
    -o "$work/output" --beam-size 5 --length-penalty 1
  score=$("$root/bench/multi30k/score.sh" "$work/output" "$data/test.2016.de" "$ingot" |
    sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/')
  echo "$1,$seed,$score"
}

echo "what,seed,bleu"
row "run before" "$init"
row "ensemble of ${#best[@]}" "${best[@]}"
row "student, best by the development set" "$student/best"
row "student, last" "$student/latest"
printf '%s\n' 'merge_method: linear' \
  "models: [{checkpoints: $student, last: 10, parameters: {weight: 1}}]" >"$work/recipe.yml"
fuse "$work/recipe.yml" "$work/average"
row "student, average of the last 10" "$work/average"
