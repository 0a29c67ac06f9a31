#!/usr/bin/env bash
# `mpirun -n N ingot translate`: the bytes and the counts of one process, for any N, from a file and
# from a pipe; warnings with the lines of the whole text; a bad line ends all of them after the
# lines before it, and --resume goes on.
. "$INGOT_SOURCE/tests/cli/common.bash"
. "$INGOT_SOURCE/tests/cli/ranks.bash"
model=$INGOT_SOURCE/models/en-de
[ -e "$model" ] || { echo "skipped: no $model"; exit 77; }

for i in $(seq 30); do
  printf 'This is house number %d. It is old.\nA dog runs in the park.\n\n' "$i"
  echo "Two men are talking about $i things, and a woman listens."
done >text
printf 'a line with \xff bytes\nzzz 你好\n' >>text
translate() { "$INGOT" translate -m "$model" --threads 1 "$@"; }
counts() { tr ',' '\n' <"$1" | grep -v 'seconds\|rss\|threads'; }

expect 0 translate -i text -o alone --stats alone.json
grep '^warning: line 12[12]:' err >alone.warnings
[ "$(wc -l <alone.warnings)" -eq 2 ] || fail "the text warns of two lines"
for n in 1 2 3; do
  expect 0 ranks $n "$INGOT" translate -m "$model" --threads 1 -i text -o of-$n --stats of-$n.json
  same alone of-$n
  same <(counts alone.json) <(counts of-$n.json)
  same alone.warnings <(grep '^warning: line' err)
done
ranks 2 "$INGOT" translate -m "$model" --threads 1 <text >piped 2>err || fail "from a pipe"
same alone piped
: >nothing
expect 0 ranks 2 "$INGOT" translate -m "$model" -i nothing -o empty
[ -e empty ] && [ ! -s empty ] || fail "nothing is translated to nothing"

# What is drawn depends on the number of the line, not on who draws.
expect 0 translate -i text -o drawn --sample --n-best 2 --quiet
expect 0 ranks 3 "$INGOT" translate -m "$model" --threads 1 -i text -o drawn-3 --sample --n-best 2
same drawn drawn-3
# Negative control: other draws differ.
expect 0 translate -i text -o other --sample --n-best 2 --seed 2 --quiet
! cmp -s drawn other || fail "the seed is lost"

ranks 3 "$INGOT" translate -m "$model" --threads 1 -i text -o broken --strict >out 2>err &&
  fail "a line that is no text is no failure"
has err "text: line 121: not UTF-8"
has err "120 lines written"
[ "$(grep -c '^ingot translate:' err)" -eq 1 ] || fail "who speaks?"
expect 0 ranks 2 "$INGOT" translate -m "$model" --threads 1 -i text -o broken --resume
same alone broken

ranks 2 "$INGOT" translate -m "$model" -i text -o aligned --alignments links >out 2>err &&
  fail "alignments are not shared"
has err "--alignments is for one process"
