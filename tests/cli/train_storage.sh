#!/usr/bin/env bash
# A corpus whose ids are in a file trains to the bits of one in memory, and leaves nothing behind.
. "$INGOT_SOURCE/tests/cli/common.bash"
mkdir store

# in_file OUTPUT UPDATES: toy.yml, whose ids go to a file in store/.
in_file() {
  toy "$@"
  sed -i 's/^  tokens:/  storage: file\n  storage_directory: store\n  tokens:/' toy.yml
}

toy memory 60
expect 0 "$INGOT" train toy.yml --threads 1
in_file file 60
expect 0 "$INGOT" train toy.yml --threads 2
has err "of disk in store"
same memory/latest/model.safetensors file/latest/model.safetensors
[ -z "$(ls -A store)" ] || fail "store/ has $(ls -A store)"

# Another order of batches would end elsewhere.
in_file other 60
expect 0 "$INGOT" train toy.yml --set train.seed=4
! cmp -s memory/latest/model.safetensors other/latest/model.safetensors ||
  fail "the seed changes nothing"

# A run that is killed leaves nothing in store/ and goes on, in memory or in a file.
in_file killed 1000000
"$INGOT" train toy.yml --threads 1 >out 2>err &
pid=$!
while [ ! -e killed/latest ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -KILL $pid
wait $pid 2>/dev/null
[ -z "$(ls -A store)" ] || fail "a killed run left $(ls -A store)"
in_file halves 30
expect 0 "$INGOT" train toy.yml
expect 0 "$INGOT" train toy.yml --set train.updates=45 --set data.storage=memory \
  --set data.storage_directory=null
expect 0 "$INGOT" train toy.yml --set train.updates=60
same memory/latest/model.safetensors halves/latest/model.safetensors

# A corpus that has changed is another run's.
sed -i '3s/.*/1 1 1/' toy.src
expect 1 "$INGOT" train toy.yml --set train.updates=70
has err "other data"

# What can be wrong.
in_file wrong 10
expect 1 "$INGOT" train toy.yml --set data.storage_directory=nowhere
has err "nowhere: cannot make a file in this directory"
expect 1 "$INGOT" train toy.yml --set data.storage=disk
has err "data.storage"
expect 1 "$INGOT" train toy.yml --set data.storage=memory
has err "data.storage_directory: it has no effect with storage: memory"
