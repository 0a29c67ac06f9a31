#!/usr/bin/env bash
# A model trained here learns to reverse digits; its translations do not depend on threads, workers
# or batches; errors leave nothing half written.
. "$INGOT_SOURCE/tests/cli/common.bash"

toy run 1000
expect 0 "$INGOT" train toy.yml --quiet
[ ! -s err ] || fail "--quiet is not quiet"
model=run/latest
digits 200 99 test.src
reversed test.src >test.trg

expect 0 "$INGOT" translate -m $model -i test.src -o test.out --stats stats.json
right=$(paste -d '|' test.trg test.out | awk -F '|' '$1 == $2 { n++ } END { print n + 0 }')
[ "$right" -ge 100 ] || fail "the toy model has not learnt: $right of 200 rows reversed"
for key in sentences source_tokens target_tokens load_seconds seconds peak_rss_bytes isa threads \
  workers; do has stats.json "\"$key\""; done
has stats.json '"sentences": 200'

for options in "--threads 1" "--threads 2" "--workers 2 --threads 2" "--batch-tokens 1" \
  "--batch-tokens 50" "--batch-tokens 100000"; do
  for beam in 1 3; do
    expect 0 "$INGOT" translate -m $model -i test.src -o beam$beam.out --beam-size $beam --threads 1
    # shellcheck disable=SC2086
    expect 0 "$INGOT" translate -m $model -i test.src -o other.out --beam-size $beam $options
    same beam$beam.out other.out
  done
done
expect 0 "$INGOT" translate -m $model <test.src
cp out stdin.out
same test.out stdin.out
expect 0 "$INGOT" translate --model=$model -i - -o - <test.src
same test.out out

# A line is answered before the next one has come.
mkfifo lines answers
"$INGOT" translate -m $model <lines >answers &
coprocess=$!
exec 3>lines 4<answers
while IFS= read -r line && IFS= read -r expected <&5; do
  echo "$line" >&3
  IFS= read -r -t 60 answer <&4 || fail "no answer to '$line' while the input is open"
  [ "$answer" = "$expected" ] || fail "'$answer' instead of '$expected' for a line alone"
done < <(head -n 3 test.src) 5<test.out
exec 3>&- 4<&-
wait $coprocess || fail "the end of a pipe is an error"

# Long lines and a last one without a newline, through a pipe.
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "%d ", i % 10; printf "\n1 2 3\n4 5" }' >long.src
expect 0 "$INGOT" translate -m $model -i long.src
cp out long.out
expect 0 "$INGOT" translate -m $model < <(cat long.src)
same long.out out
[ "$(wc -l <out)" -eq 3 ] || fail "three lines expected"

# An empty line is an empty line; the last line may lack its newline.
printf '1 2 3\n\n4 5 6' >gaps.src
expect 0 "$INGOT" translate -m $model -i gaps.src
[ "$(wc -l <out)" -eq 3 ] && [ -z "$(sed -n 2p out)" ] || fail "an empty line is not kept"
expect 0 "$INGOT" translate -m $model -i /dev/null
[ ! -s out ] || fail "something from nothing"

# N-best: score, tab, text; scores fall.
expect 0 "$INGOT" translate -m $model -i test.src --beam-size 3 --n-best 2
[ "$(wc -l <out)" -eq 400 ] || fail "two lines a sentence expected"
awk -F '\t' 'NF != 2 { exit 1 } NR % 2 == 0 && $1 > last { exit 1 } { last = $1 }' out ||
  fail "n-best lines"

# Lengths count the end of sentence; ids in, ids out.
expect 0 "$INGOT" translate -m $model -i test.src --ids --min-length 9 --max-length 9
awk 'NF != 9 { exit 1 }' out || fail "exactly nine tokens expected"

# The log-probability of each target, and of each token of the target: they add up.
expect 0 "$INGOT" translate -m $model -i test.src --score-target test.trg
[ "$(wc -l <out)" -eq 200 ] || fail "a score a line expected"
awk 'NF != 1 || $1 > 0 { exit 1 }' out || fail "log-probabilities expected"
head -n 199 test.trg >short.trg
# What changes a search has no effect on a given target.
for option in '--beam-size 4' '--length-penalty 1' '--repetition-penalty 1.2' \
  '--no-repeat-ngram-size 2' --sample; do
  # shellcheck disable=SC2086
  expect 2 "$INGOT" translate -m $model -i test.src --score-target test.trg $option
  has err "${option% *} and --score-target exclude each other"
done
expect 1 "$INGOT" translate -m $model -i test.src --score-target short.trg

# Errors.
expect 1 "$INGOT" translate -m nowhere -i test.src
has err "nowhere"
expect 1 "$INGOT" translate -m $model -i nowhere.src
has err "nowhere.src: No such file"
printf '5 \377 6\n1 2\n3 4\n' >invalid.src
expect 1 "$INGOT" translate -m $model -i invalid.src -o invalid.out --strict
has err "invalid.src"
has err "line 1"
[ ! -e invalid.out ] || fail "a half-written output"
echo old >kept.out
expect 1 "$INGOT" translate -m $model -i invalid.src -o kept.out --strict
[ "$(cat kept.out)" = old ] || fail "an error changed the old output"
expect 1 "$INGOT" translate -m $model -i test.src -o nowhere/out
has err "nowhere/out: cannot write into nowhere: No such file"
mkdir linked
ln -s behind linked/first
ln -s first linked/link
expect 0 "$INGOT" translate -m $model -i gaps.src -o linked/link
[ -L linked/link ] && [ -L linked/first ] && [ -s linked/behind ] ||
  fail "a link to nothing was replaced"
ls | grep -q 'tmp-' && fail "temporaries are left"
expect 0 "$INGOT" translate -m $model -i gaps.src -o /dev/null
[ -c /dev/null ] || fail "/dev/null was replaced"

cp -r $model damaged
size=$(wc -c <damaged/model.safetensors)
head -c $((size / 2)) $model/model.safetensors >damaged/model.safetensors
expect 1 "$INGOT" translate -m damaged -i test.src -o damaged.out
has err "model.safetensors"
[ ! -e damaged.out ] || fail "output of a damaged model"
{ printf '\377\377\377\377\377\377\377\377' &&
  tail -c +9 $model/model.safetensors; } >damaged/model.safetensors
expect 1 "$INGOT" translate -m damaged -i test.src
rm damaged/model.safetensors
expect 1 "$INGOT" translate -m damaged -i test.src
has err "model.safetensors"
touch damaged/pytorch_model.bin
for verb in "translate -m" inspect; do
  # shellcheck disable=SC2086
  expect 1 "$INGOT" $verb damaged
  has err "does not begin as a file of torch.save"
done
rm damaged/pytorch_model.bin
expect 1 "$INGOT" inspect run
has err "there is one in run/latest"
cp $model/model.safetensors damaged/
sed 's/"d_model": 32/"d_model": 16/' $model/config.json >damaged/config.json
grep -q '"d_model": 16' damaged/config.json || fail "no d_model of 32"
expect 1 "$INGOT" inspect damaged
has err "expected shape"
cp $model/model.safetensors damaged/
echo '{"model_type": ' >damaged/config.json
expect 1 "$INGOT" translate -m damaged -i test.src
has err "config.json"
IG_ISA=abacus expect 1 "$INGOT" translate -m $model -i test.src
has err "abacus"

# Looking at it.
expect 0 "$INGOT" inspect $model
has out marian
expect 0 "$INGOT" inspect $model --json
expect 1 "$INGOT" inspect nowhere
