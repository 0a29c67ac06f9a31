#!/usr/bin/env bash
# The greedy soup of models that answer, chosen by F1 or exact answers to held-out questions: which
# model goes in depends on what the right answers are.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
goldens=$INGOT_SOURCE/tests/golden
cat >questions.json <<'END'
{"version": "1.1", "data": [{"title": "t", "paragraphs": [
 {"context": " The captain waits for the boat. Stones in the river are cold in the morning.",
  "qas": [
  {"id": "a", "question": "Who waits ?",
   "answers": [{"text": "ANSWER a", "answer_start": 0}]},
  {"id": "b", "question": "What are the stones?",
   "answers": [{"text": "ANSWER b", "answer_start": 0}]},
  {"id": "c", "question": "Who is cold?",
   "answers": [{"text": "ANSWER c", "answer_start": 0}]}]},
 {"context": "The boat is cold.", "qas": [
  {"id": "d", "question": "What is cold?",
   "answers": [{"text": "ANSWER d", "answer_start": 0}]},
  {"id": "e", "question": "What do the stones weigh?",
   "answers": [{"text": "ANSWER e", "answer_start": 0}]}]}]}]}
END

# What a model answers is right: right MODEL OPTIONS... writes held-out.json; its F1 is "$score".
right() {
  "$INGOT" answer -q -m "$1" -i questions.json -o predictions.json "${@:2}" || fail "no answers"
  cp questions.json held-out.json
  local id answer
  for id in a b c d e; do
    answer=$(sed -nE "s/.*\"$id\": \"(([^\"\\\\]|\\\\.)*)\".*/\1/p" predictions.json)
    sed "s|ANSWER $id\"|${answer:-nothing at all}\"|" held-out.json >next && mv next held-out.json
  done
  score=$("$INGOT" score squad --reference held-out.json --hypothesis predictions.json \
    2>warnings | sed -nE 's/^f1[^=]* = ([0-9.]+)$/\1/p')
  [ "${score%.*}" -ge 40 ] || fail "$1 scores $score by what it says itself"
}
soup() { expect "$1" "$INGOT" fuse recipe.yml -o "$2" --held-out-questions held-out.json "${@:3}"; }
expect_kept() {
  tr -d ' \n' <"$1/fusion.json" >json
  grep -qE "\"model\":\"$2\",\"score\":[-0-9.e]+,\"average\":[-0-9.e]+,\"kept\":$3" json ||
    fail "$1: $2 is not kept: $3: $(cat json)"
}

# FOLDER OPTIONS...: two models, each of which is best where its answers are the right ones.
compare() {
  rm -rf good other soup again mine
  cp -r "$goldens/$1" good
  recipe 'merge_method: passthrough' \
    'models: [{model: good, parameters: {scale: [{select: encoder, value: 1.5}, {value: 1}]}}]'
  expect 0 "$INGOT" fuse recipe.yml -o other -q
  recipe 'merge_method: greedy_soup' 'models: [{model: other}, {model: good}]'
  right good "${@:2}"
  soup 0 soup --threads 1
  has err "good: $score"
  expect_kept soup other false
  expect_kept soup good true
  same soup/model.safetensors good/model.safetensors
  "$INGOT" answer -q -m soup -i questions.json -o mine.json "${@:2}"
  same mine.json predictions.json
  soup 0 again -q --threads 3 --metric exact
  same soup/model.safetensors again/model.safetensors
  # The other way round.
  right other "${@:2}"
  soup 0 mine
  expect_kept mine good false
  expect_kept mine other true
}
compare answers --post-processing run_qa
compare generated_answers/bart

# What makes no sense.
recipe 'merge_method: greedy_soup' 'models: [{model: other}, {model: good}]'
soup 2 none --metric bleu
has err 'is of --held-out-source'
expect 2 "$INGOT" fuse recipe.yml -o none --held-out-source a --held-out-reference b --metric f1
has err 'is of --held-out-questions'
soup 2 none --held-out-source a --held-out-reference b
has err 'either --held-out-source or --held-out-questions'
# Nothing is scored where nothing is held out.
expect 2 "$INGOT" fuse recipe.yml -o none --metric chrf
has err '--metric is of what is held out'
expect 2 "$INGOT" fuse recipe.yml -o none --beam-size 2
has err '--beam-size is of what is held out'
soup 2 none --report held-out.json
expect 1 "$INGOT" fuse recipe.yml -o none --held-out-questions nowhere.json
has err 'nowhere.json'
recipe 'merge_method: greedy_soup' "models: [{model: $goldens/encoders/bert_none}]"
soup 1 none
[ ! -e none ] && [ ! -e none.partial ] && [ ! -e none.stages ] || fail "something is left"
