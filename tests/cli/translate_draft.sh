#!/usr/bin/env bash
# --draft: the same output with every option of greedy search, in any batch; its counts add up; what
# does not fit is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/models/en-de draft=$INGOT_SOURCE/models/en-de

printf '%s\n' 'The cat sleeps and the dog barks.' 'Good morning!' '' \
  'Cats are nice. The cat is black.' 'I would like to know why you have not told me that before.' \
  'Where is the railway station?' 'He said that he would come, but he never came.' >in

# number NAME: of the statistics.
number() { sed -nE "s/.*\"$1\": ([0-9]+).*/\1/p" stats; }

# Each line: options of greedy search.
while read -r options; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1 $options --stats stats
  cp out plain
  ! grep -q '"draft' stats || fail "statistics of a draft that is not there: $(cat stats)"
  for way in '--batch-tokens 1' '--batch-tokens 1 --draft-tokens 1' '--batch-tokens 1 --threads 1' \
    '--workers 2' '--batch-tokens 40 --workers 1 --draft-tokens 7' ''; do
    # shellcheck disable=SC2086
    expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1 $options --draft "$draft" $way \
      --stats stats
    same out plain
  done
done <<'END'
--quiet
--scores tokens
--ids --split-sentences off
--min-length 12 --no-repeat-ngram-size 2
--repetition-penalty 1.4 --max-length 5
--target-prefix Die --max-length-factor 1.5
--keep-unknown --prefix Hm,
--type int8
--type bf16
END

# The model drafts for itself, in int8, and is hardly ever wrong.
expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1 --draft "$draft" --batch-tokens 1 \
  --stats stats
has stats "\"draft\": \"$draft\""
[ "$(number drafted_tokens)" -gt 20 ] || fail "hardly drafted: $(cat stats)"
[ $(($(number accepted_tokens) * 10)) -ge $(($(number drafted_tokens) * 9)) ] ||
  fail "rejected: $(cat stats)"
[ $(($(number accepted_tokens) + $(number draft_steps))) -eq "$(number target_tokens)" ] ||
  fail "the counts do not add up: $(cat stats)"
cp stats first
expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1 --draft "$draft" --batch-tokens 1 \
  --workers 2 --stats stats
same <(grep -oE '"(drafted|accepted)_tokens": [0-9]+' stats) \
  <(grep -oE '"(drafted|accepted)_tokens": [0-9]+' first)

# A model of the other direction has the same pieces, and hardly a word of it is right.
expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1 --batch-tokens 1
cp out plain
expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1 --batch-tokens 1 --stats stats \
  --draft "$INGOT_SOURCE/models/de-en"
same out plain
[ $(($(number accepted_tokens) * 2)) -lt "$(number drafted_tokens)" ] || fail "$(cat stats)"

# A shortlist in the draft's directory decides what it guesses from, and nothing else.
expect 0 "$INGOT" translate -m "$model" -i in -o own --beam-size 1 --split-sentences off
for best in 100 1; do
  expect 0 "$INGOT" optimize "$draft" -o "listed$best" --shortlist --source in --target own \
    --shortlist-first 1 --shortlist-best "$best" --quiet
  expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1 --batch-tokens 1 --stats stats \
    --draft "listed$best"
  same out plain
  ! grep -q listed_sentences stats || fail "the model has lists: $(cat stats)"
  number accepted_tokens >"accepted$best"
done
[ "$(cat accepted1)" -gt 0 ] && [ "$(cat accepted1)" -lt "$(cat accepted100)" ] ||
  fail "accepted with short lists $(cat accepted1), with long ones $(cat accepted100)"
head -c 100 listed1/lex.s2t.bin >cut && mv cut listed1/lex.s2t.bin
expect 1 "$INGOT" translate -m "$model" -i in --beam-size 1 --draft listed1
has err 'listed1/lex.s2t.bin'

# Resuming may take another draft: the lines are the same.
# shellcheck disable=SC2094
expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1 --draft "$draft" -o text --resume
expect 0 "$INGOT" translate -m "$model" -i in --beam-size 1
same out text

# What does not fit.
expect 2 "$INGOT" translate -m "$model" -i in --draft "$draft" --beam-size 4
has err '--draft needs --beam-size 1'
expect 1 "$INGOT" translate -m "$model" -i in --draft "$draft"
has err 'a beam_size of 1, and the beam_size is 4'
expect 2 "$INGOT" translate -m "$model" -i in --draft "$draft" --sample
has err '--draft and --sample exclude each other'
expect 2 "$INGOT" translate -m "$model" -m "$model" -i in --draft "$draft" --beam-size 1
has err '--draft is for one model, and there are 2'
expect 2 "$INGOT" translate -m "$model" -i in --draft-tokens 3 --beam-size 1
has err '--draft-tokens needs --draft'
expect 2 "$INGOT" translate -m "$model" -i in --score-target in --draft "$draft"
has err '--draft and --score-target exclude each other'
expect 1 "$INGOT" translate -m "$model" -i in --draft nowhere --beam-size 1
has err nowhere
mkdir copy && cp "$draft"/* copy
expect 2 "$INGOT" translate -m "$model" -i in --draft copy --beam-size 1 -o copy/model.safetensors
has err 'is a file of the model copy'
sed -i -E 's/("[^"]*)": 100,/\1x": 100,/' copy/vocab.json
expect 1 "$INGOT" translate -m "$model" -i in --draft copy --beam-size 1
has err 'copy: source id 100 is '
has err 'a draft needs the vocabulary of the model'
