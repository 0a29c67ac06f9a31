#!/usr/bin/env bash
# Soups of fine-tuned siblings: children of one model, each with its own learning rate and order of data; uniform and greedy, beside the best child. Scores: the
# development set's, which the greedy soup is chosen by (subwords as they stand, beam 5), and test2016's as published. Usage: siblings.sh DATA PARENT CHILDREN SEED > RESULT.csv
source "$(dirname "$0")/common.bash"
data=$1 parent=$2 children=$3 seed=$4
rates=(0.0005 0.001 0.002 0.005)

for i in "${!rates[@]}"; do
  [ -e "$children/$i/latest" ] || "$ingot" train -q ${threads[@]+"${threads[@]}"} "$root/bench/fusion/siblings.yml" --set model.init="$parent" --set train.output="$children/$i" \
    --set train.seed="$((100 * seed + i))" --set train.learning_rate="${rates[$i]}" \
    --set data.train.source="$data/train.en.gz" --set data.train.target="$data/train.de.gz" \
    --set data.valid.source="$data/valid.en" --set data.valid.target="$data/valid.de" >&2
done

value() { sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'; }
held_out() {  # as the greedy soup is chosen
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} -m "$1" -i "$data/valid.en" -o "$work/output" --beam-size 5
  "$ingot" score bleu --hypothesis "$work/output" --reference "$data/valid.de" | value
}
published() {
  "$ingot" translate -q ${threads[@]+"${threads[@]}"} -m "$1" -i "$data/test.2016.en" -o "$work/output" --beam-size 5 --length-penalty 1
  "$root/bench/multi30k/score.sh" "$work/output" "$data/test.2016.de" "$ingot" | value
}
both() { echo "$(held_out "$1"),$(published "$1")"; }

echo "what,seed,valid,test2016"
echo "parent,$seed,$(both "$parent")"
models=()
for i in "${!rates[@]}"; do
  models+=("$children/$i/latest")
  echo "child with learning rate ${rates[$i]},$seed,$(both "$children/$i/latest")"
done
recipe greedy_soup "${models[@]}" >"$work/greedy.yml"
"$ingot" fuse -q ${threads[@]+"${threads[@]}"} "$work/greedy.yml" -o "$work/greedy" --held-out-source "$data/valid.en" --held-out-reference "$data/valid.de" --beam-size 5 >&2
echo "greedy soup,$seed,$(both "$work/greedy")"
recipe linear "${models[@]}" >"$work/uniform.yml"
fuse "$work/uniform.yml" "$work/uniform"
echo "uniform soup,$seed,$(both "$work/uniform")"
