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

# What may be several sentences is told; a number, an inner stop and Chinese after a stop are none.
cat >sentences.json <<'END'
{"version": "1.1", "data": [{"paragraphs": [{"context": "在Mt. Fuji旁边 3.5 km. 山 e.g.", "qas": [
 {"id": "a", "question": "?", "answers": [{"text": "Mt. Fuji", "answer_start": 1}]},
 {"id": "b", "question": "?", "answers": [{"text": "3.5 km. 山", "answer_start": 12}]},
 {"id": "c", "question": "?", "answers": [{"text": "e.g.", "answer_start": 22}]}]}]}]}
END
printf '{"a": "Mt. Fuji", "b": "End.\\" So", "c": "e.g. "}' >cut.json
expect 0 "$INGOT" score squad -r sentences.json -i cut.json --language zh --json
has out '"uncut": 3}'
has err "question a: its answer may be several sentences"
has err "question a: its prediction may be several sentences"
has err "question b: its prediction may be several sentences"
[ "$(grep -c 'several sentences' err)" = 3 ] || fail "others are told"

# Articles are drawn with all their questions: where those of one have one outcome, the interval and
# the test are those of as many questions as there are articles.
# corpus QUESTIONS FILE: of each of 12 articles; predictions PERIOD QUESTIONS FILE: wrong ones.
corpus() {
  awk -v n="$1" 'BEGIN {
    answer = "\"answers\": [{\"text\": \"x\", \"answer_start\": 0}]"
    for (a = 0; a < 12; a++) {
      questions = ""
      for (q = 0; q < n; q++)
        questions = questions (q ? ", " : "") \
          sprintf("{\"id\": \"%d-%d\", \"question\": \"?\", %s}", a, q, answer)
      articles = articles (a ? ", " : "") \
        "{\"paragraphs\": [{\"context\": \"x\", \"qas\": [" questions "]}]}"
    }
    print "{\"version\": \"1.1\", \"data\": [" articles "]}"
  }' >"$2"
}
predictions() {
  awk -v period="$1" -v n="$2" 'BEGIN {
    for (a = 0; a < 12; a++)
      for (q = 0; q < n; q++)
        list = list (list ? ", " : "") \
          sprintf("\"%d-%d\": \"%s\"", a, q, a % period ? "x" : "y")
    print "{" list "}"
  }' >"$3"
}
for n in 1 9; do
  corpus $n corpus_$n.json
  predictions 2 $n system_$n.json
  predictions 3 $n baseline_$n.json
done
for options in "--confidence" "--confidence --paired baseline_N.json" \
  "--paired baseline_N.json --paired-test bs"; do
  for n in 1 9; do
    expect 0 "$INGOT" score squad -r corpus_$n.json -i system_$n.json ${options/_N/_$n} \
      --resample articles
    sed 's/_[19].json//; s/|questions:[0-9]*//' out >resampled_$n
  done
  cmp resampled_1 resampled_9 || fail "$options: drawing articles of 9 questions differs"
done
expect 0 "$INGOT" score squad -r corpus_9.json -i system_9.json --confidence --resample articles
has out "|resample:articles = 50.00"
sed 's/|resample:articles//' out >articles
expect 0 "$INGOT" score squad -r corpus_9.json -i system_9.json --confidence --resample questions
cmp -s articles out && fail "drawing questions gives what drawing articles gives"
# Rows of one title are an article, too.
for i in 0 1 2 3; do
  printf '{"id": "%d-0", "title": "t", "context": "x", "question": "?", ' $i
  printf '"answers": {"text": ["x"], "answer_start": [0]}}\n'
done >rows.json
expect 1 "$INGOT" score squad -r rows.json -i system_1.json --confidence --resample articles
has err "all questions are of one article"
for input in corpus_1 system_1 baseline_1; do
  cp $input.json kept.json
  expect 2 "$INGOT" score squad -r corpus_1.json -i system_1.json --confidence \
    --paired baseline_1.json --per-question $input.json
  has err "'$input.json' is the input and an output"
  same $input.json kept.json
done
expect 2 "$INGOT" score squad -r a -i b --resample articles
has err "--resample needs --confidence or --paired"

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
