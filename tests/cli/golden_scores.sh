#!/usr/bin/env bash
# --scores: of greedy and of beam search, sentences and tokens, within 1e-4 of transformers'
# sequences_scores and compute_transition_scores.
. "$INGOT_SOURCE/tests/cli/common.bash"
tiny=$INGOT_SOURCE/tests/golden/marian_tiny
goldens=$INGOT_SOURCE/tests/golden/generation_options

# near FILE GOLDEN: the same columns, and numbers that differ by 1e-4 at most.
near() {
  [ "$(tr -d '0-9.-' <"$1")" = "$(tr -d '0-9.-' <"$2")" ] || return 1
  paste -d' ' <(tr '\t ' '\n\n' <"$1") <(tr '\t ' '\n\n' <"$2") | awk '
    { d = $1 - $2; if (d > 1e-4 || d < -1e-4) { print NR ": " $0; exit 1 } }
    END { exit NR < 50 }' >differences
}

head -8 "$tiny/source.ids" >source.ids
run=("$INGOT" translate -m "$tiny" -i source.ids --ids --ids-in --max-length 19)
for batch in 1 2048; do
  expect 0 "${run[@]}" --beam-size 1 --scores tokens --batch-tokens $batch
  near out "$goldens/greedy.scores" || fail "greedy: $(cat differences)"
  expect 0 "${run[@]}" --beam-size 4 --length-penalty 0.7 --scores tokens --batch-tokens $batch
  near out "$goldens/beam.scores" || fail "beam: $(cat differences)"
done
cp out tokens
expect 0 "${run[@]}" --beam-size 4 --length-penalty 0.7 --scores sentence
same out <(cut -f1,3 tokens)
# Negative control.
! near "$goldens/greedy.scores" "$goldens/beam.scores" || fail "greedy and beam search agree"

# Text; a blank line; n best; a line is one sentence.
model=$INGOT_SOURCE/models/en-de
printf 'How are you? Fine.\n\n' >in
expect 0 "$INGOT" translate -m "$model" -i in --scores tokens --n-best 2
awk -F'\t' 'NF != 3 { exit 1 } END { exit NR != 4 }' out || fail "columns: $(cat out)"
[ "$(sed -n 3p out)" = $'0.000000\t\t' ] || fail "blank: $(cat out)"
expect 0 "$INGOT" translate -m "$model" -i in --scores sentence
[ "$(grep -c . out)" -eq 2 ] && [ "$(sed -n 2p out)" = $'0.000000\t' ] || fail "$(cat out)"
expect 2 "$INGOT" translate -m "$model" -i in --score-target in --scores tokens
exit 0
