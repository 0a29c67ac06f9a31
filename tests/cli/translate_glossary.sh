#!/usr/bin/env bash
# --glossary: the target terms are in the translations whose sources have the terms, any of their
# forms will do; malformed lines are refused by number; what cannot be is told.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/models/en-de

printf 'The cat sleeps and the dog barks.\nGood morning!\n\nCats are nice. The Cat is black.\n' >in
printf 'cat\tKater\tKatzentier\r\ndog\tRüde\n\nblack\tdunkel\nice cream\tEis\n' >terms.tsv
expect 0 "$INGOT" translate -m "$model" -i in
cp out free
! grep -qE 'Kater|Katzentier|Rüde|dunkel' free || fail "the model says so by itself"
expect 0 "$INGOT" translate -m "$model" -i in --glossary terms.tsv --stats stats
cp out kept
[ "$(wc -l <kept)" -eq 4 ] || fail "lines: $(cat kept)"
sed -n 1p kept | grep -qE 'Kater|Katzentier' || fail "cat: $(cat kept)"
sed -n 1p kept | grep -q 'Rüde' || fail "dog: $(cat kept)"
sed -n 4p kept | grep -q 'unkel' || fail "black: $(cat kept)"
sed -n 4p kept | grep -qE 'Kater|Katzentier' || fail "Cat: $(cat kept)"
has stats '"glossary_terms": 4'
has stats '"missing_terms": 0'
# Where no term occurs nothing changes.
same <(sed -n 2,3p kept) <(sed -n 2,3p free)

# The same for any batch and threads; the n best all have the terms.
expect 0 "$INGOT" translate -m "$model" -i in --glossary terms.tsv --batch-tokens 1 --threads 1
same out kept
expect 0 "$INGOT" translate -m "$model" -i in --glossary terms.tsv --n-best 3
head -3 out | grep -c 'Rüde' | grep -qx 3 || fail "three best: $(cat out)"

# What cannot be is told: no place for a term, and a term that the vocabulary cannot spell.
expect 0 "$INGOT" translate -m "$model" -i in --glossary terms.tsv --max-length 3 --stats stats
has err 'line 1: of 2 terms of the glossary'
printf 'cat\t猫😀\n' >odd.tsv
expect 0 "$INGOT" translate -m "$model" -i in --glossary odd.tsv
has err 'the vocabulary cannot spell the target terms of 1 lines of the glossary'
same out free

# Unlikely terms come where the source has them, in place of the model's own words, and with a
# capital only at the beginning; scores are the model's. The same for any batch and threads.
printf 'The dog sleeps in the house.\nI like ice cream.\n' >places
printf 'dog\tKöter\nhouse\tGebäude\nice cream\tkaltes Eis\n' >places.tsv
expect 0 "$INGOT" translate -m "$model" -i places --glossary places.tsv
printf 'Der Köter schläft im Gebäude.\nIch mag kaltes Eis.\n' >wanted
same out wanted
cp out placed
expect 0 "$INGOT" translate -m "$model" -i places --glossary places.tsv --batch-tokens 1 \
  --threads 1
same out placed
expect 0 "$INGOT" translate -m "$model" -i places --glossary places.tsv --scores sentence \
  --length-penalty 0
cut -f1 out >scores
expect 0 "$INGOT" translate -m "$model" -i places --score-target placed
paste scores out | awk '{ d = $1 - $2; if (d * d > 1e-4) exit 1 }' ||
  fail "scores: $(paste scores out)"

# A term that a bad word or a repetition excludes is told, and the translation ends all the same.
printf 'The dog sleeps in the house.\n' >dog
printf 'dog\tKöter\nhouse\tGebäude\n' >two.tsv
echo 'Köter' >bad
expect 0 "$INGOT" translate -m "$model" -i dog --glossary two.tsv --bad-words bad --stats stats
has out Gebäude
has err 'line 1: of 2 terms of the glossary 1 is not in the translation; bad words, suppressed'
has stats '"missing_terms": 1, "excluded_terms": 1'
has stats '"unfinished": 0'
printf 'dog\tKöter\n' >one.tsv
expect 0 "$INGOT" translate -m "$model" -i dog --bad-words bad
cp out free
expect 0 "$INGOT" translate -m "$model" -i dog --glossary one.tsv --bad-words bad --stats stats
same out free
has stats '"missing_terms": 1, "excluded_terms": 1'
printf 'dog\tHund Hund\n' >one.tsv
expect 0 "$INGOT" translate -m "$model" -i dog --glossary one.tsv --no-repeat-ngram-size 1 \
  --stats stats
