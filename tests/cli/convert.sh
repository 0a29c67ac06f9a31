#!/usr/bin/env bash
# ingot convert: what comes out says what the input says; every family; types; shards; refusals.
. "$INGOT_SOURCE/tests/cli/golden.bash"
golden=$INGOT_SOURCE/tests/golden
printf '3 4 5\n7 8\n' >ids
says() { # MODEL OUT
  expect 0 "$INGOT" translate -m "$1" -i ids --ids --ids-in --max-length 12 -o "$2"
}

expect 0 "$INGOT" convert "$golden/torch_files/model" -o safe
has err 'model_state_dict is read, left out: epoch'
[ -f safe/model.safetensors ] && [ ! -e safe/pytorch_model.bin ] || fail "the files of safe"
cmp safe/config.json "$golden/torch_files/model/config.json" || fail "another configuration"
says "$golden/marian_tiny" expected
says safe found
[ -s expected ] && cmp expected found || fail "the converted model says something else"

expect 1 "$INGOT" convert nowhere -o new
has err 'nowhere: no such directory: expected one that holds a model'
[ ! -e new ] || fail "something is written"

# Every family goes through, and says the same from shards.
for model in "$golden"/*_tiny; do
  name=${model##*/}
  expect 0 "$INGOT" convert "$model" -o "$name" --out-shard-size 10K --quiet
  [ -f "$name/model-00001-of-00002.safetensors" ] || [ -f "$name/model.safetensors.index.json" ] ||
    fail "$name: no shards"
  says "$model" expected
  says "$name" found
  cmp expected found || fail "$name says something else"
done

# A type: half the bytes, the configuration says so, and the model still opens.
expect 0 "$INGOT" convert safe -o half --type bfloat16
has half/config.json '"bfloat16"'
whole=$(stat -c %s safe/model.safetensors) part=$(stat -c %s half/model.safetensors)
[ $((part * 10)) -lt $((whole * 6)) ] ||
  fail "bfloat16 is as large as float32"
expect 0 "$INGOT" inspect --json half
has out '"BF16"'
says half found

# What an input is must not change, and outputs are new.
expect 1 "$INGOT" convert safe -o half
has err 'half: exists already'
expect 1 "$INGOT" convert safe -o safe/again
has err 'is in the directory that is converted'
expect 2 "$INGOT" convert safe
has err '--output DIR is missing'
expect 2 "$INGOT" convert safe -o x --type int8
has err 'expected one of float32, bfloat16, float16'
expect 2 "$INGOT" convert safe -o x --out-shard-size lots
has err 'expected a size such as 5GB'
[ ! -e x ] && [ ! -e x.partial ] || fail "a refused conversion left something"

# Nothing that a pickle asks for is run.
mkdir hostile && cp safe/config.json hostile
{ head -c 21 "$golden/torch_files/model/pytorch_model.bin" && printf '\200\002}.' &&
  printf '\200\002cos\nsystem\nX\010\0\0\0touch ow\205R.'; } >hostile/pytorch_model.bin
expect 1 "$INGOT" convert hostile -o x
has err 'asks for os.system'
[ ! -e ow ] && [ ! -e x ] && [ ! -e x.partial ] || fail "a refused conversion left something"
