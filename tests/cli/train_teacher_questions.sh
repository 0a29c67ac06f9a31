#!/usr/bin/env bash
# train.teacher of encoders: a student learns from a teacher where an answer begins and ends, even
# where the references are wrong; the same bytes with any number of threads and after an
# interruption; what is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"
goldens=$INGOT_SOURCE/tests/golden
cat >right.json <<'END'
{"data": [{"paragraphs": [
 {"context": "The Rhone flows south, and it is long. A new bridge was built by the city.", "qas": [
  {"id": "a", "question": "Which river flows south?",
   "answers": [{"text": "Rhone", "answer_start": 4}]},
  {"id": "b", "question": "Who built the bridge?",
   "answers": [{"text": "the city", "answer_start": 65}]}]},
 {"context": "The old tower of Lyon is green.", "qas": [
  {"id": "d", "question": "What is green?",
   "answers": [{"text": "The old tower", "answer_start": 0}]}]}]}]}
END
sed -e 's/"Rhone", "answer_start": 4/"long", "answer_start": 33/' \
  -e 's/"the city", "answer_start": 65/"The Rhone", "answer_start": 0/' \
  -e 's/"The old tower", "answer_start": 0/"Lyon", "answer_start": 17/' right.json >wrong.json

# run OUTPUT QUESTIONS UPDATES OPTION...
run() {
  cat >config.yml <<END
data: {train: {squad: $2}, max_length: 40, stride: 8}
model: {init: $goldens/answers, dropout: 0, attention_dropout: 0}
train: {output: $1, batch_sequences: 2, updates: $3, optimizer: adamw, learning_rate: 0.01,
        schedule: linear, warmup: 6, clip_norm: 1.0, log_every: 20}
END
  expect 0 "$INGOT" train config.yml "${@:4}"
}
f1() {
  "$INGOT" answer -q -m "$1" -i right.json -o predictions.json --post-processing run_qa \
    --max-length 40 --stride 8 || fail "$1 does not answer"
  "$INGOT" score squad --reference right.json --hypothesis predictions.json |
    sed -nE 's/^f1[^=]* = ([0-9.]+)$/\1/p'
}
run right right.json 60
mv right/latest teacher
[ "$(f1 teacher)" = 100.00 ] || fail "the teacher has $(f1 teacher)"
run alone wrong.json 60
[ "$(f1 alone/latest)" != 100.00 ] || fail "wrong answers teach the right ones"
run taught wrong.json 80 --set train.teacher=teacher
has err '1 teacher, '
has err ', KL divergence '
[ "$(f1 taught/latest)" = 100.00 ] || fail "the student has $(f1 taught/latest)"

# Two teachers, with all keys: one thread, and in parts, the same bytes.
keys=(--set train.log_every=5 --set train.teacher_share=0.8 --set train.teacher_temperature=2
  --set 'train.teacher=[teacher, {model: alone/latest, weight: 0.5}]')
run whole wrong.json 20 "${keys[@]}"
run one wrong.json 20 "${keys[@]}" --threads 1
same whole/latest/model.safetensors one/latest/model.safetensors
run parts wrong.json 20 "${keys[@]}" --set train.max_seconds=0.000001 -q
[ "$(wc -l <parts/metrics.jsonl)" -lt "$(wc -l <whole/metrics.jsonl)" ] || fail "it was not stopped"
run parts wrong.json 20 "${keys[@]}"
same whole/latest/model.safetensors parts/latest/model.safetensors

refused() { # MESSAGE KEY=VALUE...
  local message=$1 sets=()
  for key in "${@:2}"; do sets+=(--set "$key"); done
  expect 1 "$INGOT" train config.yml --set train.output=x -q "${sets[@]}"
  has err "$message"
  [ ! -e x ] || fail "x is left: $message"
}
cp -r teacher headless
sed -i 's/BertForQuestionAnswering/BertModel/' headless/config.json
refused 'expected a teacher with a head for question answering, found an encoder without' \
  train.teacher=headless
refused 'top_k: expected 0 of a model that finds answers, found 3' train.teacher=teacher \
  train.teacher_top_k=3
cp -r teacher cased
sed -i 's/^lyon$/lyons/' cased/vocab.txt
refused 'a teacher needs the vocabulary of the model that learns' train.teacher=cased
