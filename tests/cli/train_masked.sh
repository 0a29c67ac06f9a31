#!/usr/bin/env bash
# An encoder from plain text: a vocabulary is made, masked tokens are learnt, an interrupted run
# goes on to the same bytes, and the result learns questions and gives vectors.
. "$INGOT_SOURCE/tests/cli/common.bash"
# What each word is followed by is all that there is to learn.
awk 'BEGIN {
  split("the old tower of Lyon is green|a new bridge was built by the city|" \
        "它的水很清 。|unfathomable cafés", s, "|")
  for (i = 0; i < 200; i++) print s[i % 4 + 1], s[(i + 1) % 4 + 1]
}' >text
gzip -kc text >text.gz
tail -n 20 text >valid
printf 'café\xff\n\n' >>text
cat >config.yml <<END
data:
  train: {text: [text, text.gz]}
  valid: {text: valid}
  max_length: 12
  wordpiece: {vocab_size: 90}
model: {family: bert, hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2,
        intermediate_size: 64, max_position_embeddings: 24}
train:
  output: run
  batch_tokens: 400
  updates: 160
  optimizer: adamw
  learning_rate: 0.01
  schedule: linear
  warmup: 10
  clip_norm: 1.0
  validate_every: 40
  save_every: 40
  log_every: 40
END
expect 0 "$INGOT" train config.yml --stats stats.json
has err 'WordPiece: '
has err 'data.train: 402 lines are '
has err '1 lines without text'
has err 'lines are longer than 12 tokens (data.max_length) and cut into several sequences'
has stats.json '"repaired_lines": 1'
has run/best/config.json '"BertForMaskedLM"'
has run/best/tokenizer_config.json '"BertTokenizer"'
[ ! -e run/best/generation_config.json ] || fail "an encoder generates nothing"
[ "$(head -n 5 run/vocab.txt | tr '\n' ' ')" = '[PAD] [UNK] [CLS] [SEP] [MASK] ' ] ||
  fail "$(head -n 5 run/vocab.txt)"
has run/vocab.txt '水'
! grep -q '##水' run/vocab.txt || fail "an ideograph goes on no word"
has run/vocab.txt '##w'
grep -q 'are \[UNK\]' err && fail "every letter of the text is a piece"
# The loss falls from that of 90 tokens, 4.5.
grep -o '"valid_loss":[0-9.]*' run/metrics.jsonl | cut -d: -f2 |
  awk '{ last = $1 } END { exit !(last < 2) }' || fail "$(cat run/metrics.jsonl)"
has run/metrics.jsonl '"accuracy":'

# A run that stops and goes on ends with the same bytes; threads and recomputing do not matter.
sed 's/output: run/output: parts/' config.yml >parts.yml
expect 0 "$INGOT" train parts.yml --set train.max_seconds=0.000001
expect 0 "$INGOT" train parts.yml
same parts/latest/model.safetensors run/latest/model.safetensors
tail -n 1 parts/metrics.jsonl >one && tail -n 1 run/metrics.jsonl >two && same one two
expect 0 "$INGOT" train config.yml --set train.output=one_thread --threads 1 -q
same one_thread/latest/model.safetensors run/latest/model.safetensors
expect 0 "$INGOT" train config.yml --set train.output=again --set train.recompute=true -q
same again/latest/model.safetensors run/latest/model.safetensors
# Another share of masks is another run.
expect 1 "$INGOT" train config.yml --set train.mask_probability=0.2
has err 'train.mask_probability is 0.15'

# From there on: vectors, more text, questions.
expect 0 "$INGOT" embed -m run/best -i valid -o vectors -q
[ "$(wc -l <vectors)" -eq 20 ] || fail "$(wc -l <vectors) vectors"
cat >more.yml <<END
data: {train: {text: valid}, max_length: 12}
model: {init: run/best}
train: {output: more, updates: 2}
END
expect 0 "$INGOT" train more.yml
! grep -q 'new head' err || fail "the head that the file has is lost"
cat >squad.json <<'END'
{"data": [{"paragraphs": [{"context": "the old tower of Lyon is green", "qas": [
  {"id": "a", "question": "is green", "answers": [{"text": "Lyon", "answer_start": 17}]}]}]}]}
END
cat >squad.yml <<END
data: {train: {squad: squad.json}, valid: {squad: squad.json}, max_length: 20, stride: 2}
model: {init: run/best}
train: {output: answers, updates: 20, learning_rate: 0.01}
END
expect 0 "$INGOT" train squad.yml
has err 'run/best: it gets a new head for question answering'
has answers/best/config.json '"BertForQuestionAnswering"'

# A file that the model came with is kept.
cp -r run/best kept && echo '{"num_beams": 7}' >kept/generation_config.json
expect 0 "$INGOT" train more.yml --set model.init=kept --set train.output=keeps -q
same keeps/latest/generation_config.json kept/generation_config.json

