#!/usr/bin/env bash
# Wrong configurations and wrong data: exit code 1, the place in the message, nothing written.
. "$INGOT_SOURCE/tests/cli/common.bash"

expect 1 "$INGOT" train missing.yml
has err "missing.yml"

toy run 10
sed -i 's/learning_rate/learning_rat/' toy.yml
expect 1 "$INGOT" train toy.yml
has err "toy.yml:"
has err "learning_rat"
has err "learning_rate"
[ ! -e run ] || fail "a wrong configuration made its output directory"

toy run 10
expect 1 "$INGOT" train toy.yml --set train.updats=5
has err "updats"
expect 1 "$INGOT" train toy.yml --set train.updates=many
has err "many"
[ ! -e run ] || fail "a wrong --set made the output directory"

head -n 1999 toy.trg >short.trg
expect 1 "$INGOT" train toy.yml --set data.train.target=short.trg
has err "2000"
has err "1999"
has err "short.trg"

{ head -n 9 toy.trg && printf '1 \377 2\n' && tail -n +11 toy.trg; } >invalid.trg
expect 1 "$INGOT" train toy.yml --set data.train.target=invalid.trg
has err "invalid.trg:10"

expect 1 "$INGOT" train toy.yml --set data.train.source=nowhere.src
has err "nowhere.src"
[ ! -e run/latest ] || fail "a failed start left a checkpoint"

printf 'data: {train: {source: a\n' >broken.yml
expect 1 "$INGOT" train broken.yml
has err "broken.yml:"
