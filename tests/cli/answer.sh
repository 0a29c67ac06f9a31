#!/usr/bin/env bash
# ingot answer: one question, a file in SQuAD's form, lines of JSON; what cannot be asked is told.
# The answers themselves are held to transformers' by tests/golden/answers.c.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/tests/golden/answers
short="--max-length 24 --stride 6"

# One question: the first case of the goldens.
echo -n 'The Rhone flows south, and it is long. In 2017 a new bridge (green) was built by' \
  'the city near the Rhone.' >context
# shellcheck disable=SC2086  # options
expect 0 "$INGOT" answer -m "$model" --question 'Which river flows south?' --context context $short
[ "$(cat out)" = 2017 ] || fail "another answer: $(cat out)"
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Which river flows south?' --context - \
  $short --json <context
has out '"answer": "2017", "score": 0.'
has out '"start": 42, "end": 46}'
# shellcheck disable=SC2086
for type in bf16 int8; do
  expect 0 "$INGOT" answer -m "$model" --question 'Which river flows south?' --context context \
    $short --type $type
done
expect 2 "$INGOT" answer -m "$model" --question 'Where?' --context context --type int7
has err int8

expect 0 "$INGOT" answer -m "$model" --question 'Which river?' --context context $short --n-best 3
[ "$(wc -l <out)" -eq 3 ] || fail "not three answers"
# Weights rounded to bfloat16: the same answer, by another score.
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Which river flows south?' --context context \
  $short --json
cp out fp32
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Which river flows south?' --context context \
  $short --json --type bf16
has out '"answer": "2017"'
! cmp -s out fp32 || fail "--type bf16 makes no difference"
# An answer over the end of a line is one line of several, and itself alone.
printf 'The city\r\nof the Rhone' >lines
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Where?' --context lines $short --n-best 4
[ "$(wc -l <out)" -eq 4 ] || fail "not a line for each answer"
grep -q '	4	11	city of$' out || fail "no answer over two lines"
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Where?' --context lines $short --n-best 4 --json
has out '"city\nof"'

# The sentence that the answer is in, or the line.
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Which river flows south?' --context context \
  $short --show-passage
printf '%s\n' 2017 'In **2017** a new bridge (green) was built by the city near the Rhone.' >wanted
same out wanted
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Which river flows south?' --context context \
  $short --show-passage --json
has out '"passage": {"text": "In 2017 a new bridge (green) was built by the city near the Rhone."'
has out '"start": 39, "end": 105}'

# "No answer" has the same score in both forms, and options are called by their names.
printf '{"question": "Why?", "context": "%s"}\n' "$(tr '\n' ' ' <context)" >none.jsonl
tr '\n' ' ' <context >flat
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Why?' --context flat $short --json \
  --post-processing run_qa --no-answer --null-threshold -1000
score=$(sed -n 's/.*"answer": "", "score": \([^,]*\),.*/\1/p' out)
[ -n "$score" ] && [ "$score" != 0 ] || fail "no score of an answer that is none: $(cat out)"
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i none.jsonl --json-lines $short -q \
  --post-processing run_qa --no-answer --null-threshold -1000
has out "\"answer\":\"\",\"score\":${score%????}"
expect 1 "$INGOT" answer -m "$model" --question 'Why?' --context flat --beam-size 3
has err 'ingot answer: --beam-size: the model is an encoder'

# A file in SQuAD's form, with a question that cannot be asked.
cat >squad.json <<'END'
{"version": "v2.0", "data": [{"title": "t", "paragraphs": [
 {"context": "Green.", "qas": [
  {"id": "a", "question": "What is it?",
   "answers": [{"text": "Green", "answer_start": 0}], "is_impossible": false},
  {"id": 7, "question": " ", "answers": [], "is_impossible": true}]},
 {"context": "The Caf\u00e9 of the city is near the old bridge.", "qas": [
  {"id": "c", "question": "Where?",
   "answers": [{"text": "near the old bridge", "answer_start": 24}], "is_impossible": false}]}]}]}
END
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i squad.json -o predictions.json $short --n-best 2 \
  --n-best-file best.json --stats stats.json
has predictions.json '"a": "Green."'
has predictions.json '"7": ""'
has err 'question 7: not asked: the question has no tokens'
has best.json '"start_logit"'
has stats.json '"questions": 3, "problems": 1'
expect 0 "$INGOT" score squad --reference squad.json --hypothesis predictions.json
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i squad.json $short -q
has out '"c": "Café of"'

# The same bits for any threads, batches and members.
for options in '--threads 1' '--threads 2 --workers 2 --batch-tokens 1' "-m $model"; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" answer -m "$model" -i squad.json -o other.json $short --n-best 2 -q $options
  same other.json predictions.json
done

# A fused model keeps its head: one fused with itself answers the same. A soup is chosen by
# translations, which an encoder does not give.
cp -r "$model" copy
for method in linear slerp ties; do
  printf '%s\n' "merge_method: $method" "base_model: $model" \
    'parameters: {t: 0.5, normalize: true}' \
    "models: [{model: copy, parameters: {weight: 1, density: 1}}]" >recipe.yml
  rm -rf fused
  expect 0 "$INGOT" fuse recipe.yml -o fused
  has fused/config.json '"BertForQuestionAnswering"'
  # shellcheck disable=SC2086
  expect 0 "$INGOT" answer -m fused -i squad.json -o other.json $short --n-best 2 -q
  same other.json predictions.json
