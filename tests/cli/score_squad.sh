#!/usr/bin/env bash
# `ingot score squad` computes what the official scripts compute (tests/golden/squad), tells what is
# missing or odd, and refuses what is no file of its kind.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/squad
cp "$golden"/*.json "$golden"/*.jsonl .

checked=0
while IFS=$'\t' read -r reference options figures; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" score squad --reference "$reference.json" -i predictions.json $options --json
  has out "{$figures, \"rules\": \""
  checked=$((checked + 1))
done < <(sed 's/\t\t/\t \t/' "$golden/expected.tsv")
[ $checked -eq 13 ] || fail "13 lines of expected.tsv, found $checked"
[ "$(cut -f 3 "$golden/expected.tsv" | sort -u | wc -l)" -eq $checked ] ||
  fail "two rows agree: one of them proves nothing"

# The same questions in rows have the same scores: in a list, and one a line.
expect 0 "$INGOT" score squad -r questions.json -i predictions.json --json
cp out nested
{ echo '['; sed '$!s/$/,/' rows.jsonl; echo ']'; } >rows.json
for rows in rows.json rows.jsonl; do
  expect 0 "$INGOT" score squad -r $rows -i predictions.json --json
  same out nested
done
sed '3s/"question"/question/' rows.jsonl >bad.jsonl
expect 1 "$INGOT" score squad -r bad.jsonl -i predictions.json
has err "bad.jsonl line 3:1:"

# Lines for people, with what was missing. Predictions come by standard input, too.
"$INGOT" score squad --reference questions.json <predictions.json >out 2>err ||
  fail "standard input"
has out "HasAns_f1|rules:squad-2.0|questions:34|missing:2 = "
has out "NoAns_exact|rules:squad-2.0|questions:5|missing:2 = 60.00"
has err "no prediction, which counts as wrong: question q32"
has err "a prediction for a question that the reference does not have: nobody's"
expect 0 "$INGOT" score squad --reference questions.json -i predictions.json --null-odds odds.json
grep -Eq '^best_f1\|.* \(threshold [0-9.]+\)$' out || fail "no threshold"

# One line a question: the sums are the figures.
expect 0 "$INGOT" score squad -r answers.json -i predictions.json --per-question rows --json
[ "$(wc -l <rows)" -eq 34 ] || fail "34 questions, found $(wc -l <rows)"
[ "$(awk -F '\t' '{ s += $2 } END { printf "%.10g", 100 * s / NR }' rows)" = \
  "$(grep -oE '"exact_match": [0-9.]+' out | awk '{ printf "%.10g", $2 }')" ] || fail "sums differ"
[ "$(sed -n 1p rows)" = $'q00\t1\t1.0\tlake  constance.\tLake Constance' ] || fail "first row"
printf '{"q00": "a\\tb\\nc\\\\d", "q01": null}' >few.json
expect 0 "$INGOT" score squad -r answers.json -i few.json --per-question rows
has err "the prediction is null: question q01"
has err "32 questions have no prediction in all"
[ "$(grep -c 'no prediction, which' err)" -eq 10 ] || fail "ten are told one by one"
[ "$(sed -n 1p rows | cut -f 4)" = 'a\tb\nc\\d' ] || fail "a tab within a field"

# Chinese answers by English rules are told, unless they are asked for.
printf '{"data": [{"paragraphs": [{"context": "红楼梦", "qas": [{"id": 1, "question": "?",
  "answers": [{"text": "红楼", "answer_start": 0}]}]}]}]}' >chinese.json
printf '{"1": "红楼梦"}' >chinese_answers.json
expect 0 "$INGOT" score squad -r chinese.json -i chinese_answers.json
has out "f1|rules:squad-1.1|questions:1|missing:0 = 0.00"
has err "1 of 1 answers are Chinese"
expect 0 "$INGOT" score squad -r chinese.json -i chinese_answers.json --version 1
[ ! -s err ] || fail "a warning in spite of --version"
expect 0 "$INGOT" score squad -r chinese.json -i chinese_answers.json --language zh
has out "F1|rules:cmrc2018|questions:1|missing:0 = 80.00"
[ ! -s err ] || fail "a warning in spite of --language"

# refused PREDICTIONS TEXT [OPTION...]: the message contains the text.
refused() {
  printf '%s' "$1" >bad.json
  expect 1 "$INGOT" score squad -r questions.json -i bad.json "${@:3}"
  has err "$2"
  [ ! -s out ] || fail "scores in spite of an error"
}
refused '[]' "bad.json: expected a JSON object of texts by ids, found an array"
refused '{"q00": [{"text": "a"}]}' \
  "question q00: expected text, found an array; give the file of predictions"
refused '{"q00": 5}' "the prediction of question q00: expected text, found an integer"
refused '{"q00": "a", "q00": "b"}' "duplicate object key"
refused '{"q00": ' "bad.json:1:"
printf '{"q00": 1}' >few_odds.json
refused '{"q00": "a", "q01": "b"}' "few_odds.json: it has no number for question q01" \
  --null-odds few_odds.json
printf '{"q00": "x"}' >few_odds.json
refused '{"q00": "a"}' "question q00: expected a number, found a string" --null-odds few_odds.json
expect 1 "$INGOT" score squad -r questions.json -i predictions.json --version 1
has err "question q34 has no answer, which only the rules of SQuAD 2.0 allow"
sed 's/"answers": \[/"other": [/' answers.json >blind.json
expect 1 "$INGOT" score squad -r blind.json -i predictions.json
has err "blind.json: no question has an answer"
expect 1 "$INGOT" score squad -r missing.json -i predictions.json
has err "missing.json"
sed 's/"id": "q05",//' answers.json >without_id.json
expect 1 "$INGOT" score squad -r without_id.json -i predictions.json
has err 'without_id.json: article 1, paragraph 1, question 6: "id": expected text or an integer'
sed 's/"id": "q05",/"id": "q04",/' answers.json >twice.json
expect 0 "$INGOT" score squad -r twice.json -i predictions.json
has err "questions 5 and 6 of the file have the same id q04"
has err "is not at answer_start"
has err "answers are elsewhere than at their answer_start in all"

expect 2 "$INGOT" score squad -r a -i b --version 1 --language zh
has err "--version and --language exclude each other"
expect 2 "$INGOT" score squad -r a -i b --null-threshold 1
has err "--null-threshold needs --null-odds"
expect 2 "$INGOT" score squad -r a -i b --language zh --null-odds c
expect 2 "$INGOT" score squad -r - -i -
has err "only one of the files can be standard input"
expect 2 "$INGOT" score squad -r a -i b --language fr
has err "fr"
expect 2 "$INGOT" score bleu squad -r a
has err "squad is a verb of its own"
expect 0 "$INGOT" help score squad
has out "ingot score squad --reference"
