#!/usr/bin/env bash
# Training models that generate answers on questions: of a model and of a new one with a vocabulary;
# windows without the answer learn to say nothing; an interrupted run goes on to the same bytes.
# What is trained on is held to transformers by tests/golden/generated_answers.c.
. "$INGOT_SOURCE/tests/cli/common.bash"
goldens=$INGOT_SOURCE/tests/golden/generated_answers
cat >squad.json <<'END'
{"version": "v2.0", "data": [{"title": "t", "paragraphs": [
 {"context": "The captain waits near the old bridge. The river is cold in the morning.", "qas": [
  {"id": "a", "question": "Who waits?",
   "answers": [{"text": "The captain", "answer_start": 0}], "is_impossible": false},
  {"id": "b", "question": "When is the river cold?",
   "answers": [{"text": "in the morning", "answer_start": 57}], "is_impossible": false},
  {"id": "c", "question": "Who reads?", "answers": [], "is_impossible": true}]},
 {"context": "The boat.", "qas": [
  {"id": "d", "question": "What is the boat?",
   "answers": [{"text": "stone", "answer_start": 3}], "is_impossible": false}]}]}]}
END
cat >config.yml <<END
data:
  train: {squad: squad.json}
  valid: {squad: squad.json}
  max_length: 52
  stride: 10
model: {init: $goldens/t5}
train:
  output: run
  batch_sequences: 4
  updates: 300
  optimizer: adamw
  learning_rate: 0.01
  schedule: linear
  warmup: 10
  clip_norm: 1.0
  validate_every: 100
  save_every: 100
  log_every: 100
END
expect 0 "$INGOT" train config.yml
# Some contexts are several windows, and those without the answer learn to say nothing.
windows=$(sed -nE 's/.*train: 4 questions, ([0-9]+) windows .*, ([0-9]+) of them.*/\1 \2/p' err)
[ "${windows% *}" -gt 4 ] || fail "one window each: $windows"
[ "${windows#* }" -gt 1 ] || fail "no window without the answer: $windows"
has err 'exact 100.00, F1 100.00'
has err 'question   Who waits?'
has run/best/config.json '"T5ForConditionalGeneration"'
expect 0 "$INGOT" answer -m run/best -i squad.json -o predictions.json -q --max-length 52 \
  --stride 10
# Also an answer that the context does not have, where there is one window.
has predictions.json '"d": "stone"'
has predictions.json '"c": ""'
expect 0 "$INGOT" score squad --reference squad.json --hypothesis predictions.json
has out '= 100.00'
# A run that stops after 100 updates and goes on ends with the same bytes, as does one thread.
sed 's/output: run/output: parts/' config.yml >parts.yml
expect 0 "$INGOT" train parts.yml --set train.max_seconds=0.000001
expect 0 "$INGOT" train parts.yml
same parts/latest/model.safetensors run/latest/model.safetensors
expect 0 "$INGOT" train config.yml --set train.output=one --threads 1 -q
same one/latest/model.safetensors run/latest/model.safetensors

# A new model, with a vocabulary that is there already; label smoothing is of targets that are text.
small='family: t5, d_model: 24, d_kv: 8, d_ff: 32, num_layers: 1, num_heads: 2'
sed -e "s|model: .*|model: {$small}|" \
  -e "s|  stride: 10|  stride: 10\n  sentencepiece: $goldens/t5/spiece.model|" config.yml >new.yml
expect 0 "$INGOT" train new.yml --set train.output=new --set train.label_smoothing=0.1 \
  --set train.updates=400 --set model.dropout_rate=0
has err 'exact 100.00, F1 100.00'
expect 0 "$INGOT" answer -m new/best -i squad.json -o predictions.json -q --max-length 52

# An answer that no window holds, one that is too long for a target, and one with pieces that the
# vocabulary lacks are told.
all='The captain waits near the old bridge. The river is cold in the morning.'
sed -e "s/\"The captain\"/\"$all\"/; s/\"stone\"/\"石\"/" squad.json >odd.json
expect 0 "$INGOT" train config.yml --set train.output=odd --set train.updates=20 \
  --set data.train.squad=odd.json
has err '1 questions have answers of which no window holds the whole'
has err "the vocabulary lacks pieces of them, the first: '石'"
sed -e "s/\"$all\"/\"$all $all\"/" odd.json >longer.json
expect 0 "$INGOT" train config.yml --set train.output=longer --set train.updates=20 \
  --set data.train.squad=longer.json
has err 'question a: its answer has'

# What makes no sense.
expect 1 "$INGOT" train new.yml --set train.output=x --set data.sentencepiece=null
has err 'data.sentencepiece: the path of a model file'
expect 1 "$INGOT" train config.yml --set train.output=x --set train.best_metric=bleu
has err 'expected f1, exact or loss'
[ ! -e x ] || fail "a start that failed left something"
