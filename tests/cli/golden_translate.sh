#!/usr/bin/env bash
# The same tokens and log-probabilities as transformers, whatever the batch, the threads and the
# instruction set.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/marian_tiny

translate() { "$INGOT" translate -m "$golden" -i "$golden/source.ids" --ids \
  --ids-in --max-length 32 "$@"; }

isas="reference"
for isa in avx2 avx512; do
  if IG_ISA=$isa "$INGOT" translate -m "$golden" -i /dev/null --ids --ids-in >out 2>err; then
    isas="$isas $isa"; else echo "$isa: not run"; fi
done
for isa in $isas; do
  export IG_ISA=$isa
  for batch in 1 40 2048; do
    for threads in 1 2; do
      expect 0 translate --beam-size 1 --batch-tokens $batch --threads $threads
      same out "$golden/greedy.ids"
      expect 0 translate --beam-size 4 --batch-tokens $batch --threads $threads
      same out "$golden/beam4.ids"
    done
  done
  expect 0 translate --beam-size 5 --n-best 3 --length-penalty 0.6 --no-repeat-ngram-size 2
  cut -f2 out >nbest
  same nbest "$golden/nbest.ids"
  for batch in 1 40 2048; do
    for threads in 1 2; do
      expect 0 "$INGOT" translate -m "$golden" -i "$golden/source.ids" --ids \
        --ids-in --score-target "$golden/greedy.ids" --batch-tokens $batch --threads $threads
      [ -e "scores.$isa" ] || cp out "scores.$isa"
      same out "scores.$isa"
    done
  done
  paste -d' ' out "$golden/log_probs.txt" | awk '
    {
      n = NF / 2
      for (i = 1; i <= n; i++) {
        d = $i - $(i + n)
        if (d < 0) d = -d
        if (d > 1e-4) {
          print "line " NR ": " $i " " $(i + n)
          exit 1
        }
      }
      checked += n
    }
    END { exit checked < 200 }' >differences || fail "log-probabilities: $(cat differences)"
done
unset IG_ISA

# Negative control: another beam size gives other tokens, and the comparison sees it.
translate --beam-size 1 >out
! cmp -s out "$golden/beam4.ids" || fail "greedy and beam search agree: this golden proves nothing"
