#!/usr/bin/env bash
# What the winners of beam search attend to is within 1e-5 of transformers' cross_attentions, for a
# model of each kind of attention, whatever the batch and the threads.
. "$INGOT_SOURCE/tests/cli/common.bash"
goldens=$INGOT_SOURCE/tests/golden/alignments

# near FILE GOLDEN: as many numbers in as many places, none of them more than 1e-5 apart.
near() {
  tr ' ,' '\n\n' <"$1" >numbers && tr ' ,' '\n\n' <"$2" >expected
  [ "$(tr -d '0-9.\n' <"$1")" = "$(tr -d '0-9.\n' <"$2")" ] || return 1
  paste -d' ' numbers expected | awk '
    NF == 2 { d = $1 - $2; if (d > 1e-5 || d < -1e-5) { print NR ": " $0; exit 1 }; n++ }
    NF == 1 { exit 1 }
    END { exit n < 200 }' >differences
}

for name in marian_tiny bart_tiny m2m_100_tiny t5_tiny; do
  tiny=$INGOT_SOURCE/tests/golden/$name
  head -8 "$tiny/source.ids" >source.ids
  run=("$INGOT" translate -m "$tiny" -i source.ids --ids --ids-in --max-length 32 --beam-size 4
    --alignments soft --alignments-format soft)
  for batch in 1 2048; do
    expect 0 "${run[@]}" --batch-tokens $batch --threads 1 --alignments-layer 1
    same out <(head -8 "$tiny/beam4.ids")
    near soft "$goldens/$name.mean.txt" || fail "$name: $(head -1 differences)"
    expect 0 "${run[@]}" --batch-tokens $batch --threads 2 --alignments-head 2
    near soft "$goldens/$name.head.txt" || fail "$name, head 2: $(head -1 differences)"
  done
  # Given targets have the same as found ones.
  head -8 "$tiny/beam4.ids" >target.ids
  expect 0 "$INGOT" translate -m "$tiny" -i source.ids --ids --score-target target.ids \
    --alignments soft --alignments-format soft --alignments-layer 1
  near soft "$goldens/$name.mean.txt" || fail "$name, given targets: $(head -1 differences)"
  # Negative control: another head is not near.
  expect 0 "${run[@]}" --alignments-layer 2 --alignments-head 1
  ! near soft "$goldens/$name.head.txt" || fail "$name: heads 1 and 2 agree"
done
