#!/usr/bin/env bash
# Weights in shards: the same values as in one file, with an index that says where; the same bytes
# after any interruption.
. "$INGOT_SOURCE/tests/cli/common.bash"
[ -f "$INGOT_SOURCE/models/en-de/config.json" ] || exit 77
cp -r "$INGOT_SOURCE/models/en-de" first
cat >recipe.yml <<'RECIPE'
merge_method: passthrough
models: [{model: first, parameters: {scale: [0.9, 1.1]}}]
dtype: float32
RECIPE
expect 0 "$INGOT" fuse recipe.yml -o single -q
expect 0 "$INGOT" fuse recipe.yml -o shards -q --out-shard-size 3MB
[ ! -e shards/model.safetensors ] || fail "one file beside the shards"
[ -f shards/model.safetensors.index.json ] || fail "no index"
count=$(ls shards | grep -c '^model-0000[0-9]-of-0000[0-9].safetensors$')
[ "$count" -gt 2 ] || fail "$count shards"

# Sharded input reads, and in one file it is the same again.
printf 'merge_method: passthrough\nmodels: [{model: shards}]\n' >again.yml
expect 0 "$INGOT" fuse again.yml -o again -q
same again/model.safetensors single/model.safetensors
echo "A man is riding a bicycle." >text
expect 0 "$INGOT" translate -m single -i text -o one.txt -q
expect 0 "$INGOT" translate -m shards -i text -o many.txt -q
same one.txt many.txt
[ -s one.txt ] || fail "no translation"

# total_size counts the tensors, not headers; the largest tensor stands alone.
total=$(sed -n 's/.*"total_size": \([0-9]*\).*/\1/p' shards/model.safetensors.index.json)
tensors=$(grep -c '"model-0000' shards/model.safetensors.index.json)
bytes=0
for file in shards/model-*.safetensors; do
  header=$(od -An -t u8 -N 8 "$file" | tr -d ' ')
  size=$(stat -c %s "$file")
  bytes=$((bytes + size - 8 - header))
  names=$(head -c $((8 + header)) "$file" | tail -c +9 | grep -o '"shape"' | grep -c .)
  [ $((size - 8 - header)) -le 3000000 ] || [ "$names" -eq 1 ] ||
    fail "$file: $names tensors in $size bytes"
done
[ "$total" = "$bytes" ] || fail "total_size $total, values $bytes"
expect 0 "$INGOT" inspect single --json
[ "$tensors" -gt 50 ] || fail "$tensors tensors in the index"

# One shard is one file.
expect 0 "$INGOT" fuse recipe.yml -o large -q --out-shard-size 5GB
same large/model.safetensors single/model.safetensors
[ ! -e large/model.safetensors.index.json ] || fail "an index of one file"

# Hashes of all shards; a changed byte is told.
expect 0 "$INGOT" inspect --verify shards
[ "$(grep -c '^same .*model-0000' out)" -eq "$count" ] || fail "not all shards were hashed"
cp -r shards changed
printf x | dd of=changed/model-00002-of-0000$count.safetensors bs=1 seek=20000 conv=notrunc 2>dd.err
expect 1 "$INGOT" inspect --verify changed
has out "changed  changed/model-00002-of-0000$count.safetensors"

# Stopped at any moment, also with another size of shards before: the same bytes.
RANDOM=${INGOT_KILL_SEED:=4711}
stopped=0
for kill in $(seq 12); do
  : >err
  size=3MB
  [ $((kill % 3)) -ne 1 ] || size=5MB
  "$INGOT" fuse recipe.yml -o killed --out-shard-size $size --threads $((1 + kill % 2)) >out 2>err &
  pid=$!
  [ $((kill % 2)) -eq 0 ] || until [ -s err ] || ! kill -0 $pid 2>/dev/null; do :; done
  kill -KILL $pid 2>/dev/null
  wait $pid 2>/dev/null || stopped=$((stopped + 1))
  rm -rf killed
done
[ $stopped -gt 0 ] || fail "nothing was ever stopped"
# as a process leaves it that is killed while it writes
[ ! -f killed.partial/fusion.journal ] || : >killed.partial/config.json.tmp-1-0
expect 0 "$INGOT" fuse recipe.yml -o killed --out-shard-size 3MB -q
for file in shards/*; do same "$file" "killed/${file##*/}"; done
[ "$(ls killed)" = "$(ls shards)" ] || fail "other files: $(ls killed)"

expect 2 "$INGOT" fuse recipe.yml -o refused --out-shard-size 5XB
has err "expected a size such as 5GB"
# Smaller than any tensor: one each.
expect 0 "$INGOT" fuse recipe.yml -o tiny -q --out-shard-size 1
[ "$(ls tiny | grep -c '^model-.*safetensors$')" -eq "$tensors" ] ||
  fail "not a shard for each tensor"
echo "$stopped of 12 were stopped"
