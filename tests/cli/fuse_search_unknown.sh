#!/usr/bin/env bash
# A search over lines that the vocabulary lacks finds nothing and says so, once, of those alone.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
cp -r "$INGOT_SOURCE/models/en-de" good
printf '我\n你好\n' >held.zh
head -n 2 "$INGOT_SOURCE/examples/sample.en" >held.en
head -n 2 "$INGOT_SOURCE/examples/sample.de" >held.de
searched() { # OBJECTIVE
  recipe 'merge_method: passthrough' \
    'models: [{model: good, parameters: {scale: $share}}]' 'search:' \
    '  parameters: {share: [0.9, 1]}' '  evaluations: 2' "  objective: {$1}"
}
lacks='2 of 2 lines have pieces that the vocabulary lacks'
searched 'source: held.zh, target: held.de, metric: chrf'
expect 0 "$INGOT" fuse recipe.yml -o unknown
has err "held.zh: $lacks"
[ "$(grep -c "$lacks" err)" = 1 ] || fail "told more than once"
searched 'source: held.en, target: held.zh, metric: loss'
expect 0 "$INGOT" fuse recipe.yml -o targets
has err "held.zh: $lacks"
searched 'source: held.en, target: held.de, metric: chrf'
expect 0 "$INGOT" fuse recipe.yml -o known
! grep -q 'vocabulary lacks' err || fail 'the vocabulary has all of it'
