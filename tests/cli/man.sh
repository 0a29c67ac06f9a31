#!/usr/bin/env bash
# Man pages: one a verb and one for the whole, without warnings of groff and mandoc where they are
# here, no line wider than 80 columns, and each option of the help on its page.
. "$INGOT_SOURCE/tests/cli/common.bash"

# One formatter for both widths: as man shows a page on a terminal of 80 columns.
formatted() { groff -K utf8 -man -Tutf8 -ww -rLL=78n -P-c -P-b -P-u -P-o "$1"; }
too_wide() { LC_ALL=C.UTF-8 awk 'length($0) > 80'; }
# A page has no date: two builds of one source are the same.
lint() { mandoc -T lint -W warning "$1" | grep -v 'missing date, using'; }

check() {  # PAGE
  grep -q '^\.TH' "$1" || fail "$1 is no page"
  if command -v groff >/dev/null; then
    formatted "$1" >text 2>said || fail "groff: $1"
    [ ! -s said ] || fail "groff warns of $1: $(cat said)"
    [ -z "$(too_wide <text)" ] || fail "$1 has wide lines: $(too_wide <text)"
  fi
  if command -v mandoc >/dev/null; then
    lint "$1" >said
    [ ! -s said ] || fail "mandoc warns of $1: $(cat said)"
  fi
}

expect 0 "$INGOT" help --man
cp out ingot.1
check ingot.1
expect 0 "$INGOT" help --verbs
cp out verbs
[ "$(wc -l <verbs)" -gt 9 ] || fail "few verbs: $(cat verbs)"
while read -r verb; do
  page=ingot-${verb// /-}.1
  expect 0 "$INGOT" help --man "$verb"
  cp out "$page"
  check "$page"
  grep -qF -- "${page%.1}" <(sed 's/\\-/-/g' ingot.1) || fail "ingot.1 does not name $page"
  # shellcheck disable=SC2086  # a verb may be of two words
  expect 0 "$INGOT" help $verb
  for option in $(grep -oE '^ +(-[a-z], )?--[a-z0-9-]+' out | grep -oE -- '--[a-z0-9-]+'); do
    sed 's/\\-/-/g' "$page" | grep -A1 '^\.TP' | grep -qF -- "$option" ||
      fail "$page lacks $option"
  done
done <verbs
expect 0 "$INGOT" help --man score squad
cmp -s out ingot-score-squad.1 || fail "two words name another page than one argument of both"
expect 2 "$INGOT" help --man score square
has err "help --man takes one verb, found 'square' after 'score'"
# What the environment says of files is on the page of the whole.
for variable in IG_ISA HF_HUB_CACHE HF_HOME XDG_CACHE_HOME TMPDIR; do
  grep -qw "$variable" <(sed -n '/^\.SH ENVIRONMENT/,/^\.SH FILES/p' ingot.1) ||
    fail "ingot.1 does not tell of $variable"
done
expect 2 "$INGOT" help --man trian
has err "did you mean 'train'"

# What is planted is found.
if command -v groff >/dev/null; then
  { cat ingot.1; printf '.nf\n%0100d\n.fi\n' 1; } >planted.1
  [ -n "$(formatted planted.1 | too_wide)" ] || fail "a wide line passes"
  { cat ingot.1; echo .XX; } >planted.1
  [ -n "$(formatted planted.1 2>&1 >/dev/null)" ] || fail "an unknown macro passes groff"
fi
if command -v mandoc >/dev/null; then
  { cat ingot.1; echo .XX; } >planted.1
  [ -n "$(lint planted.1)" ] || fail "an unknown macro passes mandoc"
fi
