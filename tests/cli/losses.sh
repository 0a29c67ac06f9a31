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

# U+200B, U+FEFF within the text, U+200B between spaces, a control character, a special token, and
# the soft hyphen, of which the model has a piece.
{
  printf "How are you?\n\342\200\213\n\357\273\277\n \342\200\213 \n"
  printf "\001\n</s>\n\302\255\nTom is here.\n"
} >text
printf 'How are you?\nTom is here.\n' >plain
expect 0 translate -i plain
cp out expected
[ ! -s err ] || fail "plain text is warned of"
expect 0 translate -i text --stats stats.json
sed '/^$/d' out >rest
same rest expected
[ "$(wc -l <out)" -eq 8 ] || fail "eight lines expected"
[ "$(sed -n '2,7p' out | tr -d '\n')" = "" ] || fail "lines without pieces are not empty"
for line in 2 3 4 5 6 7; do
  has err "line $line: nothing that the model can read: its translation is empty"
done
counts empty=6 unknown_sources=0 unknown_codes=0 unfinished=0 unknown_outputs=0 empty_outputs=0
expect 0 translate -i text --ids
[ "$(sed -n '2,7p' out | tr -d '\n')" = "" ] || fail "lines without pieces have ids"
expect 0 translate -i text --n-best 2 --beam-size 2
[ "$(wc -l <out)" -eq 16 ] || fail "two translations of each line expected"

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

# What cannot be seen is named by its code point.
printf 'I am\342\200\215here.\n' >joiner
expect 0 translate -i joiner
has err 'line 1: the vocabulary lacks U+200D: 1 unknown piece in the source'

# A model that ends at once: a forced first token that is the end.
mkdir ending
ln -s "$shipped"/* ending/
rm ending/generation_config.json
sed 's/^{/{"forced_bos_token_id": 0,/' "$shipped/generation_config.json" \
  >ending/generation_config.json
expect 0 "$INGOT" translate -m ending -i plain --stats stats.json
[ "$(wc -l <out)" -eq 2 ] && [ "$(wc -c <out)" -eq 2 ] || fail "two empty lines expected"
has err 'line 1: the translation has no text'
counts empty=0 empty_outputs=2
expect 0 "$INGOT" translate -m ending -i plain --ids --stats stats.json
counts empty_outputs=0

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

# After white space a code is text like any other, in Marian as in transformers, and told.
printf '>>deu<< How?\n  >>deu<< How?\n\t>>xy<< How?\n >> a << b\n a >>deu<< b\n' >late
expect 0 "$INGOT" translate -m coded -i late --stats stats.json
has err 'line 2: white space before >>deu<<: it is read as text, for a code counts only at the very'
has err 'line 3: white space before >>xy<<: '
[ "$(grep -c 'white space before' err)" -eq 2 ] || fail "two warnings expected"
counts late_codes=2 unknown_codes=0

# Ten are told one by one, of the others a count.
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "Tom is here, number $i."; done >many
expect 0 translate -i many --max-length 2 --stats stats.json
[ "$(grep -c 'reached max_length (2 tokens)' err)" -eq 10 ] || fail "ten warnings expected"
has err '12 sentences whose translation reached max_length; the first 10 were named'
counts unfinished=12
expect 0 translate -i many --stats stats.json
counts unfinished=0
