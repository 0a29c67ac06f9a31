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
