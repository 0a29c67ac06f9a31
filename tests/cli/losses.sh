#!/usr/bin/env bash
# What a translation loses is told and counted: lines that the model cannot read are empty, unknown
# codes and pieces are named, and so is a translation that ran into its longest length.
. "$INGOT_SOURCE/tests/cli/common.bash"
shipped=$INGOT_SOURCE/models/en-de
translate() { "$INGOT" translate -m "$shipped" "$@"; }
counts() { # KEY=NUMBER...: of stats.json
  local pair
  for pair in "$@"; do has stats.json "\"${pair%=*}\": ${pair#*=},"; done
}

# U+200B, U+FEFF within the text, U+200B between spaces, a control character, a special token.
printf 'How are you?\n\342\200\213\n\357\273\277\n \342\200\213 \n\001\n</s>\nTom is here.\n' >text
printf 'How are you?\nTom is here.\n' >plain
expect 0 translate -i plain
cp out expected
[ ! -s err ] || fail "plain text is warned of"
expect 0 translate -i text --stats stats.json
sed '/^$/d' out >rest
same rest expected
[ "$(wc -l <out)" -eq 7 ] || fail "seven lines expected"
[ "$(sed -n '2,6p' out | tr -d '\n')" = "" ] || fail "lines without pieces are not empty"
for line in 2 3 4 5 6; do
  has err "line $line: nothing that the model can read: its translation is empty"
done
counts empty=5 unknown_sources=0 unknown_codes=0 unfinished=0 unknown_outputs=0
expect 0 translate -i text --ids
[ "$(sed -n '2,6p' out | tr -d '\n')" = "" ] || fail "lines without pieces have ids"
expect 0 translate -i text --n-best 2 --beam-size 2
[ "$(wc -l <out)" -eq 14 ] || fail "two translations of each line expected"

# Letters that no piece has: alone they are an empty line, among others they are named.
printf 'I see \346\227\245\346\234\254 and \320\266.\n\346\227\245\346\234\254\n' >letters
expect 0 translate -i letters --stats stats.json
has err "line 1: the vocabulary lacks '"
has err "line 2: the vocabulary has none of its pieces (the first is '"
[ "$(sed -n 1p out)" != "" ] || fail "a line with known pieces is empty"
[ "$(sed -n 2p out)" = "" ] || fail "a line without known pieces is not empty"
counts empty=1 unknown_sources=1

# A target of letters that no piece has is scored as unknown, and told.
printf 'I see him.\nI see her.\n' >two
printf 'Ich sehe ihn.\nIch sehe \346\227\245\346\234\254.\n' >targets
expect 0 translate -i two --score-target targets --stats stats.json
has err "line 2: the vocabulary lacks '"
has err 'in the target'
counts unknown_targets=1 unknown_sources=0

# A code that the vocabulary lacks, and one that it has.
mkdir coded
ln -s "$shipped"/* coded/
rm coded/vocab.json
sed 's/"▁Tom"/">>deu<<"/' "$shipped/vocab.json" >coded/vocab.json
grep -q '>>deu<<' coded/vocab.json || fail "the vocabulary has no piece to replace"
printf '>>xyz<< How are you?\n>>deu<< How are you?\n>>deu<<\n' >codes
expect 0 "$INGOT" translate -m coded -i codes --stats stats.json
# shellcheck disable=SC2016
has err 'line 1: the vocabulary has no >>xyz<< (`ingot inspect` lists the codes that it has)'
! grep -q 'line 2' err || fail "a code that the vocabulary has is warned of"
[ "$(sed -n 3p out)" = "" ] || fail "a code alone is translated"
counts unknown_codes=1 empty=1
expect 0 "$INGOT" inspect coded
has out 'codes         >>deu<<'
expect 0 "$INGOT" inspect coded --json
has out '">>deu<<"'
expect 0 "$INGOT" inspect "$shipped"
! grep -q 'codes  ' out || fail "codes of a model that has none"

# Ten are told one by one, of the others a count.
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "Tom is here, number $i."; done >many
expect 0 translate -i many --max-length 2 --stats stats.json
[ "$(grep -c 'reached max_length (2 tokens)' err)" -eq 10 ] || fail "ten warnings expected"
has err '12 sentences whose translation reached max_length; the first 10 were named'
counts unfinished=12
expect 0 translate -i many --stats stats.json
counts unfinished=0
