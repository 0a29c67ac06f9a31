#!/usr/bin/env bash
# Help, version, and what the command says to words it does not know.
. "$INGOT_SOURCE/tests/cli/common.bash"

expect 0 "$INGOT" --version
grep -Eq '^ingot [0-9]+\.[0-9]+\.[0-9]+$' out || fail "no version"
expect 0 "$INGOT" help
for verb in train fuse convert translate score inspect bench; do
  has out "$verb"
done
for verb in train fuse convert translate score inspect bench; do
  expect 0 "$INGOT" help "$verb"
  has out "ingot $verb"
  cp out page
  expect 0 "$INGOT" "$verb" --help
  same page out
  [ ! -s err ] || fail "help writes to standard error"
  # Every option of the page is one the parser knows: each is an error of its value at most, never
  # unknown.
  for option in $(grep -oE '^ +(-[a-z], )?--[a-z0-9-]+' page | grep -oE -- '--[a-z0-9-]+'); do
    "$INGOT" "$verb" "$option=" >out 2>err </dev/null
    ! grep -q 'unknown option' err || fail "$verb lists $option and does not know it"
  done
done

expect 2 "$INGOT"
expect 2 "$INGOT" tranlate
has err "did you mean 'translate'"
expect 2 "$INGOT" help trian
has err "did you mean 'train'"
expect 2 "$INGOT" help score square
expect 2 "$INGOT" help score squad again
has err "found 'again' after 'squad'"
expect 2 "$INGOT" help --markdown again
has err "unexpected 'again' after help --markdown"
expect 2 "$INGOT" help --planted
has err "unknown option '--planted'"
expect 2 "$INGOT" translate -m x --beam-sze 4
has err "did you mean --beam-size"
expect 2 "$INGOT" translate -m x --zzzzzzzzzz
! grep -q 'did you mean' err || fail "a suggestion for a word that is like none"
expect 2 "$INGOT" translate
has err "--model DIR is missing"
expect 2 "$INGOT" translate -m
has err "DIR is missing"
expect 2 "$INGOT" translate -m x --beam-size four
has err "expected a whole number"
expect 2 "$INGOT" translate -m x --beam-size 0
expect 2 "$INGOT" translate -m x --length-penalty nan
expect 2 "$INGOT" translate -m x --ids=yes
expect 2 "$INGOT" translate -m x -i x -i y
has err "given twice"
expect 2 "$INGOT" translate -m x stray
expect 2 "$INGOT" train
expect 2 "$INGOT" score blue --reference x
has err "did you mean 'bleu'"

expect 0 "$INGOT" help --markdown
cmp -s out "$INGOT_SOURCE/docs/cli.md" ||
  fail "docs/cli.md is not what 'ingot help --markdown' prints"

# Whoever tells of instruction sets names those that the library knows, and each of them.
expect 1 env IG_ISA=planted "$INGOT" translate -m "$INGOT_SOURCE/models/en-de" -i /dev/null
known=$(grep -o '(expected .*)' err | tr -d '(),' | sed 's/expected //; s/ or / /')
[ "$(wc -w <<<"$known")" -gt 3 ] || fail "few instruction sets: $known"
names_all() {  # FILE LIST
  local isa
  for isa in $2; do grep -qw -- "$isa" "$1" || return 1; done
}
expect 0 "$INGOT" help
grep -A4 '^  IG_ISA' out >isa
names_all isa "$known" || fail "help does not name all of: $known"
grep -B4 '^ig_status ig_isa_name' "$INGOT_SOURCE/include/ingot.h" >isa
names_all isa "$known" || fail "ingot.h does not name all of: $known"
! names_all isa "$known planted" || fail "a missing instruction set passes"

if [ -w /dev/full ]; then
  "$INGOT" help >/dev/full 2>err
  [ $? -eq 1 ] || fail "a full disk passes for success"
  has err "No space left"
fi
