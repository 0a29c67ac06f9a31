#!/usr/bin/env bash
# Pipes and devices where files are needed: refused at once, neither waited for nor read for ever.
# (A command that waits is ended by `timeout`: exit code 124 in place of 1.)
. "$INGOT_SOURCE/tests/cli/common.bash"
toy run 10
expect 0 "$INGOT" train toy.yml --quiet
echo '1 2 3' >in
# A sanitizer reserves terabytes of addresses: there the time alone is limited.
memory=4000000
! grep -qE "__[at]san_init" "$INGOT" || memory=unlimited
limited() { timeout 60 bash -c 'ulimit -v '"$memory"'; exec "$@"' - "$@"; }
for kind in pipe zero; do
  for file in config.json model.safetensors vocab.json tokenizer_config.json \
    generation_config.json; do
    rm -rf m
    cp -r run/latest m
    rm -f m/$file
    if [ $kind = pipe ]; then mkfifo m/$file; else ln -s /dev/zero m/$file; fi
    expect 1 limited "$INGOT" translate -m m -i in
    has err "m/$file: expected a regular file, found a "
    echo '{merge_method: passthrough, models: [{model: m}]}' >r.yml
    # What a fusion only copies is left out, and named.
    limited "$INGOT" fuse r.yml -o made -q 2>err >out
    [ $? -lt 2 ] || fail "exit code of fuse"
    grep -q "m/$file: expected a regular file, found a \|not copied.*: $file" err ||
      fail "$file is not named"
    rm -rf made
    rm -rf made.partial
  done
done
mkfifo pipe
for file in pipe /dev/zero; do
  cp -r run/latest f
  echo "{\"outputs\": [], \"inputs\":
    [{\"file\": \"$file\", \"bytes\": 1, \"xxh3-128\": \"00\"}]}" >f/fusion.json
  expect 1 limited "$INGOT" inspect --verify f
  has err "expected a regular file"
  rm -r f
done
expect 1 limited "$INGOT" train /dev/zero
has err "/dev/zero: more than "
expect 1 limited "$INGOT" fuse /dev/zero -o made
# A recipe from a pipe is read.
echo '{merge_method: passthrough, models: [{model: run/latest}]}' >r.yml
expect 0 bash -c "'$INGOT' fuse <(cat r.yml) -o made -q"
[ -f made/model.safetensors ] || fail "no model"
