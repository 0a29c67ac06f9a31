#!/usr/bin/env bash
# A byte of latest/ that changes: the training is refused with the file's name, or it ends in the
# same bytes as without. INGOT_FLIPS=N tries N bytes (2,000 by hand).
. "$INGOT_SOURCE/tests/cli/common.bash"
RANDOM=${INGOT_FLIP_SEED:=4711}
: "${INGOT_FLIPS:=120}"
toy run 10
expect 0 "$INGOT" train toy.yml --quiet
go_on() { "$INGOT" train toy.yml --quiet --set train.updates=12 --set "train.output=$1"; }
cp -r run whole
expect 0 go_on whole
refused=0 harmless=0
files=(run/latest/*)
[ ${#files[@]} -ge 6 ] || fail "files of a checkpoint: ${files[*]}"
# flip FILE BYTE BIT
flip() {
  local old
  old=$(od -An -tu1 -j"$2" -N1 "$1" | tr -d ' ')
  # shellcheck disable=SC2059
  printf "\\x$(printf %02x $((old ^ (1 << $3))))" |
    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
for ((i = 0; i < INGOT_FLIPS; i++)); do
  name=$(basename "${files[$((i % ${#files[@]}))]}")
  rm -rf flipped
  cp -r run flipped
  size=$(stat -c %s flipped/latest/"$name")
  flip flipped/latest/"$name" $(((RANDOM * 32768 + RANDOM) % size)) $((RANDOM % 8))
  if go_on flipped >out 2>err; then
    harmless=$((harmless + 1))
    for file in whole/latest/*.safetensors; do same "$file" "flipped/latest/${file##*/}"; done
  else
    refused=$((refused + 1))
    has err "latest/$name"
  fi
done
echo "$refused of $INGOT_FLIPS were refused, $harmless had no effect"
[ $refused -gt $((INGOT_FLIPS / 2)) ] || fail "hardly any was refused"

# A file that is cut short, or gone; a checkpoint without hashes, as older versions made it.
for name in model.safetensors training.safetensors config.json; do
  rm -rf flipped
  cp -r run flipped
  truncate -s -1 flipped/latest/$name
  expect 1 go_on flipped
  has err "latest/$name"
  rm flipped/latest/$name
  expect 1 go_on flipped
  has err "latest/$name"
done
rm -rf old
cp -r run old
hashes=$(sed -n '/"files": {/,/^  },/p' old/latest/training.json | grep -c xxh3)
[ "$hashes" -ge 5 ] || fail "hashes of $hashes files"
sed -i -e '/"files": {/,/^  },/d' -e '/^  "hash": /d' old/latest/training.json
sed -i -z 's/,\n}/\n}/' old/latest/training.json
expect 0 go_on old
same old/latest/model.safetensors whole/latest/model.safetensors
