#!/usr/bin/env bash
# Options of transformers' generate by the command line: the tokens are the same.
. "$INGOT_SOURCE/tests/cli/common.bash"
tiny=$INGOT_SOURCE/tests/golden/marian_tiny
goldens=$INGOT_SOURCE/tests/golden/generation_options

head -8 "$tiny/source.ids" >source.ids
run=("$INGOT" translate -m "$tiny" -i source.ids --ids --ids-in --beam-size 4 --max-length 19)
printf '11\n38  9\n\n5\n' >bad.ids
expect 0 "${run[@]}"
same out "$goldens/free.ids"
for stopping in at_once:true heuristic:false never:never; do
  expect 0 "${run[@]}" --length-penalty 2 --early-stopping "${stopping#*:}"
  same out "$goldens/${stopping%:*}.ids"
done
expect 0 "${run[@]}" --bad-words bad.ids
same out "$goldens/bad_words.ids"
expect 0 "${run[@]}" --max-length-factor 0.5 --batch-tokens 20
same out "$goldens/factor.ids"
has err 'reached max_length (1 token)'

expect 0 "${run[@]}" --length-penalty 2 --target-prefix '9 17'
same out "$goldens/prefix.ids"

# Alternatives: "SCORE<TAB>ids", the same ids and within 1e-5 the same scores.
alternatives() {  # GOLDEN OPTION...
  local golden=$goldens/alternatives.$1
  shift
  expect 0 "$INGOT" translate -m "$tiny" -i source.ids --ids --ids-in --max-length 19 \
    --alternatives 3 "$@"
  paste "$golden" out | awk -F'\t' '{ apart = $1 - $3 } $2 != $4 || apart > 1e-5 || apart < -1e-5 {
      exit bad = 1 } END { exit bad || NR != 24 }'
}
alternatives greedy || fail "alternatives of greedy search"
alternatives beam --beam-size 4 --length-penalty 0.7 || fail "alternatives of beam search"
prefixed=(--beam-size 4 --length-penalty 2 --target-prefix '9 17')
alternatives prefix "${prefixed[@]}" || fail "alternatives after a prefix"
cp out prefixed
alternatives prefix "${prefixed[@]}" --batch-tokens 7 --threads 1
same out prefixed
alternatives prefix "${prefixed[@]}" -m "$tiny" || fail "an ensemble of one model twice"
! alternatives greedy "${prefixed[@]}" || fail "another search has the same alternatives"
for option in '--n-best 2' --sample "--draft $tiny" '--glossary bad.ids' \
  '--score-target bad.ids'; do
  # shellcheck disable=SC2086  # an option and its value
  expect 2 "${run[@]}" --alternatives 3 $option
  has err 'exclude each other'
done
expect 2 "${run[@]}" --alternatives 1
expect 1 "${run[@]}" --alternatives 31
has err "alternatives: expected at most half of the model's 61 tokens, found 31"
expect 1 "$INGOT" translate -m "$tiny" -i source.ids --ids --ids-in --max-length 3 \
  --alternatives 3 --target-prefix '9 17'
has err 'after a prefix of 2 tokens there is no room for two'
expect 1 "${run[@]}" --alternatives 3 --target-prefix '9 0 17'
has err 'target_prefix: it holds 0, which ends a translation: no alternatives come after it'
# Too few are allowed: the line is named, and a blank one is not it.
seq 5 59 >most.ids
printf '\n5 6 7 0\n8 9 0\n' >lines.ids
expect 1 "$INGOT" translate -m "$tiny" -i lines.ids --ids --ids-in --max-length 19 \
  --alternatives 20 --bad-words most.ids
has err 'line 2: alternatives: only 6 tokens may come after the beginning, expected 20'

# Negative control: each option changes something.
for one in at_once:never bad_words:free factor:free; do
  ! cmp -s "$goldens/${one%:*}.ids" "$goldens/${one#*:}.ids" || fail "$one: these prove nothing"
done

expect 2 "${run[@]}" --early-stopping soon
expect 1 "${run[@]}" --max-length-factor -1
has err 'max_length_factor: expected a number above 0'
echo '61' >>bad.ids
expect 1 "${run[@]}" --bad-words bad.ids
has err "bad.ids: line 5: expected token ids from 0 to 60, found '61'"

# Text: words that may not be said; a prefix before each sentence, and a blank line stays one.
model=$INGOT_SOURCE/models/en-de
printf 'The dog barks. I am here.\n\n' >in
printf 'Hund\n' >bad
expect 0 "$INGOT" translate -m "$model" -i in
has out 'Hund'
expect 0 "$INGOT" translate -m "$model" -i in --bad-words bad
! grep -qw Hund out || fail "$(cat out)"
printf 'Hund\n\n我\n' >bad
expect 1 "$INGOT" translate -m "$model" -i in --bad-words bad
has err 'bad: line 3: the vocabulary lacks 我'
printf 'Hund </s>\n' >bad
expect 1 "$INGOT" translate -m "$model" -i in --bad-words bad
has err 'bad: line 1: it has the token 0, which ends a translation'
printf '11\n5 0\n' >bad.ids
expect 1 "${run[@]}" --bad-words bad.ids
has err 'bad.ids: line 2: it has the token 0, which ends a translation'

# A byte-level vocabulary has 'the' and ' the' (ids 263 and 264): neither may be said.
goldens=$INGOT_SOURCE/tests/golden
mkdir bytes
cp "$goldens"/bart_text/* "$goldens"/byte_level_tokenizer/*.{json,txt} bytes
rm bytes/expected.json
run=("$INGOT" translate -m bytes -i bytes/source.txt --max-length 40)
expect 0 "${run[@]}" --ids
grep -qw 264 out || fail "nothing to forbid"
echo the >bad
expect 0 "${run[@]}"
grep -q ' the' out || fail "nothing to forbid: $(cat out)"
expect 0 "${run[@]}" --bad-words bad
! grep -q 'the' out || fail "$(cat out)"

printf 'Tom: The dog barks.\nTom: I am here.\n' >prefixed
expect 0 "$INGOT" translate -m "$model" -i prefixed --split-sentences off
paste -sd' ' out >joined
echo >>joined
expect 0 "$INGOT" translate -m "$model" -i in --prefix 'Tom: '
same out joined
expect 0 "$INGOT" translate -m "$model" -i in --target-prefix 'Na ja,' --split-sentences off
[[ $(head -1 out) == 'Na ja, '* ]] || fail "$(cat out)"
expect 1 "$INGOT" translate -m "$model" -i in --target-prefix 'Na ja,' --max-length 2
has err 'target_prefix: it has'
expect 1 "$INGOT" translate -m "$tiny" -i source.ids --ids --ids-in --prefix 'a: '
has err 'prefix: it is text'
expect 1 "$INGOT" translate -m "$model" -i in --prefix $'\xff'
has err ' prefix: not UTF-8 at byte 1'
exit 0
