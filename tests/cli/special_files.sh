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

# At the place of a file that a training keeps: refused at once, and nothing is lost.
toy kept 10
expect 0 "$INGOT" train toy.yml --quiet
toy kept 20
cp kept/latest/training.json before
for file in .lock metrics.jsonl latest/training.json latest/training.safetensors; do
  for kind in pipe device directory; do
    mv kept/$file aside
    case $kind in
      pipe) mkfifo kept/$file ;;
      device) ln -s /dev/null kept/$file ;;
      directory) mkdir kept/$file ;;
    esac
    expect 1 limited "$INGOT" train toy.yml --quiet
    has err "$file"
    rm -r kept/$file
    mv aside kept/$file
    same before kept/latest/training.json
  done
done
expect 0 limited "$INGOT" train toy.yml --quiet
# Training data are read more than once.
mkfifo pairs
toy piped 10
sed -i 's/source: toy.src/source: pairs/' toy.yml
expect 1 limited "$INGOT" train toy.yml --quiet
has err 'pairs: expected a regular file, found a pipe'
[ ! -e piped ] || fail "something is left of a start that failed"
# Beside a model's files: none of them.
cp -r run/latest m2
mkfifo m2/notes.txt
expect 0 limited "$INGOT" translate -m m2 -i in -o translated -q
# Outputs that the user names may be pipes and devices.
expect 0 limited "$INGOT" translate -m m2 -i in -o /dev/null --stats /dev/null -q
rm -f stats
mkfifo stats
cat stats >read &
toy third 5
expect 0 limited "$INGOT" train toy.yml --quiet --stats stats
wait $!
has read '"updates": 5'
[ -p stats ] || fail "the pipe was replaced"
