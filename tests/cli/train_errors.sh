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

# A '~' that no shell has replaced is no directory's name.
expect 1 "$INGOT" train toy.yml --set 'train.output=~/run'
has err "train.output: ~/run: '~' is not taken for the home directory"
expect 1 "$INGOT" train toy.yml --stats '~/stats.json'
has err "~/stats.json: '~' is not taken for the home directory"
expect 2 "$INGOT" translate -m models -i toy.src -o '~/out'
has err "--output ~/out: '~' is not taken for the home directory"
expect 2 "$INGOT" translate -m models -i toy.src -o out.txt --stats '~'
has err "--stats ~: '~' is not taken for the home directory"
echo '{merge_method: passthrough, models: [{model: none}]}' >none.yml
expect 1 "$INGOT" fuse none.yml -o '~/fused'
has err "~/fused: '~' is not taken for the home directory"
expect 1 "$INGOT" fuse none.yml --dry-run --report '~/page.html'
has err "~/page.html: '~' is not taken for the home directory"
[ ! -e '~' ] || fail "a directory named ~ was made"

# Pairs that are left out are a warning, which --quiet shows, and counts; those of validation too.
{ echo && yes '1 2' | head -n 4 && yes '1 2 3 4 5 6 7 8 9' | head -n 2; } >uneven.src
{ echo '1 2' && yes '2 1' | head -n 6; } >uneven.trg
uneven='{source: uneven.src, target: uneven.trg}'
expect 0 "$INGOT" train toy.yml --set "data.train=$uneven" --set "data.valid=$uneven" \
  --set model.max_position_embeddings=9 --set data.max_length=8 --set train.updates=1 \
  --set train.output=uneven --stats stats.json --quiet
has err "warning: data.train: 3 of 7 pairs are left out, the first at uneven.src:1: \
2 longer than 8 tokens (data.max_length), 1 with an empty side"
has err "warning: data.valid: 3 of 7 pairs are left out, the first at uneven.src:1: \
2 longer than 9 tokens (the model's positions), 1 with an empty side; \
validation scores the others alone"
for count in '"pairs": 4' '"too_long_pairs": 2' '"empty_pairs": 1' '"valid_pairs": 4' \
  '"valid_too_long_pairs": 2' '"valid_empty_pairs": 1'; do
  has stats.json "$count"
done
expect 0 "$INGOT" train toy.yml --set train.updates=1 --set train.output=even --quiet
! grep -q "left out" err || fail "nothing is left out"

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
has err "pieces.yml, --set: model.d_model: expected an even number"
expect 1 "$INGOT" train pieces.yml --set model.dropout=2
has err "pieces.yml, --set: model.dropout: "
sed 's/d_model: 32/d_model: 33/' pieces.yml >odd.yml
expect 1 "$INGOT" train odd.yml
has err "odd.yml:4: model.d_model: expected an even number"

# So are the files to validate on, whatever the tokenizer is; nothing is left of such a start.
head -n 20 toy.src >valid.src
head -n 20 toy.trg >valid.trg
head -n 19 toy.trg >valid_short.trg
printf '\n\n' >blank.trg
: >empty.trg
for recipe in toy pieces; do
  valid() { # TARGET MESSAGE
    expect 1 "$INGOT" train "$recipe.yml" --set train.output=none/of/this \
      --set "data.valid={source: valid.src, target: $1}"
    has err "$2"
    ! grep -q 'training SentencePiece' err || fail "$1: a tokenizer was trained first"
    [ ! -e none ] || fail "$1: a start that failed has left a directory"
  }
  valid valid_short.trg "valid.src has 20 lines, valid_short.trg has 19"
  valid nowhere.trg "nowhere.trg"
  valid empty.trg "valid.src has 20 lines, empty.trg has 0"
done
expect 1 "$INGOT" train pieces.yml --set train.output=none/of/this \
  --set 'data.valid={source: blank.trg, target: blank.trg}'
has err "blank.trg: expected pairs of lines with text, found none in 2 lines"
[ ! -e none ] || fail "a start that failed has left a directory"

# What only shows after the tokenizer was trained leaves nothing either; what was there stays.
mkdir kept && echo mine >kept/notes
expect 1 "$INGOT" train pieces.yml --set train.output=kept \
  --set data.max_length=1 --set data.sentencepiece.vocab_size=20
has err "no pair of sentences is left to train on"
[ "$(ls -A kept)" = "notes" ] || fail "a start that failed has left: $(ls -A kept)"
expect 1 "$INGOT" train pieces.yml --set train.output=none/of/this \
  --set data.max_length=1 --set data.sentencepiece.vocab_size=20
[ ! -e none ] || fail "a start that failed has left a directory"

# A directory that cannot be written to, and one that training cannot start from.
: >file
expect 1 "$INGOT" train pieces.yml --set train.output=file/run
has err "file"
for directory in nowhere kept; do
  expect 1 "$INGOT" train toy.yml --set train.output=none --set "model={init: $directory}" \
    --set 'data={train: {source: toy.src, target: toy.trg}}'
  has err "$directory/config.json"
  [ ! -e none ] || fail "a start that failed has left a directory"
done

# The keys of other programs.
expect 1 "$INGOT" train toy.yml --set train.lr=0.1
has err "did you mean 'train.learning_rate'?"

printf 'data: {train: {source: a\n' >broken.yml
expect 1 "$INGOT" train broken.yml
has err "broken.yml:"

# More pieces than the data can give.
rm -rf run
grep -v 'tokens: whitespace' toy.yml >pieces.yml
expect 1 "$INGOT" train pieces.yml --set data.sentencepiece.vocab_size=8000
has err "data.sentencepiece.vocab_size"
