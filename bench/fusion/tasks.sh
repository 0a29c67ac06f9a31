#!/usr/bin/env bash
# One parent that translates English a little into German and French, a child for each language, and
# what fusing the children keeps of both: BLEU on test2016, and its share of each child's own
# ("normalised", as in the papers on task arithmetic).
# Usage: tasks.sh DATA RUNS SEED [formulas|pairs] > RESULT.csv
# DATA: train.{en,de,fr}.gz, val.{en,de,fr}.gz, test_2016_flickr.{en,de,fr}.gz of Multi30k. A first
# word tells the language. With `formulas` only the methods without data are tried, with `pairs`
# only those that learn from the first 500 pairs of val for each language.
source "$(dirname "$0")/common.bash"
data=$1 runs=$2 seed=$3 kinds=${4:-formulas pairs}
mkdir -p "$runs/data"
for language in de fr; do
  for set in train val test_2016_flickr; do
    gzip -dc "$data/$set.en.gz" | sed "s/^/<$language> /" >"$runs/data/$set.en-$language"
    gzip -dc "$data/$set.$language.gz" >"$runs/data/$set.$language"
  done
done

train() { "$ingot" train -q ${threads[@]+"${threads[@]}"} "$root/bench/fusion/tasks.yml" \
  --set train.seed="$seed" "$@" >&2; }
d=$runs/data
[ -e "$runs/parent-$seed/latest" ] || train --set train.output="$runs/parent-$seed" \
  --set "data.sentencepiece={vocab_size: 8000, model_type: bpe}" \
  --set "data.train.source=[$d/train.en-de, $d/train.en-fr]" \
  --set "data.train.target=[$d/train.de, $d/train.fr]"
for language in de fr; do
  [ -e "$runs/$language-$seed/latest" ] ||
    train --set train.output="$runs/$language-$seed" \
    --set "model={init: $runs/parent-$seed/latest, dropout: 0.1}" \
    --set data.train.source="$d/train.en-$language" --set data.train.target="$d/train.$language" \
    --set train.updates=400 --set train.learning_rate=0.001 --set train.warmup=100
done

bleu() {  # MODEL LANGUAGE
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} -m "$1" -i "$d/test_2016_flickr.en-$2" \
    -o "$work/output" --beam-size 4
  "$ingot" score bleu --hypothesis "$work/output" --reference "$d/test_2016_flickr.$2" |
    sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'
}
row() {  # NAME MODEL
  local de fr
  de=$(bleu "$2" de)
  fr=$(bleu "$2" fr)
  local mean
  mean=$(awk -v a="$de" -v b="$fr" -v c="$own_de" -v d="$own_fr" \
    'BEGIN { printf "%.3f", (a / c + b / d) / 2 }')
  echo "\"$1\",$seed,$de,$fr,$mean"
}

base=$runs/parent-$seed/latest
models=("$runs/de-$seed/latest" "$runs/fr-$seed/latest")
own_de=$(bleu "${models[0]}" de)
own_fr=$(bleu "${models[1]}" fr)

echo "what,seed,de,fr,normalised"
row parent "$base"
row "child of German" "${models[0]}"
row "child of French" "${models[1]}"
formulas() {
  fused average linear
  for weight in 0.2 0.3 0.4 0.7 1.0; do fused "task arithmetic, weight $weight" task_arithmetic \
    "weight: $weight"; done
  for density in 0.2 0.5; do
    for lambda in 0.3 1; do fused "ties, density $density, lambda $lambda" ties \
      "weight: 1, density: $density" "lambda: $lambda"; done
  done
  for density in 0.1 0.5; do
    for weight in 0.3 0.5; do fused "dare, density $density, weight $weight" dare_linear \
      "weight: $weight, density: $density"; done
  done
  for method in iso_c tsv_m; do
    for alpha in 0.2 0.5; do fused "$method, alpha $alpha" "$method" "" "alpha: $alpha"; done
  done
  for method in karcher model_stock sce ram; do fused "$method" "$method" ""; done
}

# learned WHAT KEYS: with both sets of pairs.
learned() {
  {
    echo "merge_method: learned" && echo "base_model: $base" && echo "models:"
    for model in "${models[@]}"; do echo "  - {model: $model}"; done
    echo "learn:" && echo "  data:"
    for language in de fr; do
      head -n 500 "$d/val.en-$language" >"$d/held.en-$language"
      head -n 500 "$d/val.$language" >"$d/held.$language"
      echo "    - {source: $d/held.en-$language, target: $d/held.$language}"
    done
    printf '  %s\n' "${@:2}"
  } >"$work/recipe.yml"
  rm -rf "$work/fused"
  fuse "$work/recipe.yml" "$work/fused"
  row "$1" "$work/fused"
}
pairs() {
  for granularity in tensor layer part model; do
    learned "learned, a coefficient a $granularity" "granularity: $granularity"
  done
}
for kind in $kinds; do "$kind"; done
