#!/usr/bin/env bash
# `ingot score` prints what sacreBLEU prints; wrong input is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/score
reference=$INGOT_SOURCE/examples/sample.de

checked=0
while IFS=$'\t' read -r options line; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" score $options --reference "$reference" --hypothesis "$golden/hypothesis.de"
  [ "$(cat out)" = "$line" ] || fail "score $options: expected '$line'"
  # shellcheck disable=SC2086
  expect 0 "$INGOT" score $options --reference "$reference" <"$golden/hypothesis.de"
  [ "$(cat out)" = "$line" ] || fail "score $options from standard input: expected '$line'"
  checked=$((checked + 1))
done <"$golden/expected.tsv"
[ $checked -eq 9 ] || fail "9 lines of expected.tsv, found $checked"

# Several references, and TER's options.
several=$INGOT_SOURCE/tests/golden/references
checked=0
while IFS=$'\t' read -r options count line; do
  given=()
  for name in $(printf '%s\n' first second third | head -n "$count"); do
    given+=(-r "$several/$name.txt")
  done
  # shellcheck disable=SC2086
  expect 0 "$INGOT" score $options "${given[@]}" -i "$several/hypotheses.txt"
  [ "$(cat out)" = "$line" ] || fail "score $options, $count references: expected '$line'"
  checked=$((checked + 1))
done <"$several/expected.tsv"
[ $checked -eq 54 ] || fail "54 lines of references/expected.tsv, found $checked"
[ "$(cut -f 3 "$several/expected.tsv" | sort -u | wc -l)" -eq $checked ] ||
  fail "two rows agree: one of them proves nothing"

# Several metrics, in the order in which they are asked for; of each line all of them.
texts=(-r "$several/first.txt" -r "$several/second.txt" -i "$several/hypotheses.txt")
for metric in ter bleu chrf; do
  expect 0 "$INGOT" score $metric "${texts[@]}"
  cat out >>one_by_one
done
expect 0 "$INGOT" score ter bleu chrf "${texts[@]}"
same out one_by_one
expect 0 "$INGOT" score bleu chrf --sentence --score-only "${texts[@]}"
sed -n '1~2p' out >odd
expect 0 "$INGOT" score bleu --sentence --score-only "${texts[@]}"
same out odd
expect 2 "$INGOT" score bleu ter bleu "${texts[@]}"
has err "bleu is asked for twice"
expect 2 "$INGOT" score bleu --ter-no-punct "${texts[@]}"
has err "--ter-no-punct is an option of ter, which is not asked for"
expect 2 "$INGOT" score ter --ter-asian-support "${texts[@]}"
has err "--ter-normalized"
expect 1 "$INGOT" score bleu "${texts[@]}" -r "$reference"
has err "sample.de has 20; they must correspond line by line"
echo x >one.de
expect 1 "$INGOT" score bleu -i one.de -r "$reference"
has err "one.de has 1 line, but "
expect 2 "$INGOT" score bleu -r - "${texts[@]}" -r -
has err "standard input"
for tokenizer in ja-mecab ko-mecab flores200 spm; do
  expect 2 "$INGOT" score bleu --tokenize $tokenizer "${texts[@]}"
  has err "--tokenize $tokenizer is not built"
done

# Each sentence alone, as sacreBLEU's --sentence-level.
for metric in bleu chrf ter; do
  expect 0 "$INGOT" score $metric --sentence -r "$reference" -i "$golden/hypothesis.de"
  cat out >>sentences
done
same sentences "$golden/sentences.txt"

# The number alone, and JSON.
expect 0 "$INGOT" score ter --score-only -r "$reference" -i "$golden/hypothesis.de"
[ "$(cat out)" = 16.0 ] || fail "--score-only"
expect 0 "$INGOT" score bleu --score-only --sentence -r "$reference" -i "$golden/hypothesis.de"
[ "$(head -n 2 out | tr '\n' ' ')" = "55.0 100.0 " ] || fail "--score-only --sentence"
[ "$(wc -l <out)" -eq 20 ] || fail "20 sentences"
expect 0 "$INGOT" score bleu --json -r "$reference" -i "$golden/hypothesis.de"
has out '{"name": "BLEU", "score": 75.85448202, "signature": "nrefs:1|case:mixed|eff:no|tok:13a|'
has out '|version:2.6.0", "verbose_score": "95.1/83.5/75.0/67.7 (BP = 0.952 ratio = 0.953 '
expect 0 "$INGOT" score chrf --json --sentence -r "$reference" -i "$golden/hypothesis.de"
[ "$(grep -c '^{"name": "chrF2", "score": [0-9.]*, .*"verbose_score": ""}$' out)" -eq 20 ] ||
  fail "JSON of sentences"
expect 2 "$INGOT" score ter --json --score-only -r "$reference" -i "$golden/hypothesis.de"
has err "exclude each other"

# Negative control: another hypothesis has another score.
expect 0 "$INGOT" score bleu --reference "$reference" --hypothesis "$reference"
! grep -qF "$(cat out)" "$golden/expected.tsv" ||
  fail "the reference itself scores as the hypothesis does"

head -n 19 "$golden/hypothesis.de" >short
expect 1 "$INGOT" score bleu --reference "$reference" --hypothesis short
has err "19"
has err "20"
expect 1 "$INGOT" score bleu --reference nowhere --hypothesis short
has err "nowhere: No such file"
expect 1 "$INGOT" score bleu --reference /dev/null --hypothesis /dev/null
printf 'a\nb \377\n' >invalid
expect 1 "$INGOT" score bleu --reference invalid --hypothesis <(printf 'a\nb\n') --strict
has err "invalid:2: not UTF-8 at byte 3 of the line"
expect 0 "$INGOT" score bleu --reference invalid --hypothesis <(printf 'a\nb \377\n')
has err "warning: invalid:2: byte 3 (0xFF) is not UTF-8: read as U+FFFD"
has out "100.0/100.0/0.0/0.0"
expect 2 "$INGOT" score bleu --hypothesis short
has err "--reference FILE is missing"
for hypothesis in "" "--hypothesis -"; do
  # shellcheck disable=SC2086
  expect 2 "$INGOT" score bleu --reference - $hypothesis <short
  has err "cannot both be standard input"
done
expect 1 "$INGOT" score bleu --reference - --hypothesis "$reference" <short
has err "standard input has 19"
expect 2 "$INGOT" score bleu --reference short --hypothesis short --tokenize 14a
has err "13a"
expect 2 "$INGOT" score chrf --reference short --hypothesis short --tokenize 13a
expect 2 "$INGOT" score --reference short
