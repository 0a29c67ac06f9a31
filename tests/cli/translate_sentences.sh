#!/usr/bin/env bash
# Lines of several sentences, with the shipped model: a line gives what its sentences give one by
# one, with the white space of the source between them.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/models/en-de
[ -e "$model/config.json" ] || { echo "skipped: no $model"; exit 77; }
translate() { "$INGOT" translate -m "$model" "$@"; }

# Five sentences in a line.
line=$INGOT_SOURCE/tests/cases/translation/05-paragraph.txt
sed 's/\. /.\n/g' "$line" >five.en
[ "$(wc -l <five.en)" -eq 5 ] || fail "five sentences expected"
expect 0 translate -i five.en
paste -sd ' ' out >expected
expect 0 translate -i "$line" --stats stats.json
same out expected
has stats.json '"lines": 1, "sentences": 5'
expect 0 translate -i "$line" --split-sentences auto
same out expected
expect 0 translate -i "$line" --split-sentences off --stats stats.json
! cmp -s out expected || fail "off splits"
has stats.json '"lines": 1, "sentences": 1'

# Files of one sentence a line are what they were before lines were split; paragraphs have the words
# and the BLEU of their sentences.
expect 0 translate -i "$INGOT_SOURCE/examples/sample.en" --split-sentences off
cp out off.de
expect 0 translate -i "$INGOT_SOURCE/examples/sample.en" --split-sentences auto --stats stats.json
same out off.de
has stats.json '"lines": 20, "sentences": 20'
expect 0 "$INGOT_SOURCE/bench/paragraphs.sh"
has out 'the same bytes'

# An ensemble splits, too; ids, n-best and scoring do not.
expect 0 translate -m "$model" -i "$line"
same out expected
for options in --ids "--n-best 2 --beam-size 2" "--score-target $line" "--ids --ids-in"; do
  input=$line
  [ "$options" = "--ids --ids-in" ] && echo "5 6 7 0" >ids && input=ids
  # shellcheck disable=SC2086
  expect 0 translate -i "$input" $options --stats stats.json
  has stats.json '"lines": 1, "sentences": 1'
done

# White space between sentences, none at the ends; blank lines and lines of one sentence.
printf '  How are you?   I am fine. \t Where is Tom?  \n\nHow are you?\n' >gaps.en
expect 0 translate -i gaps.en
cp out gaps.de
printf 'How are you?\nI am fine.\nWhere is Tom?\n' >alone.en
expect 0 translate -i alone.en
mapfile -t de <out
printf '%s   %s \t %s\n\n%s\n' "${de[0]}" "${de[1]}" "${de[2]}" "${de[0]}" >expected
same gaps.de expected

# Chinese has no white space between sentences.
printf '你好。我很好！你呢？\n' >joined.zh
printf '你好。\n我很好！\n你呢？\n' >alone.zh
expect 0 translate -i alone.zh
tr -d '\n' <out >expected
echo >>expected
expect 0 translate -i joined.zh
same out expected

# A language token belongs to every sentence.
printf '>>de<< How are you? I am fine.\n' >token.en
printf '>>de<< How are you?\n>>de<< I am fine.\n' >tokens.en
expect 0 translate -i tokens.en
paste -sd ' ' out >expected
expect 0 translate -i token.en
same out expected

# Whose abbreviations: the directory's name says English, an option something else.
printf 'He lives in room 3. Auflage is cold.\nEr kommt am 3. Tag der Woche.\n' >ordinals
expect 0 translate -i ordinals --stats stats.json
has stats.json '"lines": 2, "sentences": 4'
expect 0 translate -i ordinals --source-language de --stats stats.json
has stats.json '"lines": 2, "sentences": 2'

# A sentence of more tokens than positions is translated in parts: told, and counted.
clause='the old man who lives in the small house by the sea walks to the harbour every morning'
for _ in $(seq 40); do printf '%s, ' "$clause"; done >long.en
printf 'and home.\nHow are you?\n' >>long.en
expect 0 translate -i long.en --stats stats.json
has err 'line 1: a sentence of'
has err 'it is translated in'
has stats.json '"cut": 0, "divided": 1'
[ "$(wc -l <out)" -eq 2 ] || fail "two lines expected"
divided=$(wc -w <out)
expect 0 translate -i long.en --split-sentences off --stats stats.json
has err 'the rest is left out'
has stats.json '"cut": 1, "divided": 0'
truncated=$(wc -w <out)
[ "$divided" -gt $((truncated * 3 / 2)) ] || fail "$divided words in parts, $truncated in one"

expect 2 translate -i "$line" --split-sentences on
has err "--split-sentences"
expect 1 translate -i "$line" --source-language 'e/n'
has err "source_language"
