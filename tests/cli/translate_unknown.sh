#!/usr/bin/env bash
# --keep-unknown: where the model writes <unk>, what the vocabulary lacks is copied from the source,
# what the token attends to most first; a source of which nothing is known is its own translation.
. "$INGOT_SOURCE/tests/cli/common.bash"

# The shipped model, made to begin every translation with <unk>.
mkdir model
cp "$INGOT_SOURCE"/models/en-de/* model
sed -i 's/"num_beams"/"forced_bos_token_id": 1, "num_beams"/' model/generation_config.json
printf 'Good morning 😀\nMy name is ჯონი. Tom likes fish.\n\n😀 👍\nThe fish 🐟 and the dog 🐶.\n' >in

expect 0 "$INGOT" translate -m model -i in --stats stats
sed -n 1p out | grep -qF '😀' && fail "copied without being asked"
has stats '"unknown_outputs": 4'
has stats '"kept_unknowns": 0'
[ -z "$(sed -n 4p out)" ] || fail "a line of unknowns: $(sed -n 4p out)"

expect 0 "$INGOT" translate -m model -i in --keep-unknown --stats stats
[[ $(sed -n 1p out) == '😀 '* ]] || fail "line 1: $(sed -n 1p out)"
# Without an unknown piece in the source, the token that is attended to.
[[ $(sed -n 2p out) == 'ჯონი '*' Tom Tom '* ]] || fail "$(sed -n 2p out)"
[ "$(sed -n 4p out)" = '😀 👍' ] || fail "line 4: $(sed -n 4p out)"
[[ $(sed -n 5p out) == '🐟 '* ]] || fail "line 5: $(sed -n 5p out)"
has stats '"unknown_outputs": 0'
has stats '"empty": 0'
has stats '"kept_unknowns": 5'
! grep -q 'left out' err || fail "a copied token is told as lost: $(cat err)"
cp out kept

# The same for any batch and threads, and for the n best.
expect 0 "$INGOT" translate -m model -i in --keep-unknown --batch-tokens 1 --threads 1
same out kept
expect 0 "$INGOT" translate -m model -i in --keep-unknown --n-best 2 --split-sentences off
[ "$(grep -c '😀' out)" -eq 4 ] || fail "of two best: $(cat out)"

# Alignments name what stands in the source, not <unk>.
expect 0 "$INGOT" translate -m model -i in --alignments json --alignments-format json
sed -n 1p json | grep -qF '"▁", "😀", "</s>"]' || fail "$(sed -n 1p json)"

# What a prefix has is nobody's text: it is not copied, and makes no line readable.
expect 0 "$INGOT" translate -m model -i in --keep-unknown --prefix '🦊 Anna: ' --stats stats
! grep -qE '🦊|Anna' <(sed 's/ .*//' out) || fail "of the prefix: $(cat out)"
[[ $(sed -n 1p out) == '😀 '* ]] || fail "line 1: $(sed -n 1p out)"
[ "$(sed -n 4p out)" = '😀 👍' ] || fail "line 4: $(sed -n 4p out)"
[[ $(sed -n 5p out) == '🐟 '* || $(sed -n 5p out) == '🐶 '* ]] || fail "$(sed -n 5p out)"

# The layer that is looked at is for both: there is no third one.
expect 1 "$INGOT" translate -m model -i in --keep-unknown --alignments-layer 4
has err 'alignments: layer: the decoder has layers'
expect 0 "$INGOT" translate -m model -i in --keep-unknown --alignments-layer 1
expect 2 "$INGOT" translate -m model -i in --alignments-layer 1
has err 'need --alignments FILE'

expect 1 "$INGOT" translate -m model -i in --keep-unknown --ids
has err 'keep_unknown'
exit 0
