#!/usr/bin/env bash
# Siblings of one parent, one tuned for questions and one for statements, and what fusing them
# gives: BLEU (beam 4) of questions, of statements, and of both together, each with half of its 95%
# interval by bootstrap, and p of the difference from the siblings on both together.
# Usage: halves.sh DATA PARENT RUNS SEED > RESULT.csv
# DATA: train.{en,de}.gz, dev.{en,de} and test.{en,de} of Tatoeba. Of each half 1,200 distinct
# sentences of train are kept out for testing and some 500 for learning coefficients. No sibling
# sees them, but a PARENT trained on all of train has: `unseen` are dev and test, which no model
# saw, and which have few questions.
source "$(dirname "$0")/common.bash"
data=$1 base=$2 runs=$3 seed=$4
d=$runs/data
mkdir -p "$d"

# The lines of a half go to test, held or train: of its distinct sentences 1 in so many that 1,200
# and some 500 result, spread over the file, which is sorted by length.
split() {  # HALF TEST
  paste <(gzip -dc "$data/train.en.gz") <(gzip -dc "$data/train.de.gz") |
    awk -F '\t' -v question="$2" '($1 ~ /\?$/) == question' >"$work/half"
  local distinct
  distinct=$(cut -f 1 "$work/half" | LC_ALL=C sort -u | wc -l)
  awk -F '\t' -v n="$distinct" -v out="$d/$1" '
    function set_of(i) {
      if (int((i + 1) * 1200 / n) > int(i * 1200 / n)) return "test"
      if (int((i + 1) * 500 / (n - 1200)) > int(i * 500 / (n - 1200))) return "held"
      return "train"
    }
    !($1 in set) { set[$1] = set_of(count++); first = 1 }
    first || set[$1] == "train" {
      print $1 >(out "." set[$1] ".en"); print $2 >(out "." set[$1] ".de")
    }
    { first = 0 }' "$work/half"
}
if [ ! -e "$d/done" ]; then
  split questions 1
  split statements 0
  for language in en de; do
    cat "$d/questions.test.$language" "$d/statements.test.$language" >"$d/both.test.$language"
    cat "$data/dev.$language" "$data/test.$language" >"$d/unseen.test.$language"
  done
  touch "$d/done"
fi

halves=(questions statements)
siblings=()
for half in "${halves[@]}"; do
  sibling=$runs/$half-$seed
  siblings+=("$sibling/latest")
  train "$root/bench/fusion/halves.yml" --set model.init="$base" \
    --set train.output="$sibling" --set train.seed="$seed" \
    --set data.train.source="$d/$half.train.en" --set data.train.target="$d/$half.train.de"
done

field() { sed -nE "s/.*\"$1\": ?([-0-9.e]+).*/\1/p"; }
bleu() {  # TEST OUTPUT [OPTION...]
  "$ingot" score bleu --hypothesis "$2" --reference "$d/$1.test.de" --json "${@:3}"
}
count=0
row() {  # WHAT MODEL
  local line="\"$1\",$seed" result output=$work/row-$count
  for set in both unseen; do
    "$ingot" translate -q ${threads[@]+"${threads[@]}"} -m "$2" -i "$d/$set.test.en" \
      -o "$output.$set" --beam-size 4
  done
  head -n 1200 "$output.both" >"$output.questions"
  tail -n +1201 "$output.both" >"$output.statements"
  for set in questions statements both unseen; do
    result=$(bleu "$set" "$output.$set" --confidence)
    line+=$(printf ',%.2f,%.2f' "$(field score <<<"$result")" \
      "$(field confidence_var <<<"$result")")
  done
  # p of the difference from either sibling, rows 1 and 2
  for sibling in 1 2; do
    [ "$count" -gt 2 ] || { line+=, && continue; }
    result=$(bleu both "$output.both" --paired "$work/row-$sibling.both")
    line+=$(printf ',%.4f' "$(field p_value <<<"$result")")
  done
  count=$((count + 1))
  echo "$line"
}

pairs=()
for i in 0 1; do
  pairs+=("source: $d/${halves[i]}.held.en, target: $d/${halves[i]}.held.de")
done
echo "what,seed,questions,questions_interval,statements,statements_interval,both,\
both_interval,unseen,unseen_interval,p_questions,p_statements"
models=("${siblings[@]}")
for i in 0 1; do row "sibling for ${halves[i]}" "${siblings[i]}"; done
fused average linear
for weight in 0.3 0.5 0.7; do fused "task arithmetic, weight $weight" task_arithmetic \
  "weight: $weight"; done
fused "ties, density 0.5" ties "weight: 1, density: 0.5"
sets "" "${pairs[@]}"
for granularity in tensor layer model; do
  with_pairs "learned, a coefficient a $granularity" learned learn "granularity: $granularity"
done
sets teacher "${pairs[@]}"
with_pairs "learned from the siblings, each its half" learned learn "loss: teachers"
sets model "${pairs[@]}"
with_pairs fisher fisher statistics
with_pairs regmean regmean statistics
