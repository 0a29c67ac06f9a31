#!/usr/bin/env bash
# The greedy soup: what lowers the held-out score stays out, what does not goes in; the same bytes
# again, for any threads.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
cp -r "$INGOT_SOURCE/models/en-de" good
source=$INGOT_SOURCE/examples/sample.en reference=$INGOT_SOURCE/examples/sample.de

soup() { expect "$1" "$INGOT" fuse recipe.yml -o "$2" --held-out-source "$source" \
  --held-out-reference "$reference" "${@:3}"; }
bleu() {
  "$INGOT" translate -q -m "$1" -i "$source" -o hypothesis || fail "$1 does not translate"
  "$INGOT" score bleu --reference "$reference" --hypothesis hypothesis |
    sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'
}

# A ruined model, a copy under another name, and one that is a little off.
recipe 'merge_method: passthrough' 'models: [{model: good, parameters: {scale: 0.5}}]'
expect 0 "$INGOT" fuse recipe.yml -o ruined -q
recipe 'merge_method: passthrough' \
  'models: [{model: good, parameters: {scale: [{select: encoder, value: 0.97}, {value: 1}]}}]'
expect 0 "$INGOT" fuse recipe.yml -o near -q
cp -r good copy

recipe 'merge_method: greedy_soup' 'models: [{model: ruined}, {model: near}, {model: copy},' \
  '  {model: good}]'
soup 0 soup --threads 1
has err "copy: "
has err "left out"
[ ! -e soup.stages ] || fail "soup.stages is left"
tr -d ' \n' <soup/fusion.json >json
has json '"model":"ruined"'
grep -qE '"model":"ruined","score":[-0-9.e]+,"average":[-0-9.e]+,"kept":false' json ||
  fail "the ruined model is in the soup"
grep -qE '"model":"good","score":[-0-9.e]+,"average":[-0-9.e]+,"kept":true' json ||
  fail "an equal model is not in the soup"
best=$(printf '%s\n' "$(bleu near)" "$(bleu good)" | sort -g | tail -n 1) got=$(bleu soup)
awk -v a="$got" -v b="$best" 'BEGIN { exit !(a >= b) }' ||
  fail "the soup has $got, its best model $best"
soup 0 again -q --threads 3
same soup/model.safetensors again/model.safetensors
same soup/fusion.json again/fusion.json

# By the loss of the references, without translating: it is told with a minus.
soup 0 by_loss --metric loss
grep -qE 'good: -[0-9]' err || fail "no loss is told: $(cat err)"
tr -d ' \n' <by_loss/fusion.json >json
grep -qE '"model":"ruined","score":-[0-9.e]+,"average":-[0-9.e]+,"kept":false' json ||
  fail "the ruined model is in the soup by its loss"
soup 2 none --metric loss --beam-size 2
has err '--beam-size has no effect on --metric loss'

# The same scores by a command of the user's own choose the same models.
cat >score.sh <<'END'
"$INGOT" translate -q -m "$2" -i "$1.en" -o translated || exit 1
"$INGOT" score bleu --reference "$1.de" --hypothesis translated |
  sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'
END
expect 0 "$INGOT" fuse recipe.yml -o asked -q \
  --held-out-command "sh score.sh ${source%.en}"
same soup/model.safetensors asked/model.safetensors
asked() { expect "$1" "$INGOT" fuse recipe.yml -o none -q --held-out-command "${@:2}"; }
asked 1 'echo many;:'
has err "expected a number on the last line that 'echo many;:' writes, found 'many'"
asked 1 'echo inf;:'
has err "'echo inf;:' says inf: expected a finite number"
asked 1 'echo broken; exit 3;'
has err "ended with exit code 3: 'broken'"
asked 2 'echo 1' --metric chrf
has err '--metric has no effect on --held-out-command'
asked 2 'echo 1' --held-out-questions x.json
has err 'expected either --held-out-command or --held-out-questions'
[ ! -e none ] && [ ! -e none.partial ] && [ ! -e none.stages ] || fail "something is left"

# Held-out data that choose nothing are told.
! grep -q 'nothing is chosen' err || fail "a soup is said to choose nothing"
recipe 'merge_method: linear' 'models: [{model: good, parameters: {weight: 1}}]'
soup 0 average
has err 'recipe.yml: nothing is chosen by held-out data, for it has no greedy_soup'
recipe 'merge_method: greedy_soup' 'models: [{model: ruined}, {model: near}, {model: copy},' \
  '  {model: good}]'

# Refusals that leave nothing behind.
expect 1 "$INGOT" fuse recipe.yml -o none -q
has err 'recipe.yml:1: greedy_soup needs held-out data to choose by'
expect 0 "$INGOT" fuse recipe.yml --dry-run
expect 2 "$INGOT" fuse recipe.yml -o none --held-out-source "$source"
head -n 3 "$reference" >short
reference=short soup 1 none
has err 'has 20 lines and short 3'
recipe 'merge_method: greedy_soup' 'slices: [{sources: [{model: good, layer_range: [0, 2]}]}]'
soup 1 none
has err "greedy_soup works on whole models: expected 'models'"
[ ! -e none ] && [ ! -e none.partial ] && [ ! -e none.stages ] || fail "something is left"
