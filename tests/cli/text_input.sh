#!/usr/bin/env bash
# Text that is not quite text: bad bytes, NULs, byte order marks, UTF-16, compression, lines without
# an end. Nothing of it ends a stream but what cannot be read at all.
. "$INGOT_SOURCE/tests/cli/common.bash"
cases=$INGOT_SOURCE/tests/cases/translation
model=$INGOT_SOURCE/models/en-de
[ -f "$model/config.json" ] || exit 77
translate() { expect "$1" "$INGOT" translate -q -m "$model" "${@:2}"; }
lines() { [ "$(wc -l <out)" -eq "$1" ] || fail "$1 lines expected: $(cat out)"; }

# One bad byte costs a letter, not the lines after it.
translate 0 -i "$cases/03-one-latin1-byte.txt" --stats stats.json
lines 4
has out "Gute Nacht!"
has err "warning: line 3: byte 8 (0xE9) is not UTF-8: read as U+FFFD"
has stats.json '"repaired_lines": 1'
cp out plain
translate 0 <"$cases/03-one-latin1-byte.txt"
same out plain
translate 1 -i "$cases/03-one-latin1-byte.txt" --strict
has err "03-one-latin1-byte.txt: line 3: not UTF-8 at byte 8 of the line"
head -n 2 plain >before
same out before
translate 0 -i "$cases/04-one-nul.txt"
lines 3
has out "Gute Nacht!"
has err "warning: line 2: byte 4 is NUL: read as a space"
translate 1 -i "$cases/04-one-nul.txt" --strict
lines 1

# The first ten are told, and of the others a count.
for i in $(seq 25); do printf 'a \377\n'; done >many
translate 0 -i many
[ "$(grep -c 'is not UTF-8: read as' err)" -eq 10 ] || fail "ten warnings expected"
has err "replaced in 25 lines"
translate 0 -i many --score-target many
[ "$(grep -c 'warning: target line' err)" -eq 10 ] || fail "ten warnings for the targets"

# A mark at the start of a file is no text, a line feed after a carriage return is one end.
printf '\357\273\277How are you?\nHow are you?\n' >marked
translate 0 -i marked
lines 2
[ "$(uniq out | wc -l)" -eq 1 ] || fail "the mark was translated: $(cat out)"
[ ! -s err ] || fail "a mark is nothing to warn of"
head -c 3 marked | cat - "$cases/06-crlf-blank.txt" >mixed
translate 0 -i "$cases/06-crlf-blank.txt"
lines 3
[ -z "$(sed -n 2p out)" ] || fail "the blank line is not empty"
cp out plain
translate 0 -i mixed
same out plain
cp -r "$model" marked.model
for file in marked.model/*.json; do
  { head -c 3 marked && cat "$file"; } >text
  cp text "$file"
done
expect 0 "$INGOT" translate -q -m marked.model -i "$cases/06-crlf-blank.txt"
same out plain
{ head -c 3 marked && printf 'merge_method: passthrough\nmodels: [{model: nowhere}]\n'; } >r.yml
expect 1 "$INGOT" fuse r.yml --dry-run
has err "nowhere"

# Compressed files are read whatever their names, by every verb.
gzip -c "$cases/06-crlf-blank.txt" >zipped
translate 0 -i zipped
same out plain
translate 0 <zipped
same out plain
expect 0 "$INGOT" score bleu -r zipped -i "$cases/06-crlf-blank.txt"
has out "= 100.0"
expect 0 "$INGOT" score bleu -r "$cases/06-crlf-blank.txt" <zipped
has out "= 100.0"
gzip -c plain >target
translate 0 -i zipped --score-target target
cp out scores
translate 0 -i "$cases/06-crlf-blank.txt" --score-target plain
same out scores
awk 'BEGIN { for (i = 0; i < 20000; i++) print i * 7919 % 104729 }' | gzip >all.gz
head -c 20000 all.gz >cut.gz
expect 1 "$INGOT" score bleu -r all.gz -i cut.gz
has err "cut.gz: line "
has err "damaged gzip data: it ends in the middle"

# UTF-16 is named, with what to do.
iconv -t UTF-16 "$cases/06-crlf-blank.txt" >wide
iconv -t UTF-16BE "$cases/06-crlf-blank.txt" >unmarked
for verb in "translate -m $model -i" "score bleu -r plain -i"; do
  # shellcheck disable=SC2086
  expect 1 "$INGOT" $verb wide
  has err "wide: the text is UTF-16, expected UTF-8: convert it (iconv -f UTF-16 -t UTF-8)"
  # shellcheck disable=SC2086
  expect 1 "$INGOT" $verb unmarked
  has err "unmarked: the text is UTF-16BE"
  [ ! -s out ] || fail "something was made of UTF-16"
done

# A line without an end ends the work, not the machine.
expect 1 "$INGOT" score bleu -r /dev/zero -i plain
has err "/dev/zero: line 1 has more than 128 MB"