has stats '"unfinished": 0'
has stats '"missing_terms": 1, "excluded_terms": 1'

# White space is one space, on both sides.
printf 'ice  cream\t kaltes \xc2\xa0 Eis\n' >spaces.tsv
printf 'I like ice \xc2\xa0cream.\n' >ice
expect 0 "$INGOT" translate -m "$model" -i ice --glossary spaces.tsv
has out 'kaltes Eis'
printf 'ice cream\tEis\nice  cream\tRahm\n' >spaces.tsv
expect 1 "$INGOT" translate -m "$model" -i ice --glossary spaces.tsv
has err "the source term 'ice cream' is in line 1, too"

printf 'cat\tdie </s> Katze\n' >odd.tsv
expect 0 "$INGOT" translate -m "$model" -i in --glossary odd.tsv
has err 'the vocabulary cannot spell the target terms of 1 lines of the glossary'

# Of two terms that differ in case the text's own counts, whatever their order.
echo 'I like Apple.' >apple
printf 'Apple\tMars\napple\tBanane\n' >one.tsv
printf 'apple\tBanane\nApple\tMars\n' >other.tsv
for file in one.tsv other.tsv; do
  expect 0 "$INGOT" translate -m "$model" -i apple --glossary "$file"
  has out Mars
done

# A sentence of which the model can read nothing has its terms missing.
printf '我爱世界\n' >unread
printf '世界\tErde\n' >world.tsv
expect 0 "$INGOT" translate -m "$model" -i unread --glossary world.tsv --stats stats
has stats '"missing_terms": 1'

# --resume goes on with what the files of the first run held alone.
printf 'The cat sleeps.\nThe cat \xff.\nThe cat barks.\n' >broken
for option in glossary bad-words; do
  printf 'cat\tKater\n' >first.tsv
  [ $option = glossary ] || echo Katze >first.tsv
  run=("$INGOT" translate -m "$model" -i broken --strict -o result "--$option" first.tsv)
  expect 1 "${run[@]}"
  [ -s result.partial ] || fail "nothing is kept"
  expect 1 "${run[@]}" --resume
  has err 'broken: line 2: not UTF-8'
  sed -i 's/Kat/Kaz/' first.tsv
  expect 1 "${run[@]}" --resume
  ! grep -q 'not UTF-8' err || fail "--resume goes on with another file of --$option"
  rm -f result.partial*
done

# A given target is not searched for.
for option in "--glossary terms.tsv" "--bad-words terms.tsv" --keep-unknown "--target-prefix Ja" \
  "--max-length-factor 2" "--early-stopping true"; do
  # shellcheck disable=SC2086
  expect 2 "$INGOT" translate -m "$model" -i in --score-target in $option
  has err "${option%% *} and --score-target exclude each other"
done

# A prefix leaves room for the text; a length that is a multiple of the source's is not rounded up.
expect 1 "$INGOT" translate -m "$model" -i in --prefix "$(printf 'many words %.0s' $(seq 150))"
has err "positions"
echo '5 6 7 8 9 10 11 12 13 0' >ten
expect 0 "$INGOT" translate -m "$model" -i ten --ids-in --ids --min-length 100 --max-length 200 \
  --max-length-factor 1.1
[ "$(wc -w <out)" -eq 11 ] || fail "1.1 times 10 tokens: $(cat out)"

# Malformed files.
refused() {
  printf "$1" >bad.tsv
  expect 1 "$INGOT" translate -m "$model" -i in --glossary bad.tsv
  has err "bad.tsv: line $2"
}
refused 'cat\tKater\ndog\n' 2
refused 'cat\t\n' 1
refused '\tKater\n' 1
refused 'cat\tKater\nb\tB\ncat\tKatze\n' 3
printf 'dog\tHund\ncat\tKa\xff\n' >bad.tsv
expect 1 "$INGOT" translate -m "$model" -i in --glossary bad.tsv
has err 'bad.tsv:2: not UTF-8'
expect 1 "$INGOT" translate -m "$model" -i in --glossary none.tsv
expect 1 "$INGOT" translate -m "$model" -i in --glossary terms.tsv --beam-size 1
has err 'it needs beam search'
expect 2 "$INGOT" translate -m "$model" -i in --glossary terms.tsv -o terms.tsv
has err '--output and --glossary are the same file'
exit 0
