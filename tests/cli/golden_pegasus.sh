#!/usr/bin/env bash
# Pegasus: the same tokens and log-probabilities as transformers, whatever the batch, the threads
# and the instruction set.
. "$INGOT_SOURCE/tests/cli/golden.bash"
golden=$INGOT_SOURCE/tests/golden/pegasus_tiny

for isa in $(golden_isas "$golden"); do
  export IG_ISA=$isa
  golden_agrees "$golden"
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
