#!/usr/bin/env bash
# Learned fusion on questions: of a model that has learned to answer them and one that has learned
# to answer wrongly, the first is chosen, by encoders that find answers and by models that generate
# them; the same bytes for any threads and after an interruption; bad data are told before anything
# is computed. Statistics of models, too, are gathered on questions.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
goldens=$INGOT_SOURCE/tests/golden

# questions CONTEXT { ID QUESTION ANSWER }...: a file with one context, whose answers lie in it.
questions() {
  local context=$1 comma='' before
  shift
  printf '{"data": [{"paragraphs": [{"context": "%s", "qas": [' "$context"
  while [ $# -gt 0 ]; do
    before=${context%%"$3"*}
    printf '%s{"id": "%s", "question": "%s", "answers": [{"text": "%s", "answer_start": %d}]}' \
      "$comma" "$1" "$2" "$3" ${#before}
    comma=', '
    shift 3
  done
  printf ']}]}]}\n'
}
context='The captain waits near the old bridge. The river is cold in the morning.'
questions "$context" a 'Who waits?' 'The captain' b 'When is it cold?' 'in the morning' \
  c 'What is cold?' 'The river' d 'What is old?' 'bridge' e 'Where is he?' 'near the old bridge' \
  f 'What is near?' 'the old bridge' >right.json
questions "$context" a 'Who waits?' 'morning' b 'When is it cold?' 'The captain waits' \
  c 'What is cold?' 'old' d 'What is old?' 'cold in' e 'Where is he?' 'in the morning' \
  f 'What is near?' 'The captain' >wrong.json

# children FAMILY UPDATES MAX_LENGTH STRIDE: `right` and `wrong`, tuned from a golden model.
children() {
  local answers
  for answers in right wrong; do
    rm -rf "$answers" "run-$answers"
    cat >config.yml <<END
data: {train: {squad: $answers.json}, max_length: $3, stride: $4}
model: {init: $goldens/$1, dropout: 0, attention_dropout: 0}
train: {output: run-$answers, batch_sequences: 4, updates: $2, optimizer: adamw, clip_norm: 1.0,
        learning_rate: 0.01, schedule: linear, warmup: 6}
END
    expect 0 "$INGOT" train config.yml -q
    mv "run-$answers/latest" "$answers"
  done
}
learned() { # LINE...: of `learn`
  recipe 'merge_method: learned' "base_model: $goldens/$family" \
    'models: [{model: right}, {model: wrong}]' 'learn:' "$@"
}
loss_of() { # DIR MODEL
  tr -d ' \n' <"$1/fusion.json" |
    sed -E "s/.*\"held_out_of_models\":\{[^}]*\"$2\":([-0-9.e+]+).*/\1/"
}
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

# chooses_right MAX_LENGTH STRIDE
chooses_right() {
  local lengths="max_length: $1, stride: $2"
  rm -rf fused threads one killed killed.stages
  learned '  data: {questions: right.json}' '  valid: [{questions: right.json}]' \
    "  max_length: $1" "  stride: $2" '  steps: 40' '  learning_rate: 0.05' '  batch_sentences: 4'
  expect 0 "$INGOT" fuse recipe.yml -o fused --threads 1
  has err 'right.json: 6 questions, '
  tr -d ' \n' <fused/fusion.json >json
  local start best
  start=$(sed -E 's/.*"history":\[\{"step":0,"held_out":([-0-9.e+]+).*/\1/' json)
  best=$(sed -E 's/.*"steps":[0-9]+,"held_out":([-0-9.e+]+).*/\1/' json)
  below "$best" "$start" || fail "learned from $start to $best"
  below "$(loss_of fused right)" "$(loss_of fused wrong)" ||
    fail "the model with the wrong answers is no worse: $(cat json)"
  fuse threads --threads 3
  same fused/model.safetensors threads/model.safetensors
  same fused/fusion.json threads/fusion.json
  # The loss that is told is that of the written model.
  recipe 'merge_method: learned' 'models: [{model: fused}]' \
    "learn: {data: {questions: right.json}, valid: {questions: right.json}, $lengths, steps: 1," \
    '  start: 1, granularity: model}'
  fuse one
  [ "$(loss_of one fused | cut -c1-7)" = "${best:0:7}" ] ||
    fail "the written model's loss is $(loss_of one fused), told $best"
}

family=answers
children answers 40 40 8
chooses_right 40 8

# Teachers in place of references: a model does not diverge from itself.
recipe 'merge_method: learned' "base_model: $goldens/answers" \
  'models: [{model: right}, {model: wrong}]' 'learn:' '  loss: teachers' '  max_length: 40' \
  '  stride: 8' '  steps: 20' '  data: {questions: wrong.json, teacher: right}' \
  '  valid: {questions: wrong.json, teacher: right}'
fuse taught
below "$(loss_of taught right)" 1e-6 || fail "diverges from itself: $(loss_of taught right)"
below 0.1 "$(loss_of taught wrong)" || fail "the other model does not: $(loss_of taught wrong)"

# Stopped, it goes on to the same bytes.
learned '  data: {questions: right.json}' '  max_length: 40' '  stride: 8' '  steps: 400' \
  '  patience: 0' '  valid_share: 0.4' '  batch_sentences: 2'
fuse whole
stopped=0
for _ in 1 2 3; do
  : >err
  "$INGOT" fuse recipe.yml -o killed >out 2>err &
  pid=$!
  until grep -q 'of 400 steps' err || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
  kill -TERM $pid 2>/dev/null
  wait $pid
  [ $? -eq 143 ] && stopped=$((stopped + 1))
  [ ! -e killed ] || break
done
[ $stopped -gt 0 ] || fail "nothing was ever stopped"
[ -e killed ] || fuse killed
same whole/model.safetensors killed/model.safetensors
same whole/fusion.json killed/fusion.json

# Statistics of models: the same bits for any threads, and another model than the mean.
recipe 'merge_method: linear' 'parameters: {weight: 1}' 'models: [{model: right}, {model: wrong}]'
fuse mean
for method in fisher regmean; do
  recipe "merge_method: $method" 'models: [{model: right}, {model: wrong}]' \
    'statistics: {max_length: 40, stride: 8, data: [{questions: right.json, model: right},' \
    '  {questions: wrong.json, model: wrong}]}'
  fuse $method --threads 1
  fuse $method-threads --threads 3
  same $method/model.safetensors $method-threads/model.safetensors
  ! cmp -s $method/model.safetensors mean/model.safetensors || fail "$method gives the plain mean"
done
recipe 'merge_method: regmean' 'models: [{model: right}, {model: wrong}]' \
  'statistics: {inputs: merged, max_length: 40, stride: 8, data: {questions: right.json}}'
expect 1 "$INGOT" fuse recipe.yml --dry-run
has err 'expected statistics.inputs own, found merged'
recipe 'merge_method: fisher' 'models: [{model: right}, {model: wrong}]' 'seed: 2' \
  'statistics: {max_length: 40, stride: 8, labels: model, data: {questions: right.json}}'
fuse drawn --threads 1
fuse drawn-threads --threads 3
same drawn/model.safetensors drawn-threads/model.safetensors
! cmp -s drawn/model.safetensors fisher/model.safetensors || fail "labels that are drawn are given"

# Refusals.
: >nothing.json
sed 's/"answers": \[[^]]*\]/"answers": []/g' right.json >unanswered.json
questions "$context" a 'Who waits?' 'The captain' >single.json
head -n 1 "$goldens/answers/vocab.txt" >lines
bad() { # MESSAGE LEARN
  refused "$1" 'merge_method: learned' "base_model: $goldens/answers" 'models: [{model: right}]' \
    "learn: {max_length: 40, $2}"
}
bad 'recipe.yml:4: learn.data: the models are encoders, which learn from' \
  'data: {source: lines, target: lines}'
bad 'none of 6 windows holds an answer' \
  'stride: 8, data: {questions: unanswered.json}, valid: {questions: right.json}'
bad 'nothing.json' 'stride: 8, data: {questions: nothing.json}'
bad 'absent.json: no such file' 'stride: 8, data: {questions: absent.json}'
bad '1 questions cannot be divided into two parts' 'stride: 8, data: {questions: single.json}'
bad 'learn.max_length: expected more than learn.stride, which is 128, found 40' \
  'data: {questions: right.json}'
bad "expected either 'source' and 'target', or 'questions'" \
  'stride: 8, data: {questions: right.json, source: lines}'
bad 'expected no learn.label_smoothing' \
  'stride: 8, label_smoothing: 0.1, data: {questions: right.json}'
bad 'learn.data.command: a command gives no gradient' 'data: {command: "echo 1"}'
bad "learn.stride: has no effect without 'questions'" \
  'stride: 8, data: {source: lines, target: lines}'
refused 'it is an encoder without a decoder and without a head for question answering' \
  'merge_method: learned' "models: [{model: $goldens/encoders/bert_none}]" \
  'learn: {data: {questions: right.json}}'
refused 'fisher needs models that translate or answer' \
  'merge_method: fisher' "models: [{model: $goldens/encoders/bert_none}]" \
  'statistics: {data: {questions: right.json}}'

# Models that generate their answers, beside pairs of lines.
family=generated_answers/t5
children generated_answers/t5 80 52 10
chooses_right 52 10
digits 20 3 lines
recipe 'merge_method: learned' "base_model: $goldens/$family" \
  'models: [{model: right}, {model: wrong}]' \
  'learn: {max_length: 52, stride: 10, steps: 2, valid_share: 0.3, data: [' \
  '  {questions: right.json}, {source: lines, target: lines, weight: 0.5}]}'
fuse both
