#!/usr/bin/env bash
# Tokens that were added after training: cut out of the text, and told where the model has no rows
# for them. tests/unit/text_added_tokens.c compares ids and texts with transformers.
. "$INGOT_SOURCE/tests/cli/common.bash"
shipped=$INGOT_SOURCE/models/en-de
mkdir model
ln -s "$shipped"/* model/
echo 'Good night, <tag> Tom.' >text

expect 0 "$INGOT" translate -m "$shipped" -i text
cp out expected
! grep -q "added tokens" err || fail "a token that nobody added is told"

# No rows: the text is read as before, and that is told.
echo '{"<tag>": 70000, "{0}": 70001}' >model/added_tokens.json
expect 0 "$INGOT" translate -m model -i text
same out expected
has err 'the model has no rows for added tokens, which are read as text: <tag>, {0}'

# A token in the place of a piece: it is one id of the source, which decides what comes out.
echo '{"<tag>": 4}' >model/added_tokens.json
expect 0 "$INGOT" translate -m model -i text
[ ! -s err ] || fail "a token with a row is told, or unknown"
! cmp -s out expected || fail "the added token changes nothing"
