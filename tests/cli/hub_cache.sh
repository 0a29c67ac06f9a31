#!/usr/bin/env bash
# Names of the Hugging Face hub are found in its local cache, for translate, fuse, train and as
# adapters; a directory of the same name comes first, and what is not there is told with its place.
. "$INGOT_SOURCE/tests/cli/golden.bash"
goldens=$INGOT_SOURCE/tests/golden
hash=0123456789abcdef0123456789abcdef01234567
older=fedcba9876543210fedcba9876543210fedcba98

# As huggingface_hub lays it out: files are links to blobs.
# cached CACHE ORGANISATION--NAME HASH REVISION DIRECTORY
cached() {
  local model=$1/models--$2 name
  mkdir -p "$model/blobs" "$model/refs" "$model/snapshots/$3"
  for name in "$5"/*; do
    cp "$name" "$model/blobs/$3-${name##*/}"
    ln -sf "../../blobs/$3-${name##*/}" "$model/snapshots/$3/${name##*/}"
  done
  printf %s "$3" >"$model/refs/$4"
}
cached home/.cache/huggingface/hub someone--bart-tiny "$hash" main "$goldens/bart_tiny"
cached home/.cache/huggingface/hub someone--bart-tiny "$older" v1 "$goldens/marian_tiny"
cached home/.cache/huggingface/hub else--lora "$hash" main "$goldens/adapters/bart"
unset HF_HUB_CACHE HF_HOME XDG_CACHE_HOME
export HOME=$PWD/home
run=(-i "$goldens/adapters/bart/source.ids" --ids --ids-in --max-length 32)

expect 0 "$INGOT" translate -m "$goldens/bart_tiny" "${run[@]}"
cp out plain
expect 0 "$INGOT" translate -m someone/bart-tiny "${run[@]}"
same out plain
expect 0 "$INGOT" translate -m "someone/bart-tiny@$hash" "${run[@]}"
same out plain
expect 0 "$INGOT" translate -m "$goldens/bart_tiny+$goldens/adapters/bart" "${run[@]}"
cp out adapted
expect 0 "$INGOT" translate -m someone/bart-tiny+else/lora "${run[@]}"
same out adapted
! cmp -s plain adapted || fail "the adapter makes no difference"
expect 0 "$INGOT" inspect someone/bart-tiny@v1
has out marian

# The variables of huggingface_hub, in its order.
mkdir none
expect 1 env HF_HUB_CACHE="$PWD/none" "$INGOT" translate -m someone/bart-tiny "${run[@]}"
has err "someone/bart-tiny: cannot open: no such directory, nor a model of the Hugging Face hub"
has err "none/models--someone--bart-tiny/snapshots/main (revision main)"
expect 0 env HF_HOME="$HOME/.cache/huggingface" HOME=/nowhere "$INGOT" inspect someone/bart-tiny
expect 0 env XDG_CACHE_HOME="$HOME/.cache" HOME=/nowhere "$INGOT" inspect someone/bart-tiny
expect 0 env HF_HUB_CACHE='~/.cache/huggingface/hub' "$INGOT" inspect someone/bart-tiny
expect 1 "$INGOT" inspect someone/bart-tiny@v2
has err "someone/bart-tiny: cannot open"
has err "snapshots/v2 (revision v2)"

# A fusion names the snapshot that it read.
printf 'merge_method: passthrough\nmodels: [{model: someone/bart-tiny+else/lora}]\n' >recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o fused
has fused/fusion.json "models--someone--bart-tiny/snapshots/$hash/model.safetensors"
expect 0 "$INGOT" translate -m fused "${run[@]}"
same out adapted
printf '%s\n' 'merge_method: passthrough' \
  'models: [{model: {model: {path: someone/bart-tiny, revision: v1}}}]' >recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o revised
has revised/config.json '"marian"'
printf 'merge_method: passthrough\nmodels: [{model: someone/other}]\n' >recipe.yml
expect 1 "$INGOT" fuse recipe.yml -o refused
has err "models--someone--other/snapshots/main"

# A directory of that name comes first, and what leads out of the cache is nothing.
mkdir someone && cp -rL "$goldens/marian_tiny" someone/bart-tiny
expect 0 "$INGOT" inspect someone/bart-tiny
has out marian
# Nothing after a plus sign, or before it, is no adapter of the directory that one is in.
for name in "someone/bart-tiny+" "+someone/bart-tiny" "someone/bart-tiny++x"; do
  expect 1 "$INGOT" inspect "$name"
  has err 'one is empty'
done
# In a directory that is here a name is a path, unless the cache has it.
expect 1 "$INGOT" inspect someone/else
has err "someone/else/config.json: cannot open: No such file or directory"
rm -r someone/bart-tiny
expect 0 "$INGOT" inspect someone/bart-tiny
has out bart
rm -r someone
printf ../../../../../someone >home/.cache/huggingface/hub/models--someone--bart-tiny/refs/out
expect 1 "$INGOT" inspect someone/bart-tiny@out
has err "refs/out: expected the name of a snapshot"
expect 1 "$INGOT" inspect 'someone/bart-tiny@../refs'
has err "cannot open"

# A training begins with one.
toy base 2
expect 0 "$INGOT" train toy.yml
cached home/.cache/huggingface/hub someone--toy "$hash" main base/latest
sed -e 's/^model: .*/model: {init: someone\/toy}/' -e '/encoder_/d' -e '/tokens:/d' \
  -e 's/output: base/output: tuned/' toy.yml >tuned.yml
expect 0 "$INGOT" train tuned.yml
[ -s tuned/latest/model.safetensors ] || fail "nothing was trained"

# What writes a model again finds it there, too.
rm -r someone
expect 0 "$INGOT" convert someone/bart-tiny -o converted
same converted/model.safetensors "$goldens/bart_tiny/model.safetensors"
expect 0 "$INGOT" optimize someone/bart-tiny -o halved --type bf16
[ -e halved/model.safetensors ] || fail "nothing was written"
expect 1 "$INGOT" convert someone/bart-tiny+else/lora -o refused
has err "an adapter is not converted with its model"
expect 1 "$INGOT" convert someone/bart-tiny@v2 -o refused
has err "snapshots/v2 (revision v2)"
