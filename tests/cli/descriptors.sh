#!/usr/bin/env bash
# An output that names a descriptor of the command (/dev/stdout, /dev/fd/3) goes there, as through a
# pipe: where it leads to a file, nothing that the file holds is lost.
. "$INGOT_SOURCE/tests/cli/common.bash"
toy run 4
expect 0 "$INGOT" train toy.yml --quiet
printf '1 2 3\n4 5\n' >in
model=run/latest
expect 0 "$INGOT" translate -q -m $model -i in --max-length 4
cp out expected

# lines FILE FIRST...: the file has these lines before the translations.
lines() {
  local file=$1
  shift
  printf '%s\n' "$@" | cat - expected >wanted
  head -n "$(wc -l <wanted)" "$file" >begin
  same begin wanted
}
for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
  [ -e $name ] || continue
  { echo header && "$INGOT" translate -q -m $model -i in --max-length 4 -o $name && echo footer; } \
    >file 2>err || fail "exit code $?"
  lines file header
  [ "$(tail -n 1 file)" = footer ] && [ "$(wc -l <file)" -eq 4 ] || fail "$name: $(cat file)"
done
echo old >file
"$INGOT" translate -q -m $model -i in --max-length 4 -o /dev/fd/3 3>>file 2>err || fail "code $?"
lines file old

# Statistics come after the translations, and after what the file held.
echo old >file
"$INGOT" translate -q -m $model -i in --max-length 4 --stats /dev/stdout >>file 2>err ||
  fail "exit code $?"
lines file old
tail -n 1 file | grep -q '^{"lines": 2' || fail "no statistics"
echo old >file
"$INGOT" train toy.yml --set train.output=other --stats /dev/stderr >out 2>>file ||
  fail "exit code $?"
[ "$(head -n 1 file)" = old ] && grep -q '"updates"' file || fail "$(cat file)"
echo '{merge_method: passthrough, models: [{model: run/latest}]}' >recipe.yml
echo old >file
"$INGOT" fuse recipe.yml -o fused -q --report /dev/stdout >>file 2>err || fail "exit code $?"
[ "$(head -n 1 file)" = old ] && grep -q '</html>' file || fail "no report"

expect 1 "$INGOT" translate -q -m $model -i in -o /dev/fd/9
has err '/dev/fd/9: Bad file descriptor'
