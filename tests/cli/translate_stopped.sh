#!/usr/bin/env bash
# SIGTERM at each open, write, sync, rename of `translate -o`: nothing is left where no line was
# finished, and --resume goes on where one was. And no output replaces what is read.
. "$INGOT_SOURCE/tests/cli/common.bash"
toy run 20
expect 0 "$INGOT" train toy.yml --quiet
model=run/latest
digits 6 99 in
expect 0 "$INGOT" translate -q -m $model -i in -o whole --max-length 6
if [ -x "${INGOT_FAULTY:-}" ]; then
  code=143 stops=0
  for at in $(seq 300); do
    { FAULT=term:$at "$INGOT_FAULTY" translate -q -m $model -i in -o out.txt --max-length 6 \
      --threads 1 >out 2>err; } 2>/dev/null
    code=$?
    [ $code -ne 0 ] || break
    [ $code -eq 143 ] || fail "exit code $code at call $at"
    stops=$((stops + 1))
    if [ -e out.txt ]; then
      [ ! -e out.txt.partial ] || fail "two outputs at call $at"
    elif [ -e out.txt.partial ]; then
      [ -s out.txt.partial ] || fail "an empty out.txt.partial at call $at"
      [ -s out.txt.partial.state ] || fail "no state beside out.txt.partial at call $at"
      expect 0 "$INGOT" translate -q -m $model -i in -o out.txt --max-length 6 --resume
    fi
    [ ! -e out.txt.partial.state ] || fail "a state is left at call $at"
    [ ! -e out.txt ] || same out.txt whole
    rm -f out.txt
  done
  [ $code -eq 0 ] && [ $stops -gt 4 ] || fail "$stops stops, exit code $code in the end"
fi

# Nothing that is read is replaced.
cp in before
expect 2 "$INGOT" translate -q -m $model -i in -o in
has err '--output and --input are the same file: in'
ln -s in link
expect 2 "$INGOT" translate -q -m $model -i in -o link
expect 2 "$INGOT" translate -q -m $model -i in -o new --stats in
for name in new.partial new.partial.state; do
  expect 2 "$INGOT" translate -q -m $model -i in -o new --stats $name
  has err "--stats $name: the unfinished output is there"
done
same in before
for path in $model/model.safetensors $model/config.json $model/vocab.json; do
  expect 2 "$INGOT" translate -q -m $model -i in -o $path
  expect 2 "$INGOT" translate -q -m $model -i in -o new --stats $path
  has err "is a file of the model"
done
# A directory that cannot be listed is no directory without files (root may list any).
if [ "$(id -u)" -ne 0 ]; then
  cp -r $model hidden
  chmod a-r hidden
  expect 1 "$INGOT" translate -q -m hidden -i in -o new
  has err 'hidden: cannot open: '
  chmod a+r hidden
fi
toy run 30 "keep: 1"
sum() { cat toy.yml toy.src toy.trg run/*.jsonl run/*/* | cksum; }
cp -r run/latest run/update-10
ln -s run/latest/training.json alias
sum >sum-before
for path in toy.yml toy.src toy.trg run/metrics.jsonl run/.lock run/latest/training.json \
  run/latest/new run/best run/update-10/config.json alias; do
  expect 1 "$INGOT" train toy.yml --quiet --stats $path
  has err "$path: the statistics would replace "
done
sum | cmp -s - sum-before || fail "a file was changed"
# ... and beside them they may be.
expect 0 "$INGOT" train toy.yml --quiet --stats run/stats.json
has run/stats.json '"updates": 10'
cp -r $model first
echo '{merge_method: passthrough, models: [{model: first}]}' >r.yml
cp in held
expect 2 "$INGOT" fuse r.yml -o fused --report held --held-out-source held --held-out-reference in
has err '--report held is a file of what is held out'
same held in
