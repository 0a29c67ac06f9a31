#!/usr/bin/env bash
# Sampling: the same seed draws the same translations, whoever works on them; the likeliest token
# alone is greedy search; what would have no effect is an error.
. "$INGOT_SOURCE/tests/cli/common.bash"
shipped=$INGOT_SOURCE/models/en-de
head -n 12 "$INGOT_SOURCE/examples/sample.en" >text
echo 'I am here. You are there. We are tired.' >>text
translate() { "$INGOT" translate -q -m "$shipped" "$@"; }

expect 0 translate -i text --beam-size 1
cp out greedy
expect 0 translate -i text --sample --top-k 1
same out greedy
expect 0 translate -i text --sample --seed 5
cp out drawn
! cmp -s drawn greedy || fail "nothing was drawn"
expect 0 translate -i text --sample --seed 5 --threads 1 --batch-tokens 16
same out drawn
expect 0 translate -i text --sample --seed 5 --threads 2 --workers 2
same out drawn
expect 0 translate -i text --sample --seed 6
! cmp -s out drawn || fail "the seed makes no difference"
expect 0 translate -i text --sample --n-best 3 --split-sentences off
[ "$(wc -l <out)" -eq 39 ] || fail "three translations of each line expected"
[ "$(cut -f 2 out | sort -u | wc -l)" -gt 26 ] || fail "the samples of a line are one"

# The model's file asks for it, and --beam-size for a search.
mkdir m
ln -s "$shipped"/* m/
rm m/generation_config.json
sed -e 's/^{/{"do_sample": true, "temperature": 0.8, "top_k": 1,/' \
  -e 's/"num_beams": [0-9]*/"num_beams": 1/' \
  "$shipped/generation_config.json" >m/generation_config.json
expect 0 "$INGOT" translate -q -m m -i text
same out greedy
expect 0 "$INGOT" translate -q -m m -i text --top-k 50 --seed 5 --temperature 1
same out drawn
expect 0 "$INGOT" translate -q -m m -i text --beam-size 2
cp out beams
expect 0 translate -i text --beam-size 2
same out beams

expect 1 translate -i text --temperature 0.5
has err 'of sampling, which is off'
expect 1 translate -i text --sample --beam-size 4
has err 'sampling has no beams'
expect 1 translate -i text --sample --top-p 0
has err 'top_p: expected a positive number'

# A stronger penalty on tokens that are there already.
echo 'He is here, and she is here, and we are here, and you are here.' >text
expect 0 translate -i text --beam-size 1
cp out greedy
expect 0 translate -i text --repetition-penalty 5 --beam-size 1
! cmp -s out greedy || fail "the penalty makes no difference"
expect 1 translate -i text --repetition-penalty -1
has err 'repetition_penalty: expected a positive number'
