#!/usr/bin/env bash
# The families of tests/golden/families: the same tokens and log-probabilities as transformers,
# whatever the batch, the threads and the instruction set.
. "$INGOT_SOURCE/tests/cli/golden.bash"

# negative_control FAMILY SED: with config.json changed by SED the tokens are others, and the
# comparison sees it.
negative_control() {
  local golden=$INGOT_SOURCE/tests/golden/$1_tiny
  rm -rf wrong && mkdir wrong && cp "$golden"/*.json "$golden/model.safetensors" wrong
  sed "$2" "$golden/config.json" >wrong/config.json
  ! cmp -s wrong/config.json "$golden/config.json" || fail "$1: the configuration was not changed"
  "$INGOT" translate -m wrong -i "$golden/source.ids" --ids --ids-in --max-length 32 \
    --beam-size 1 >out 2>err || fail "$1: the changed model does not run: $(cat err)"
  ! cmp -s out "$golden/greedy.ids" || fail "$1: $2 makes no difference"
}

for family in bart mbart m2m_100 t5 t5_v1_1 mt5 umt5; do
  golden=$INGOT_SOURCE/tests/golden/${family}_tiny
  for isa in $(golden_isas "$golden"); do
    rm -f scores.*
    export IG_ISA=$isa
    golden_agrees "$golden"
  done
  unset IG_ISA
done
negative_control bart 's/"activation_function": "gelu"/"activation_function": "relu"/'
negative_control mbart 's/"scale_embedding": true/"scale_embedding": false/'
negative_control m2m_100 's/"pad_token_id": 1/"pad_token_id": 0/'
nearer='s/"relative_attention_max_distance": 20/"relative_attention_max_distance": 9/'
negative_control t5 "$nearer"
negative_control t5_v1_1 's/"dense_act_fn": "gelu_new"/"dense_act_fn": "relu"/'
negative_control mt5 's/"layer_norm_epsilon": 1e-06/"layer_norm_epsilon": 1.0/'
negative_control umt5 "$nearer"
