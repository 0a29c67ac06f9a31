#!/usr/bin/env bash
# ingot fuse with extract_lora: the same bytes for any threads and after SIGKILL or SIGTERM, an
# adapter that gives the model back, and refusals.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
cp -r "$INGOT_SOURCE/tests/golden/marian_tiny" base
scale='[{filter: embed, value: 1}, {filter: shared, value: 1}, {filter: .fc, value: 0.5},'
scale+=' {filter: _proj.weight, value: [0.9, 1.1]}, {value: 1}]'
recipe 'merge_method: passthrough' "models: [{model: base, parameters: {scale: $scale}}]"
expect 0 "$INGOT" fuse recipe.yml -o tuned -q

lora=('merge_method: extract_lora' 'base_model: base' 'models: [{model: tuned}]')
recipe "${lora[@]}" 'parameters: {rank: 4}'
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'extract_lora, a LoRA adapter'
has out 'an adapter of rank 4 for at most'
has out 'of buffers'
expect 0 "$INGOT" fuse recipe.yml -o one --threads 1
has err 'rank 4: '
has err 'of the squares of their differences'
[ "$(ls one | tr '\n' ' ')" = 'adapter_config.json adapter_model.safetensors fusion.json ' ] ||
  fail "other files: $(ls one)"
has one/adapter_config.json '"peft_type": "LORA"'
has one/adapter_config.json '"base_model_name_or_path": "base"'
has one/fusion.json '"file": "adapter_model.safetensors"'
for threads in 2 3 5; do
  expect 0 "$INGOT" fuse recipe.yml -o "of-$threads" -q --threads $threads
  same "of-$threads/adapter_model.safetensors" one/adapter_model.safetensors
  same "of-$threads/adapter_config.json" one/adapter_config.json
done
expect 0 "$INGOT" inspect --verify one
expect 2 "$INGOT" inspect --verify one --beam-size 2
has err 'of the memory plan, which --verify does not show'
expect 1 "$INGOT" translate -m one -i recipe.yml
has err 'one: a LoRA adapter, no model'
expect 1 "$INGOT" fuse recipe.yml -o one -q
has err 'one: exists already'

# With all triplets the adapter makes the whole model: the same translation as the tuned one's, and
# not the base's.
side=$(sed -n 's/.*"d_model": \([0-9]*\).*/\1/p' base/config.json)
recipe "${lora[@]}" "parameters: {rank: $side}"
expect 0 "$INGOT" fuse recipe.yml -o all -q
recipe 'merge_method: passthrough' 'models: [{model: base+all}]'
expect 0 "$INGOT" fuse recipe.yml -o applied -q
printf '3 4 5\n6 7 8 9\n5 5\n' >ids
for model in base tuned applied; do expect 0 "$INGOT" translate -m $model -i ids --ids-in --ids \
  --max-length 20 -o $model.out -q; done
same applied.out tuned.out
cmp -s base.out tuned.out && fail "the models translate alike: this shows nothing"

# The report sees adapters: that of the applied model is that of the model itself.
page() {  # MODEL PAGE
  recipe 'merge_method: task_arithmetic' 'base_model: base' \
    "models: [{model: $1, parameters: {weight: 1}}, {model: tuned, parameters: {weight: 1}}]"
  expect 0 "$INGOT" fuse recipe.yml -o with-report -q --report "$2"
  rm -r with-report
  sed -i "s|$1|MODEL|g" "$2"
}
page base+all adapter.html
page applied model.html
page base base.html
same adapter.html model.html
has adapter.html 'Mean cosine'
cmp -s adapter.html base.html && fail "the report is that of the base"

# Stopped at some moment, the same command goes on to the same bytes.
recipe "${lora[@]}" 'parameters: {rank: 4}'
for delay in 0.005 0.01 0.02 0.03 0.05 0.08; do
  for signal in KILL TERM; do
    "$INGOT" fuse recipe.yml -o killed -q --threads 2 &
    sleep $delay
    kill -$signal $! 2>/dev/null
    wait $! 2>/dev/null
    [ -d killed ] || expect 0 "$INGOT" fuse recipe.yml -o killed -q --threads 1
    for file in one/*; do same "$file" "killed/${file##*/}"; done
    [ "$(ls killed)" = "$(ls one)" ] || fail "other files: $(ls killed)"
    [ -e killed.partial ] && fail "killed.partial is left"
    rm -rf killed
  done
done

refused 'expected a value from 1 to 65536, found 0' "${lora[@]}" 'parameters: {rank: 0}'
# More than a layer's shorter side is cut to it.
recipe "${lora[@]}" "parameters: {rank: $((side + 1))}"
expect 0 "$INGOT" fuse recipe.yml -o more -q
same all/adapter_model.safetensors more/adapter_model.safetensors
refused "has a 'rank'" "${lora[@]}"
refused "did you mean 'rank'" "${lora[@]}" 'parameters: {rnak: 1}'
cp -r base copy
refused 'there is nothing to extract' 'merge_method: extract_lora' 'base_model: base' \
  'models: [{model: copy}]' 'parameters: {rank: 1}'
recipe "${lora[@]}" 'parameters: {rank: 1}'
expect 2 "$INGOT" fuse recipe.yml -o '' -q
has err '--output: DIR is empty'
expect 1 "$INGOT" fuse recipe.yml -o refused -q --out-shard-size 1MB
has err 'shards are for models'
cp -r tuned broken
truncate -s -100 broken/model.safetensors
refused 'broken/model.safetensors' 'merge_method: extract_lora' 'base_model: base' \
  'models: [{model: broken}]' 'parameters: {rank: 1}'
