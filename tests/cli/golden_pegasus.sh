#!/usr/bin/env bash
# Pegasus: the same tokens and log-probabilities as transformers, whatever the batch, the threads
# and the instruction set.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/pegasus_tiny

translate() { "$INGOT" translate -m "$golden" -i "$golden/source.ids" --ids --ids-in "$@"; }

isas="reference"
for isa in avx2 avx512; do
  if IG_ISA=$isa "$INGOT" translate -m "$golden" -i /dev/null --ids --ids-in >out 2>err; then
    isas="$isas $isa"; else echo "$isa: not run"; fi
done
for isa in $isas; do
  export IG_ISA=$isa
  for batch in 1 40 2048; do
    for threads in 1 2; do
      options="--batch-tokens $batch --threads $threads"
      expect 0 translate --beam-size 1 --max-length 32 $options
      same out "$golden/greedy.ids"
      expect 0 translate --beam-size 4 --max-length 32 $options
      same out "$golden/beam4.ids"
      expect 0 translate --score-target "$golden/greedy.ids" $options
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

# Negative control: with embeddings that are not scaled the tokens are others, and the comparison
# sees it.
mkdir wrong && cp "$golden"/*.json "$golden/model.safetensors" wrong
sed 's/"scale_embedding": true/"scale_embedding": false/' "$golden/config.json" >wrong/config.json
! cmp -s wrong/config.json "$golden/config.json" || fail "the configuration was not changed"
"$INGOT" translate -m wrong -i "$golden/source.ids" --ids --ids-in --max-length 32 \
  --beam-size 1 >out 2>err || fail "the changed model does not run"
! cmp -s out "$golden/greedy.ids" || fail "scale_embedding makes no difference"
