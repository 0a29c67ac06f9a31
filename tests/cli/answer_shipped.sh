#!/usr/bin/env bash
# The shipped answerer, whose layers are int8: it finds what the passage says, in each of the forms
# that the verb has, and the same for any number of threads. With other weights it does not.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/models/qa-en passage=$INGOT_SOURCE/examples/passage.txt
[ "$(cat "$model"/* | wc -c)" -le 16000000 ] || fail "the model has more than 16 MB"
ask() { expect 0 "$INGOT" answer -q -m "$1" --question "$2" --context "$passage" "${@:3}"; }

ask "$model" 'When was the first one built?'
[ "$(cat out)" = 1698 ] || fail "1698 expected"
ask "$model" 'Who designed the third one?'
[ "$(cat out)" = 'John Smeaton' ] || fail "John Smeaton expected"
ask "$model" 'What is it today?' --json
has out '"answer": "a museum"'

# Lines of questions, alone and together; the C example of the manual asks the same way.
printf '{"question": "%s", "context": "The bridge was built in 1894."}\n' \
  'When was the bridge built?' 'What was built in 1894?' >lines
expect 0 "$INGOT" answer -q -m "$model" --json-lines -i lines --threads 1
cp out one
has one '"answer":"1894"'
has one 'bridge'
expect 0 "$INGOT" answer -q -m "$model" --json-lines -i lines --threads 2 --batch-tokens 16
same out one

expect 0 "$INGOT" inspect "$model"
has out int8

# Its layers upside down, which fusing writes as floats, find something else.
cat >recipe.yml <<END
merge_method: passthrough
models: [{model: "$model", parameters: {scale: -1}}]
END
expect 0 "$INGOT" fuse -q recipe.yml -o broken
ask broken 'When was the first one built?'
[ "$(cat out)" != 1698 ] || fail "the weights make no difference"
