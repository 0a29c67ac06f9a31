#!/usr/bin/env bash
# Wrong configurations and wrong data: exit code 1, the place in the message, nothing written.
. "$INGOT_SOURCE/tests/cli/common.bash"

expect 1 "$INGOT" train missing.yml
has err "missing.yml"

toy run 10
sed -i 's/learning_rate/learning_rat/' toy.yml
expect 1 "$INGOT" train toy.yml
has err "toy.yml:"
has err "learning_rat"
has err "learning_rate"
[ ! -e run ] || fail "a wrong configuration made its output directory"

toy run 10
expect 1 "$INGOT" train toy.yml --set train.updats=5
has err "updats"
expect 1 "$INGOT" train toy.yml --set updates=10
has err "did you mean 'train.updates'"
expect 1 "$INGOT" train toy.yml --set train.updates=many
has err "many"
[ ! -e run ] || fail "a wrong --set made the output directory"

head -n 1999 toy.trg >short.trg
expect 1 "$INGOT" train toy.yml --set data.train.target=short.trg
has err "2000"
has err "1999"
has err "short.trg"

{ head -n 9 toy.trg && printf '1 \377 2\n' && tail -n +11 toy.trg; } >invalid.trg
expect 1 "$INGOT" train toy.yml --set data.train.target=invalid.trg --set data.strict=true
has err "invalid.trg:10: not UTF-8 at byte 3 of the line"
expect 0 "$INGOT" train toy.yml --set data.train.target=invalid.trg --set train.updates=1 \
  --set train.output=repaired --stats stats.json
has err "warning: invalid.trg:10: byte 3 (0xFF) is not UTF-8: read as U+FFFD"
has stats.json '"repaired_lines": 1'

expect 1 "$INGOT" train toy.yml --set data.train.source=nowhere.src
has err "nowhere.src"
[ ! -e run/latest ] || fail "a failed start left a checkpoint"

# What is wrong is found before a tokenizer is trained, and named with its file.
sed 's/  tokens: whitespace/  sentencepiece: {vocab_size: 30}/' toy.yml >pieces.yml
for wrong in model.dropout=2 model.d_model=33 data.max_length=5000 data.train.target=short.trg; do
  expect 1 "$INGOT" train pieces.yml --set "train.output=pieces" --set "$wrong"
  ls pieces 2>/dev/null | grep -q . && fail "$wrong: a tokenizer was trained first"
done
expect 1 "$INGOT" train pieces.yml --set model.d_model=33
has err "pieces.yml: d_model"

printf 'data: {train: {source: a\n' >broken.yml
expect 1 "$INGOT" train broken.yml
has err "broken.yml:"

# More pieces than the data can give.
rm -rf run
grep -v 'tokens: whitespace' toy.yml >pieces.yml
expect 1 "$INGOT" train pieces.yml --set data.sentencepiece.vocab_size=8000
has err "data.sentencepiece.vocab_size"
