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
