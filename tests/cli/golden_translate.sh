#!/usr/bin/env bash
# MarianMT: the same tokens and log-probabilities as transformers, whatever the batch, the threads
# and the instruction set; and the same n-best lists.
. "$INGOT_SOURCE/tests/cli/golden.bash"
golden=$INGOT_SOURCE/tests/golden/marian_tiny

translate() { "$INGOT" translate -m "$golden" -i "$golden/source.ids" --ids \
  --ids-in --max-length 32 "$@"; }

for isa in $(golden_isas "$golden"); do
  export IG_ISA=$isa
  golden_agrees "$golden"
  expect 0 translate --beam-size 5 --n-best 3 --length-penalty 0.6 --no-repeat-ngram-size 2
  cut -f2 out >nbest
  same nbest "$golden/nbest.ids"
done
unset IG_ISA

# Negative control: another beam size gives other tokens, and the comparison sees it.
translate --beam-size 1 >out
! cmp -s out "$golden/beam4.ids" || fail "greedy and beam search agree: this golden proves nothing"
