#!/usr/bin/env bash
# One parent that translates English a little into German and French, a child for each language, and
# what fusing the children keeps of both: BLEU on test2016, and its share of each child's own
# ("normalised", as in the papers on task arithmetic).
# Usage: tasks.sh DATA RUNS SEED [formulas|pairs|search] > RESULT.csv
# DATA: train.{en,de,fr}.gz, val.{en,de,fr}.gz, test_2016_flickr.{en,de,fr}.gz of Multi30k. A first
# word tells the language. With `formulas` only methods without data are tried, with `pairs` only
# those that take the first 500 pairs of val for each language, with `search` only weights that
# are searched by the scores of those pairs.
source "$(dirname "$0")/common.bash"
data=$1 runs=$2 seed=$3 kinds=${4:-formulas pairs search}
mkdir -p "$runs/data"
for language in de fr; do
  for set in train val test_2016_flickr; do
    gzip -dc "$data/$set.en.gz" | sed "s/^/<$language> /" >"$runs/data/$set.en-$language"
    gzip -dc "$data/$set.$language.gz" >"$runs/data/$set.$language"
  done
done

d=$runs/data
train "$root/bench/fusion/tasks.yml" \
  --set train.output="$runs/parent-$seed" --set train.seed="$seed" \
  --set "data.sentencepiece={vocab_size: 8000, model_type: bpe}" \
  --set "data.train.source=[$d/train.en-de, $d/train.en-fr]" \
  --set "data.train.target=[$d/train.de, $d/train.fr]"
for language in de fr; do
  train "$root/bench/fusion/tasks.yml" \
    --set train.output="$runs/$language-$seed" --set train.seed="$seed" \
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
fused average linear
formulas() {
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

# The first 500 pairs of val for each language, and what the language's own child makes of their
# sources.
held_out() {
  for language in de fr; do
    head -n 500 "$d/val.en-$language" >"$d/held.en-$language"
    head -n 500 "$d/val.$language" >"$d/held.$language"
    "$ingot" translate -q ${threads[@]+"${threads[@]}"} -m "$runs/$language-$seed/latest" \
      -i "$d/held.en-$language" -o "$d/held-$seed.child-$language"
  done
}
# rows WHAT KEY...: learned from teachers with a coefficient a row.
rows() {
  rm -f "$work/rows.safetensors"
  with_pairs "$1" learned learn "loss: teachers" "granularity: row" \
    "coefficients: $work/rows.safetensors" "${@:2}"
}
pairs() {
  held_out
  local held=() childs=()
  for language in de fr; do
    held+=("source: $d/held.en-$language, target: $d/held.$language")
    childs+=("source: $d/held.en-$language, target: $d/held-$seed.child-$language")
  done
  sets "" "${held[@]}"
  for granularity in tensor layer part model; do
    with_pairs "learned, a coefficient a $granularity" learned learn "granularity: $granularity"
  done
  sets teacher "${childs[@]}"
  with_pairs "learned from the children, without references" learned learn "loss: teachers"
  rows "learned from the children, a coefficient a row" "learning_rate: 0.02"
  sets "" "${childs[@]}"
  with_pairs "learned by entropy, without references" learned learn "loss: entropy" \
    "bounds: [0, 1]" "start: 0.3"
  sets model "${held[@]}"
  with_pairs fisher fisher statistics
  cp -r "$work/fused" "$work/fisher"
  with_pairs regmean regmean statistics
  with_pairs "regmean of the fused model's inputs" regmean statistics "inputs: merged"
  sets teacher "${childs[@]}"
  base=$work/fisher rows "fisher, then learned from the children, a coefficient a row" "start: 0" \
    "learning_rate: 0.01"
}
# Weights of the encoder and of all else of each child, by 60 evaluations on the 500 pairs.
search() {
  held_out
  {
    echo "merge_method: task_arithmetic" && echo "base_model: $base" && echo "models:"
    for language in de fr; do
      echo "  - model: $runs/$language-$seed/latest"
      echo "    parameters: {weight: [{select: encoder, value: \$encoder_$language}," \
        "{value: \$decoder_$language}]}"
    done
    echo "search:"
    echo "  parameters: {encoder_de: [0, 0.6], decoder_de: [0, 0.6], encoder_fr: [0, 0.6]," \
      "decoder_fr: [0, 0.6]}"
    echo "  evaluations: 60" && echo "  seed: $seed" && echo "  objectives:"
    for language in de fr; do
      echo "    $language: {source: $d/held.en-$language, target: $d/held.$language}"
    done
  } >"$work/recipe.yml"
  rm -rf "$work/fused"
  fuse "$work/recipe.yml" "$work/fused"
  row "task arithmetic, weights found by 60 evaluations" "$work/fused"
}
for kind in $kinds; do "$kind"; done
