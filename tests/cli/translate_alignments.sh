#!/usr/bin/env bash
# Files of alignments: a line for each line of output, positions that go on through the sentences of
# a line, the picture of a sentence, and what excludes what.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/models/en-de

printf 'How are you? I live in London & in Paris.\n\nThe <b>3</b> "dogs" bark.\n' >in
expect 0 "$INGOT" translate -m "$model" -i in --alignments plain
cp out translated
[ "$(wc -l <plain)" -eq 3 ] || fail "$(wc -l <plain) lines of alignments"
[ -z "$(sed -n 2p plain)" ] || fail "an empty line has links"
# London is token 7 of the source, and of the target: those of the first sentence count.
has plain ' 7-8 '
# Every target token is linked once.
for line in 1 3; do
  sed -n ${line}p plain | tr ' ' '\n' | sed 's/.*-//' >targets
  same targets <(seq 0 $(($(wc -l <targets) - 1)))
done

# The output does not depend on it, and alignments not on threads and batches.
expect 0 "$INGOT" translate -m "$model" -i in
same out translated
expect 0 "$INGOT" translate -m "$model" -i in --alignments again --batch-tokens 1 --threads 1
same plain again

# n best: a line for each translation.
expect 0 "$INGOT" translate -m "$model" -i in --n-best 3 --alignments plain
[ "$(wc -l <plain)" -eq 9 ] || fail "$(wc -l <plain) lines for 3 best"

# JSON has the tokens; soft the weights of each sentence, ends included.
expect 0 "$INGOT" translate -m "$model" -i in --alignments json --alignments-format json
has json '{"line": 1, "hypothesis": 1, "sentences": [{"source": ["▁How", "▁are", "▁you", "?",'
has json '}, {"source": ["▁I", "▁live",'
has json '{"line": 2, "hypothesis": 1, "sentences": [{"source": [], "target": [], "links": [],'
expect 0 "$INGOT" translate -m "$model" -i in --alignments soft --alignments-format soft
[ "$(sed -n 1p soft | tr -cd '\t' | wc -c)" -eq 1 ] || fail "two sentences have one tab"
sed -n 1p soft | cut -f1 | tr ' ' '\n' | awk -F, '
  { sum = 0; for (i = 1; i <= NF; i++) sum += $i
    if (NF != 5 || sum < 0.9999 || sum > 1.0001) exit 1 }
  END { exit NR < 4 }' || fail "rows do not add up to 1: $(sed -n 1p soft)"

# The picture: markup in tokens is escaped, marks of words are not shown.
tail -1 in >markup
expect 0 "$INGOT" translate -m "$model" -i markup --alignments-svg picture.svg
has picture.svg '<svg xmlns="http://www.w3.org/2000/svg"'
has picture.svg '&lt;'
has picture.svg '&quot;'
[ "$(grep -c '</svg>' picture.svg)" -eq 1 ] || fail "the picture does not end"
! grep -q '▁[a-zA-Z]' picture.svg || fail "a mark of a word is shown"
[ "$(grep -o '<[a-z]*' picture.svg | sort -u | tr -d '\n')" = '<<g<rect<svg<text<title' ] ||
  fail "elements: $(grep -o '<[a-z]*' picture.svg | sort -u | tr -d '\n')"

# Ids: no tokenizer, all ids count.
tiny=$INGOT_SOURCE/tests/golden/marian_tiny
head -3 "$tiny/source.ids" >source.ids
expect 0 "$INGOT" translate -m "$tiny" -i source.ids --ids --ids-in --alignments ids.txt
expect 2 "$INGOT" translate -m "$tiny" -i source.ids --alignments source.ids -o translated
has err '--alignments and --input are the same file'
expect 2 "$INGOT" translate -m "$model" -i in --alignments a -o b --resume
has err '--resume and --alignments exclude each other'
expect 2 "$INGOT" translate -m "$model" -i in --alignments-head 1
expect 1 "$INGOT" translate -m "$model" -i in --alignments a --alignments-layer 3
has err 'alignments: layer: the decoder has layers 1 to 2'
expect 1 "$INGOT" translate -m "$model" -i in --alignments a --alignments-head 5
has err 'the decoder has heads 1 to 4'
[ ! -e a ] || fail "a file is left"
expect 1 "$INGOT" translate -m "$model" -i /dev/null --alignments-svg empty.svg
has err 'empty.svg: not drawn: the input has no sentence'
[ ! -e empty.svg ] || fail "an empty picture"
# Positions are those in the text, whatever prefix comes before it.
echo 'I am here.' >one
expect 0 "$INGOT" translate -m "$model" -i one --alignments plain --alignments-format json
tokens=$(sed 's/.*"source": \[\([^]]*\)\].*/\1/' plain | tr -cd ',' | wc -c)
expect 0 "$INGOT" translate -m "$model" -i one --alignments links --prefix 'Tom: '
awk -v most="$tokens" '{
  for (i = 1; i <= NF; i++) {
    split($i, pair, "-")
    if (pair[1] >= most) exit 1
    n++
  }
  if (n == 0) exit 1
}' links || fail "$(cat links) of $tokens tokens"
exit 0
