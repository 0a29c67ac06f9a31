#!/usr/bin/env bash
# ingot answer with models that generate their answers: one question, a file in SQuAD's form, lines
# of JSON; what only encoders can do is refused. The answers themselves are held to transformers' by
# tests/golden/generated_answers.c.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/tests/golden/generated_answers/bart
short="--max-length 64 --stride 8"
printf '%s' 'The cat sits on the warm stone near the river. A small boat goes down the river in ' \
  'the morning. We read a letter from the old captain of the office. The old bridge is made of ' \
  'stone and wood, 1234 years old. The captain waits for the boat near the bridge.' >context

# One question, of a context of several windows.
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'What is in the river?' --context context $short \
  --show-passage --stats stats.json
printf '%s\n' 'A small boat' '**A small boat** goes down the river in the morning.' >wanted
same out wanted
has stats.json '"windows": 7'
grep -q '"generated_tokens": [1-9]' stats.json || fail "no tokens are counted"
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'What is in the river?' --context context $short \
  --beam-size 3 --n-best 3 --show-passage
[ "$(wc -l <out)" -eq 3 ] || fail "not three answers"
grep -qE '^-0\.058[0-9]+	47	59	A small boat	\*\*A small' out ||
  fail "another first answer: $(cat out)"
# Text that the context does not have has no place; its passage is what was read.
echo -n 'The boat is cold.' >cold
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'What do the stones weigh?' --context cold $short \
  --beam-size 2 --n-best 2 --show-passage
grep -qE '^-0\.049[0-9]+	-	-	as much as a boat	The boat is cold\.$' out ||
  fail "a place: $(cat out)"
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'What do the stones weigh?' --context cold $short \
  --json
has out '"answer": "as much as a boat", "score": -0.0491'
has out '"start": null, "end": null}'
# Nothing generated is no answer.
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" --question 'Where is the bridge?' --context cold $short
[ "$(cat out)" = '' ] || fail "an answer: $(cat out)"

# A file in SQuAD's form.
cat >squad.json <<'END'
{"version": "v2.0", "data": [{"title": "t", "paragraphs": [
 {"context": " The captain waits for the boat.\nStones are cold in the morning.", "qas": [
  {"id": "a", "question": "Who waits ?",
   "answers": [{"text": "captain", "answer_start": 5}], "is_impossible": false},
  {"id": 7, "question": " ", "answers": [], "is_impossible": true},
  {"id": "c", "question": "Who reads a letter?", "answers": [], "is_impossible": true}]},
 {"context": "The boat is cold.", "qas": [
  {"id": "d", "question": "What do the stones weigh?", "answers": [], "is_impossible": true}]}]}]}
END
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i squad.json -o predictions.json $short --beam-size 2 \
  --n-best 2 --n-best-file best.json
has predictions.json '"a": "captain"'
has predictions.json '"7": ""'
has predictions.json '"c": ""'
has err 'question 7: not asked: the question has no tokens'
! grep -q logit best.json || fail "logits of generated text"
tr -d ' \n' <best.json >json
has json '"end":null'
expect 0 "$INGOT" score squad --reference squad.json --hypothesis predictions.json
has out '= 75.00'
# The same bits for any threads, batches and members.
for options in '--threads 1' '--threads 2 --workers 2 --batch-tokens 1'; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" answer -m "$model" -i squad.json -o other.json $short --beam-size 2 -q $options
  same other.json predictions.json
done
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -m "$model" -i squad.json -o other.json $short -q --beam-size 2
same other.json predictions.json

# Lines of JSON.
cat >lines <<'END'
{"id": 1, "question": "What is cold?", "context": "The boat is cold."}
{"question": "What?"}
{"id": 2, "question": "What do the stones weigh?", "context": "The boat is cold."}
{"id": 3, "question": "Where is the bridge?", "context": "The boat is cold."}
END
# shellcheck disable=SC2086
expect 0 "$INGOT" answer -m "$model" -i lines -o answers --json-lines $short --show-passage
has answers '{"id":1,"answer":"boat","score":-0.035'
has answers '"start":4,"end":8,"passage":{"text":"The boat is cold.","start":0,"end":17}}'
has answers '"answer":"as much as a boat"'
has answers '"start":null,"end":null,"passage":{'
has answers '{"id":3,"answer":"","score":'
has err ':2: not asked'

# What only encoders can do.
for option in '--post-processing pipeline' '--part-words' \
  '--post-processing run_qa --no-answer --null-threshold 1' \
  '--post-processing run_qa --no-answer --null-odds odds.json'; do
  # shellcheck disable=SC2086
  expect 1 "$INGOT" answer -m "$model" -i squad.json -o out.json $short $option
  grep -q 'generates' err || fail "$option: $(cat err)"
done
expect 1 "$INGOT" answer -m "$model" -i squad.json -o out.json --max-length 81
has err '--max-length: expected 1 to 80'
expect 1 "$INGOT" answer -m "$model" -m "$INGOT_SOURCE/tests/golden/generated_answers/t5" \
  -i squad.json -o out.json
has err 'an ensemble needs one target vocabulary'
[ ! -e out.json ] || fail "an output of a run that failed"
