#!/usr/bin/env bash
# Soups of fine-tuned siblings: children of one model, each with its own learning rate and order of
# data; uniform and greedy, beside the best child. Scores: the development set's, which the greedy
# soup is chosen by (subwords as they stand, beam 5), and test2016's as published. Usage:
# siblings.sh DATA PARENT CHILDREN SEED > RESULT.csv
source "$(dirname "$0")/common.bash"
data=$1 base=$2 children=$3 seed=$4
rates=(0.0005 0.001 0.002 0.005)

for i in "${!rates[@]}"; do
  train "$root/bench/fusion/siblings.yml" --set model.init="$base" \
    --set train.output="$children/$i" --set train.seed="$((100 * seed + i))" \
    --set train.learning_rate="${rates[$i]}" \
    --set data.train.source="$data/train.en.gz" --set data.train.target="$data/train.de.gz" \
    --set data.valid.source="$data/valid.en" --set data.valid.target="$data/valid.de"
done

value() { sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'; }
held_out() {  # as the greedy soup is chosen
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} -m "$1" -i "$data/valid.en" \
    -o "$work/output" --beam-size 5
  "$ingot" score bleu --hypothesis "$work/output" --reference "$data/valid.de" | value
}
published() {
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} -m "$1" -i "$data/test.2016.en" \
    -o "$work/output" --beam-size 5 --length-penalty 1
  "$root/bench/multi30k/score.sh" "$work/output" "$data/test.2016.de" "$ingot" | value
}
row() {  # WHAT MODEL
  local valid test
  valid=$(held_out "$2")
  test=$(published "$2")
  echo "\"$1\",$seed,$valid,$test"
}

echo "what,seed,valid,test2016"
row parent "$base"
models=()
for i in "${!rates[@]}"; do
  models+=("$children/$i/latest")
  row "child with learning rate ${rates[$i]}" "$children/$i/latest"
done
recipe greedy_soup "" "" "${models[@]}" >"$work/greedy.yml"
"$ingot" fuse -q ${threads[@]+"${threads[@]}"} "$work/greedy.yml" -o "$work/greedy" \
  --held-out-source "$data/valid.en" --held-out-reference "$data/valid.de" --beam-size 5 >&2
row "greedy soup" "$work/greedy"
fused "uniform soup" linear
fused "task arithmetic, weight 0.4" task_arithmetic "weight: 0.4"
fused "ties, density 0.5" ties "weight: 1, density: 0.5"
fused "dare, density 0.5, weight 0.25" dare_linear "weight: 0.25, density: 0.5"
fused "breadcrumbs, density 0.9, weight 0.25" breadcrumbs "weight: 0.25, density: 0.9"
fused "della, density 0.5" della "weight: 1, density: 0.5"
fused "sce, select_topk 0.5" sce "" "select_topk: 0.5"
for method in karcher model_stock ram iso_c tsv_m; do fused "$method" "$method" ""; done
fused multislerp multislerp
models=("${models[1]}")
fused "expo of the second child, alpha 0.3" expo "" "alpha: 0.3"
models+=("$base")
fused "average of the second child and the parent" linear
