#!/usr/bin/env bash
# `ingot score --confidence` and `--paired` compute what sacreBLEU computes (tests/golden/
# significance), of ROUGE and of answers by the same method, and say where a p says nothing.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden
cp "$golden"/references/*.txt "$golden"/squad/*.json .
texts=(-r first.txt -r second.txt -i hypotheses.txt)

checked=0
while IFS=$'\t' read -r given members; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" score $given --json "${texts[@]}"
  has out "$members}"
  checked=$((checked + 1))
done <"$golden/significance/expected.tsv"
[ $checked -eq 12 ] || fail "12 lines of expected.tsv, found $checked"

# Without --confidence the randomisation test draws no resamples; several metrics and baselines.
expect 0 "$INGOT" score bleu ter --paired third.txt --paired hypotheses.txt "${texts[@]}"
[ "$(grep -c . out)" -eq 6 ] || fail "a line and two comparisons for each metric"
has out "BLEU|nrefs:2|ar:10000|seed:12345|case:mixed|"
! grep -q 'bs:1000' out || fail "nobody asked for intervals"
grep -Eq '^TER\|baseline:third\.txt\|test:ar = [0-9.]+ \(p = 0\.[0-9]{4}\)\*?$' out ||
  fail "no line for the baseline"
has err "warning: hypotheses.txt: it agrees with the hypothesis in every item; the p of 0.0001 says"
grep -q 'baseline:hypotheses.txt|test:ar = .* (p = 0.0001)$' out || fail "a star that says nothing"
expect 0 "$INGOT" score bleu --confidence --resamples 1 "${texts[@]}"
has out "BLEU|nrefs:2|bs:1|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0 = "
has out " ± 0.0) "

# A mean of one value has no interval; of ROUGE the mean is near the score.
expect 0 "$INGOT" score rougeL --json --confidence --paired third.txt "${texts[@]}"
awk -F '[:,]' '{ for (i = 1; i < NF; i++) { if ($i ~ /"score"/ && !s) s = $(i + 1)
  if ($i ~ /confidence_mean/) m = $(i + 1)
  if ($i ~ /confidence_var/) v = $(i + 1) } }
  END { exit !(v > 1 && v < 40 && m - s < v / 3 && s - m < v / 3) }' out || fail "no interval"

# Answers: the same draws for exact match and F1. A system against itself, and against none.
printf '{"q00": "a river"}' >poor.json
answers=(squad -r answers.json -i predictions.json)
expect 0 "$INGOT" score "${answers[@]}" --confidence --paired poor.json
drawn='bs:1000\|ar:10000\|seed:12345'
grep -Eq "^f1\\|rules:squad-1.1\\|$drawn\\|.* = 48.03 \\(μ = 4[78]\\.[0-9]+ ± 1[0-9]\\." out ||
  fail "no interval of F1"
grep -Eq '^f1\|baseline:poor.json\|test:ar = 0.00 \(μ = 0.00 ± 0.00\) \(p = 0.0001\)\*$' out ||
  fail "no test of F1"
expect 0 "$INGOT" score "${answers[@]}" --paired poor.json --paired predictions.json
[ "$(grep -c '^f1|baseline:' out)" -eq 2 ] || fail "two baselines"
has err "warning: predictions.json: it agrees with the hypothesis in every item"
expect 0 "$INGOT" score "${answers[@]}" --json --paired predictions.json --paired-test bs --seed 3
has out '"f1_paired": [{"baseline": "predictions.json", "test": "bs", "score": 48.03275156216333'
has out '"exact_match_confidence_mean": 29.'
cp out first
expect 0 "$INGOT" score "${answers[@]}" --json --paired predictions.json --paired-test bs --seed 4
! cmp -s out first || fail "another seed draws the same"

for wrong in "--paired-test bs" "--trials 5" "--resamples 5" "--seed 5" "--confidence --sentence" \
  "--confidence --score-only" "--paired third.txt --resamples 5" \
  "--paired third.txt --paired-test bs --trials 5" "--confidence --resamples 0" "--paired -"; do
  # shellcheck disable=SC2086
  expect 2 "$INGOT" score bleu -r first.txt $wrong
done
head -n 3 third.txt >short.txt
expect 1 "$INGOT" score bleu "${texts[@]}" --paired short.txt
has err "hypotheses.txt has 12 lines, but short.txt has 3"
expect 2 "$INGOT" score "${answers[@]}" --paired - --paired -
has err "only one of the files can be standard input"