done
printf '%s\n' 'merge_method: greedy_soup' "models: [{model: $model}, {model: copy}]" >recipe.yml
expect 1 "$INGOT" fuse recipe.yml -o soup --held-out-source context --held-out-reference context
has err 'encoder without a decoder'

# Null odds of run_qa.
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i squad.json -o predictions.json $short -q --no-answer \
  --post-processing run_qa --null-odds odds.json
has odds.json '"a": '
expect 0 "$INGOT" score squad --reference squad.json --hypothesis predictions.json \
  --null-odds odds.json

# Lines of JSON: a bad one has an error of its own, and the others their answers.
cat >lines <<'END'
{"id": 1, "question": "What is it?", "context": "Green."}
no json
{"question": "What?"}
{"id": "x", "question": "Where?", "context": "The Café of the city is near the old bridge."}
END
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i lines -o answers --json-lines $short
[ "$(wc -l <answers)" -eq 4 ] || fail "not a line for each"
[ "$(sed -n 1p answers | cut -c1-27)" = '{"id":1,"answer":"Green."' ] ||
  has answers '{"id":1,"answer":"Green.",'
has answers '{"error":"column 2: not valid JSON: '
has answers '\"context\" is missing'
has answers '{"id":"x","answer":"Café of",'
has err 'lines:2: not asked: column 2: not valid JSON: '
has err 'lines:3: not asked: "context" is missing'
echo '{"question": 7, "context": "Green."}' >wrong
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i - --json-lines $short <wrong
has err 'standard input:1: not asked: question: expected a string, found an integer'
has out '{"error":"question: expected a string, found an integer"}'
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i - --json-lines $short -q <lines
same out answers

# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i lines -o answers --json-lines $short -q --show-passage
has answers '"passage":{"text":"Green.","start":0,"end":6}'

# What makes no sense.
expect 2 "$INGOT" answer -m "$model"
expect 2 "$INGOT" answer -m "$model" --question 'Who?'
expect 1 "$INGOT" answer -m "$model" --question $'Who \xff' --context context
has err 'the question: not UTF-8 at byte 5'
expect 2 "$INGOT" answer -m "$model" -i squad.json --question 'Who?' --context context
expect 2 "$INGOT" answer -m "$model" -i squad.json -o squad.json
expect 2 "$INGOT" answer -m "$model" --question 'Who?' --context context -o out.json
has err '--output is of --input'
expect 2 "$INGOT" answer -m "$model" --question 'Who?' --context context --json-lines
expect 2 "$INGOT" answer -m "$model" -i squad.json -o out.json --json
expect 2 "$INGOT" answer -m "$model" -i squad.json -o out.json --null-odds odds.json
expect 2 "$INGOT" answer -m "$model" -i squad.json -o "$model/config.json"
expect 1 "$INGOT" answer -m "$model" -i squad.json -o out.json --max-length 41
has err '--max-length: expected 1 to 40'
mkdir headless
cp "$model"/{vocab.txt,tokenizer_config.json,model.safetensors} headless
sed 's/BertForQuestionAnswering/BertModel/' "$model/config.json" >headless/config.json
expect 1 "$INGOT" answer -m headless -i squad.json -o out.json
has err 'no head for question answering'
for option in '--beam-size 2' '--length-penalty 1'; do
  # shellcheck disable=SC2086
  expect 1 "$INGOT" answer -m "$model" -i squad.json -o out.json $option
  has err 'the model is an encoder, which finds answers'
done
expect 2 "$INGOT" answer -m "$model" -i squad.json -o out.json --show-passage
expect 1 "$INGOT" translate -m "$model" <context
has err 'encoder without a decoder'
expect 1 "$INGOT" answer -m "$model" -i nowhere.json -o out.json
expect 1 "$INGOT" answer -m nowhere -i squad.json -o missing/out.json
has err 'missing/out.json'

# "-" is standard output, for one of the outputs.
for output in "-o -" "-o other.json --n-best-file -"; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" answer -m "$model" -i squad.json $short -q $output
  [ ! -e ./- ] || fail "$output: a file of the name -"
  has out '"a": '
done
expect 2 "$INGOT" answer -m "$model" -i squad.json --n-best-file - -q
has err "'-' is two outputs"

# A text of many windows and many answers is no longer than its windows take.
awk 'BEGIN { printf "{\"question\": \"Where?\", \"context\": \""
  for (i = 0; i < 6000; i++) printf "%s ", (i * i) % 7 ? "river" i % 89 : "the city"
  print "\"}" }' >long
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i long --json-lines $short --n-best 100 -q
has out '"n_best"'
printf '{"data": 3}' >bad.json
expect 1 "$INGOT" answer -m "$model" -i bad.json -o out.json
[ ! -e out.json ] || fail "an output of a run that failed"
