#!/usr/bin/env bash
# `ingot score rouge` computes what rouge_score computes (tests/golden/rouge), says where its
# tokenizer finds no word, and counts Chinese by another one.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/rouge
end=(--rouge-sentence-end '<n>')

checked=0
while IFS=$'\t' read -r options count line; do
  given=("${end[@]}" -i "$golden/hypotheses.txt" -r "$golden/first.txt")
  [ "$count" = 1 ] || given+=(-r "$golden/second.txt")
  # shellcheck disable=SC2086
  expect 0 "$INGOT" score $options "${given[@]}"
  [ "$(cat out)" = "$line" ] || fail "score $options, $count references: expected '$line'"
  checked=$((checked + 1))
done <"$golden/expected.tsv"
[ $checked -eq 16 ] || fail "16 lines of expected.tsv, found $checked"
[ "$(cut -f 3 "$golden/expected.tsv" | sort -u | wc -l)" -eq $checked ] ||
  fail "two rows agree: one of them proves nothing"

# All four at once. One of the texts is Chinese: its lines have no word of a to z.
texts=(-i "$golden/hypotheses.txt" -r "$golden/first.txt")
expect 0 "$INGOT" score rouge "${end[@]}" "${texts[@]}"
head -n 4 "$golden/expected.tsv" | cut -f 3 >four
same out four
has err "warning: ROUGE finds no word in 1 line with text, which count as 0"
expect 0 "$INGOT" score rouge2 --tokenize zh "${texts[@]}"
has out "|tok:zh|"
! grep -q warning err || fail "every line has a word now"
sed -n 5p "$golden/hypotheses.txt" >hypothesis
sed -n 5p "$golden/first.txt" >reference
expect 0 "$INGOT" score rouge1 --tokenize zh --score-only -i hypothesis -r reference
[ "$(cat out)" = 75.0 ] || fail "11 and 13 characters of which 9 agree, found $(cat out)"

# The end of a sentence is no word, wherever it is.
sed 's/<n>/ /g' "$golden/hypotheses.txt" >hypothesis
sed 's/<n>/ /g' "$golden/first.txt" >reference
expect 0 "$INGOT" score rouge1 -i hypothesis -r reference
head -n 1 four >without
same out without
expect 0 "$INGOT" score rouge1 "${texts[@]}"
! cmp -s out without || fail "<n> is the word n where nobody says that it ends a sentence"
expect 0 "$INGOT" score rouge --sentence --json "${end[@]}" "${texts[@]}"
[ "$(grep -c '"verbose_score": "(precision ' out)" -eq 28 ] || fail "JSON of sentences"

expect 2 "$INGOT" score rouge rougeL "${texts[@]}"
has err "rougeL is asked for twice"
expect 2 "$INGOT" score rouge3 "${texts[@]}"
has err "unknown metric 'rouge3'"
expect 0 "$INGOT" score rougelsum "${texts[@]}"
has out "rougeLsum|"
expect 2 "$INGOT" score bleu --rouge-stemmer "${texts[@]}"
has err "--rouge-stemmer is an option of rouge, which is not asked for"
expect 2 "$INGOT" score rougeLsum --rouge-sentence-end '' "${texts[@]}"
has err "--rouge-sentence-end: TEXT is empty"