# An encoder without such a head gets one; other families; nothing that is masked.
for family in bert electra albert distilbert; do
  mkdir "$family"
  cp "$INGOT_SOURCE/tests/golden/encoders/${family}_none"/{config.json,model.safetensors} "$family"
  head -n 40 run/vocab.txt >"$family/vocab.txt"
  expect 0 "$INGOT" train more.yml --set model.init="$family" --set train.output="$family.more"
  has err "$family: it gets a new head for masked tokens"
  has "$family.more/latest/config.json" 'ForMaskedLM"'
  has err 'are [UNK]: '
done
small=(--set model.num_hidden_layers=2 --set train.updates=12 --set train.validate_every=0)
for family in electra albert; do
  expect 0 "$INGOT" train config.yml --set model.family=$family --set model.embedding_size=16 \
    --set train.output=$family.new "${small[@]}"
  has $family.new/latest/config.json 'ForMaskedLM"'
done
# By chance no token of an update is masked. Of a validation this would be a loss of 0, the best.
sed '/valid:/d' config.yml >none.yml
expect 0 "$INGOT" train none.yml --set train.output=none "${small[@]}" \
  --set train.mask_probability=1e-9
has none/latest/config.json 'ForMaskedLM"'

# What became [UNK] is told with advice that helps: no larger vocabulary has a letter that the
# training text lacks, and none cuts a word that is too long.
advised() { # TEXT_OF_TRAIN TEXT_OF_VALID SIZE
  echo "$1" >lost.train && echo "$2" >lost.valid
  expect 0 "$INGOT" train config.yml "${small[@]}" --set data.train.text=lost.train \
    --set data.valid.text=lost.valid --set train.output="lost$3" \
    --set data.wordpiece.vocab_size="$3"
}
green=$(printf 'green %.0s' {1..60}) tower=$(printf 'tower%.0s' {1..25})
advised "$green" "$green ☃" 40
has err "are [UNK]: '☃' 1; what data.valid alone has gets no piece from data.train"
advised "$green $tower" "$green" 41
has err '1; WordPiece cuts no word of more than 100 letters'
! grep -q 'larger data.wordpiece' err || fail "$(cat err)"
advised "$green ☃" "$green ☃" 13
[ "$(grep -c "'☃' 1; a larger data.wordpiece.vocab_size has room" err)" -eq 2 ] ||
  fail "$(cat err)"
! grep -q 'all that the text gives' err || fail "a letter is left out: $(cat err)"

# What makes no sense.
refused() {
  local words=$1
  shift
  expect 1 "$INGOT" train config.yml --set train.output=x "$@"
  has err "$words"
}
refused 'expected loss, for the data are plain text' --set train.best_metric=f1
refused 'with text, expected no other key' --set data.train.source=text
refused 'expected files as those of data.train' --set 'data.valid={squad: squad.json}'
refused 'plain text has no such key' --set data.sentencepiece.vocab_size=90
refused 'plain text has no such key' --set train.samples=3
refused 'expected a number above 0 to 1, found 0' --set train.mask_probability=0
refused '--set: train.random_replace_probability: expected no more than 1 together' \
  --set train.random_replace_probability=0.3
refused "did you mean 'train.mask_probability'" --set train.mlm_probability=0.2
refused 'more than the 2 special tokens beside a text' --set data.max_length=2
refused 'the model has 24 positions, found 25' --set data.max_length=25
refused 'expected a number from 6' --set data.wordpiece.vocab_size=5
refused 'text:201: ' --set data.strict=true
refused 'nowhere' --set 'data.train.text=nowhere'
refused 'start from model.init, or make an encoder of albert, bert' \
  --set 'model={family: roberta}'
refused 'marian has a decoder: expected model.init, or a family of albert, bert' \
  --set 'model={family: marian}'
refused 'keeps its own tokenizer' --set 'model={init: run/best}'
refused 'the model has a decoder' --set "model={init: $INGOT_SOURCE/models/en-de}" \
  --set 'data={train: {text: text}, valid: {text: valid}}'
refused 'valid: none of its ' --set train.mask_probability=1e-9
echo a >tiny
refused 'tiny: none of its 1 tokens is masked, so that it measures nothing' \
  --set data.valid.text=tiny
echo '☃ ☃ ☃' >foreign
refused 'foreign: none of its tokens can be masked' --set data.valid.text=foreign
expect 1 "$INGOT" train more.yml --set model.init=bert --set train.output=x \
  --set data.train.text=foreign
has err 'foreign: none of its tokens can be masked'
: >nothing
refused 'nothing: expected lines of text, found none' --set data.train.text=nothing
[ ! -e x ] || fail "a start that failed left something"
