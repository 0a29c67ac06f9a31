#!/usr/bin/env bash
# What users really hand over: lines without end, models with NaN, disks that are full, files that
# go away. Exit code 1, a message that names the place, nothing lost.
. "$INGOT_SOURCE/tests/cli/common.bash"

toy run 10
expect 0 "$INGOT" train toy.yml --quiet
model=run/latest
printf '1 2 3\n' >short.src

# A line far longer than the model's positions is cut where it is one sentence, with a warning, and
# stays one line.
{ yes '1 2 3 4 5' | head -n 20000 | tr '\n' ' ' && echo && echo '1 2'; } >long.src
[ "$(wc -w <long.src)" -eq 100002 ] || fail "a line of 100,000 words expected"
expect 0 "$INGOT" translate -m $model -i long.src --split-sentences off
[ "$(wc -l <out)" -eq 2 ] || fail "two lines expected"
has err "line 1: 100001 source tokens"
cp long.src long.trg
expect 0 "$INGOT" train toy.yml --quiet --set train.output=long \
  --set data.train.source=[toy.src,long.src] --set data.train.target=[toy.trg,long.trg]

# A NUL is no text: with --strict an error of every verb.
printf '1 2\n3 \000 4\n' >nul.src
expect 1 "$INGOT" translate -m $model -i nul.src -o nul.out --strict
has err "nul.src"
has err "line 2: a NUL at byte 3"
[ ! -e nul.out ] || fail "an output of no text"
expect 1 "$INGOT" translate -m $model -i short.src --score-target nul.src --strict
printf '1\n2\n' >two.ref
expect 1 "$INGOT" score bleu -r two.ref -i nul.src --strict
has err "nul.src:2: a NUL"

# float32 little-endian NaN and infinity as the last value of the file.
for bits in '\000\000\300\177' '\000\000\200\377'; do
  cp -r $model broken
  size=$(wc -c <broken/model.safetensors)
  # shellcheck disable=SC2059
  { head -c $((size - 4)) $model/model.safetensors && printf "$bits"; } >broken/model.safetensors
  expect 1 "$INGOT" translate -m broken -i short.src
  has err "broken/model.safetensors: tensor "
  has err "expected a finite number"
  rm -r broken
done

# Full disks and outputs that cannot be written.
yes '1 2 3' | head -n 20000 >many.src
expect 1 "$INGOT" translate -m $model -i short.src -o /dev/full
has err "/dev/full: No space left on device"
expect 1 bash -c "'$INGOT' translate -m $model -i short.src >/dev/full"
has err "standard output: No space left on device"
echo old >kept.out
expect 1 bash -c "ulimit -f 8
  '$INGOT' translate -m $model -i many.src -o kept.out --max-length 4 --ids"
has err "kept.out: File too large"
[ "$(cat kept.out)" = old ] || fail "a full disk cost the old output"
expect 1 bash -c "ulimit -f 8; '$INGOT' train toy.yml --set train.output=full"
has err "File too large"
[ ! -e full/latest ] || fail "half a checkpoint"
find . -name '*tmp*' | grep -q . && fail "temporaries are left"

# What is wrong with --stats is said before anything is replaced or trained.
for stats in nowhere/stats.json run; do
  expect 1 "$INGOT" translate -m $model -i short.src -o kept.out --stats $stats
  has err "$stats"
  [ "$(cat kept.out)" = old ] || fail "the output was replaced before --stats $stats failed"
  expect 1 "$INGOT" train toy.yml --set train.output=unstarted --stats $stats
  has err "$stats"
  [ ! -e unstarted ] || fail "the training began before --stats $stats failed"
done
expect 1 "$INGOT" translate -m $model -i short.src --stats /dev/full
has err "/dev/full"

# Two files in one, by whatever names; options that contradict each other.
ln -sf kept.out link.out
for pair in "-o kept.out --stats kept.out" "-o kept.out --stats ./link.out" \
  "-o new.out --stats ../${PWD##*/}/new.out" "-o - --stats -" \
  "--score-target kept.out -o kept.out" "--score-target kept.out --stats kept.out" \
  "-o x --stats short.src"; do
  expect 2 "$INGOT" translate -m $model -i short.src $pair
  has err "$(grep -o -- '--stats' <<<"$pair" || echo --score-target)"
  if [ "$(cat kept.out)" != old ] || [ -e new.out ] ||
    [ -e x ]; then fail "something was written before $pair was refused"; fi
done
# A variable that was not set must not mean the directory one is in.
cp $model/config.json .
expect 2 "$INGOT" translate -m '' -i short.src
has err '--model: DIR is empty'
expect 2 "$INGOT" translate -m $model -i short.src -o ''
has err '--output: FILE is empty'
expect 2 "$INGOT" inspect ''
has err 'MODEL is empty'
rm config.json
expect 2 "$INGOT" translate -m $model --score-target - </dev/null
expect 2 "$INGOT" translate -m $model -i short.src --beam-size 2 --n-best 4
has err "--n-best 4 is more than --beam-size 2"
expect 2 "$INGOT" translate -m $model -i short.src --threads 2000
has err "--threads"
rm link.out

# SentencePiece speaks of the user's files, not of its own.
sed 's/  tokens: whitespace/  sentencepiece: {vocab_size: 300}/' toy.yml >pieces.yml
expect 1 "$INGOT" train pieces.yml --set train.output=pieces
has err "vocab_size: expected at most 23, for the text has no more pieces; found 300"
grep -q '\.cc' err && fail "a file name of SentencePiece's own"
sed 's/  tokens: whitespace/  sentencepiece: toy.src/' toy.yml >pieces.yml
expect 1 "$INGOT" train pieces.yml --set train.output=pieces
has err "toy.src: damaged, or not a SentencePiece model"

expect 1 "$INGOT" train toy.yml --set train.updates=many
has err "toy.yml, --set: train.updates"
