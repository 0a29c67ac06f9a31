#!/usr/bin/env bash
# Training on questions: a new head on an encoder learns a small file by heart; an interrupted run
# goes on to the same bytes; the result answers, and transformers' names are in its files.
. "$INGOT_SOURCE/tests/cli/common.bash"
encoder=$INGOT_SOURCE/tests/golden/answers
cat >squad.json <<'END'
{"version": "v2.0", "data": [{"title": "t", "paragraphs": [
 {"context": "The Rhone flows south, and it is long. A new bridge was built by the city.", "qas": [
  {"id": "a", "question": "Which river flows south?",
   "answers": [{"text": "Rhone", "answer_start": 4}], "is_impossible": false},
  {"id": "b", "question": "Who built the bridge?",
   "answers": [{"text": "the city", "answer_start": 65}], "is_impossible": false},
  {"id": "c", "question": "Who is it?", "answers": [], "is_impossible": true}]},
 {"context": "The old tower of Lyon is green.", "qas": [
  {"id": "d", "question": "What is green?",
   "answers": [{"text": "The old tower", "answer_start": 0}], "is_impossible": false}]}]}]}
END
cat >config.yml <<END
data:
  train: {squad: squad.json}
  valid: {squad: squad.json}
  max_length: 40
  stride: 8
model: {init: $encoder, dropout: 0, attention_dropout: 0}
train:
  output: run
  batch_sequences: 2
  updates: 60
  optimizer: adamw
  learning_rate: 0.01
  schedule: linear
  warmup: 6
  clip_norm: 1.0
  validate_every: 20
  save_every: 20
  log_every: 20
END
expect 0 "$INGOT" train config.yml
has err 'data.train: 4 questions, 4 windows of'
has err ', 1 of them without an answer'
has err 'exact 100.00, F1 100.00'
has err 'question   Which river flows south?'
has run/best/config.json '"BertForQuestionAnswering"'
expect 0 "$INGOT" answer -m run/best -i squad.json -o predictions.json -q --no-answer \
  --post-processing run_qa --max-length 40 --stride 8
expect 0 "$INGOT" score squad --reference squad.json --hypothesis predictions.json
has out '100'

# A question that no window has room for is told, once, where it lowers the scores.
long=$(printf 'and %.0s' {1..50})
sed "s/What is green/$long/" squad.json >long.json
expect 0 "$INGOT" train config.yml --set train.output=long --set data.valid.squad=long.json
has err 'data.valid: 1 of 4 questions cannot be asked: the scores count them as answered with an em'
[ "$(grep -c 'cannot be asked' err)" -eq 1 ] || fail "told at each validation"

# A run that stops after 20 updates and goes on ends with the same bytes.
sed 's/output: run/output: parts/' config.yml >parts.yml
expect 0 "$INGOT" train parts.yml --set train.max_seconds=0.000001
expect 0 "$INGOT" train parts.yml
same parts/latest/model.safetensors run/latest/model.safetensors
# Threads do not matter.
expect 0 "$INGOT" train config.yml --set train.output=one --threads 1 -q
same one/latest/model.safetensors run/latest/model.safetensors

# An encoder without the head gets a new one, which depends on the seed alone.
mkdir plain
cp "$INGOT_SOURCE"/tests/golden/answers/{vocab.txt,tokenizer_config.json,model.safetensors} plain
sed 's/BertForQuestionAnswering/BertModel/' "$encoder/config.json" >plain/config.json
expect 0 "$INGOT" train config.yml --set model.init=plain --set train.output=old \
  --set train.updates=10
! grep -q 'new head' err || fail "the head that the file has is lost"
encoder=$INGOT_SOURCE/tests/golden/encoders/bert_none
cp "$encoder"/{config.json,model.safetensors} plain
head -n 40 "$INGOT_SOURCE/tests/golden/answers/vocab.txt" >plain/vocab.txt
for output in fresh again; do
  expect 0 "$INGOT" train config.yml --set model.init=plain --set train.output=$output \
    --set train.updates=10 --set data.max_length=24 --set data.stride=6
  has err 'plain: it gets a new head for question answering'
  has err 'plain: tensors of other heads are not trained, and not saved: pooler.dense.bias'
done
same fresh/latest/model.safetensors again/latest/model.safetensors

# Embeddings with columns of their own, and layers that share weights: learnt by heart; each use of
# a layer has dropouts of its own, which running it forward again repeats.
for family in electra albert; do
  mkdir "$family"
  cp "$INGOT_SOURCE/tests/golden/encoders/${family}_none"/{config.json,model.safetensors} "$family"
  printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' the rhone flows south , and it is long . \
    a new bridge was built by city which river who '?' old tower of lyon green what u{1..40} |
    sed -n 1,40p >"$family/vocab.txt"
  small=(--set model.init="$family" --set data.max_length=24 --set data.stride=4)
  expect 0 "$INGOT" train config.yml "${small[@]}" --set train.output="$family.learnt" \
    --set train.updates=200
  has err 'exact 100.00, F1 100.00'
  has "$family.learnt/best/config.json" 'ForQuestionAnswering"'
  for recompute in false true; do
    expect 0 "$INGOT" train config.yml "${small[@]}" --set model.dropout=0.1 \
      --set train.recompute=$recompute --set train.output="$family.$recompute" \
      --set train.updates=10
  done
  same "$family.true/latest/model.safetensors" "$family.false/latest/model.safetensors"
done
has albert.learnt/best/config.json '"num_hidden_groups": 2'

# What makes no sense.
expect 1 "$INGOT" train config.yml --set train.output=x --set train.best_metric=bleu
has err 'expected f1, exact or loss'
expect 1 "$INGOT" train config.yml --set train.output=x --set data.stride=40
has err '--set: data.stride: expected less than data.max_length, 40, found 40'
expect 1 "$INGOT" train config.yml --set train.output=x --set data.max_length=8
has err 'config.yml:5: data.stride: expected less than data.max_length, 8, found 8'
expect 1 "$INGOT" train config.yml --set train.output=x --set data.train.source=a
sed -e 's/init: .*/family: marian, dropout: 0}/' config.yml >family.yml
expect 1 "$INGOT" train family.yml --set train.output=x
has err 'model.init is missing'
expect 1 "$INGOT" train config.yml --set train.output=x --set data.train.squad=nowhere.json
expect 1 "$INGOT" train config.yml --set train.output=x --set train.label_smoothing=0.1
has err '--set: train.label_smoothing: expected 0, for the data are questions and the model is an'
# Keys that would have no effect.
for key in valid_beam_size=4 valid_tokenize=13a; do
  expect 1 "$INGOT" train config.yml --set train.output=x --set "train.$key"
  has err "--set: train.${key%=*}: "
done
# Three ids of a target are no place of an answer.
printf 'the city of\nthe old bridge\n' >text
for model in "{init: $INGOT_SOURCE/tests/golden/answers}" '{family: bert}'; do
  cat >text.yml <<END
data: {train: {source: text, target: text}}
model: $model
train: {output: x, updates: 1}
END
  expect 1 "$INGOT" train text.yml
  has err 'data.train.text'
done
[ ! -e x ] || fail "a start that failed left something"
