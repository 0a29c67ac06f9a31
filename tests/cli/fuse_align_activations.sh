#!/usr/bin/env bash
# Models that began apart are aligned by what their units do on pairs of sentences: a model that
# only has another order comes back; the same bytes for any threads and after any interruption, but
# not for other pairs; bad data are told before anything is computed.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"

for family in bart marian t5; do
  toy x 60
  sed -i "s/family: marian/family: $family/" toy.yml
  [ $family != t5 ] || sed -i '/^model:/,/^train:/{/^model:/!{/^train:/!d}};
    s/^model:.*/model: {family: t5, d_model: 32, d_kv: 8, d_ff: 64, num_layers: 1, num_heads: 4}/' \
    toy.yml
  for seed in 3 4; do
    expect 0 "$INGOT" train toy.yml -q --set train.output=$family-$seed --set train.seed=$seed
  done
done
digits 40 11 held.src && reversed held.src >held.trg
by_pairs='align: {method: activations, data: {source: held.src, target: held.trg}}'
moved() { # MODEL KIND: how many of that kind stand at another place
  sed -n "s/.*\"$2\": \([0-9]*\),\{0,1\}$/\1/p" "$1/fusion.json" | head -n 1
}

# The other run in the first one's order computes what it did; its mean with itself is itself.
for family in bart marian t5; do
  recipe 'merge_method: linear' "models: [{model: $family-3/latest, parameters: {weight: 0}}," \
    "  {model: $family-4/latest, parameters: {weight: 1}}]" "$by_pairs"
  expect 0 "$INGOT" fuse recipe.yml -o $family
  has err "aligned $family-4/latest to $family-3/latest: correlation of units"
  for kind in units query_key value; do
    [ "$(moved $family $kind)" -gt 20 ] || fail "$family: hardly any $kind moved"
  done
  case $family in
    marian) [ "$(moved marian stream)" -eq 0 ] || fail 'the stream of sinusoids moved' ;;
    *) [ "$(moved $family stream)" -gt 20 ] || fail "$family: the stream stays" ;;
  esac
  for model in $family $family-4/latest; do
    expect 0 "$INGOT" translate -q -m $model -i held.src -o "$(basename $model).out"
  done
  same $family.out latest.out
  recipe 'merge_method: linear' "models: [{model: $family}, {model: $family-4/latest}]" \
    'parameters: {weight: 0.5}' "$by_pairs"
  fuse mean-$family
  same mean-$family/model.safetensors $family/model.safetensors
  sed -i '/^align/d' recipe.yml # the negative control
  fuse plain-$family
  cmp -s plain-$family/model.safetensors $family/model.safetensors && fail "align does nothing"
done

# Statistics of a model that was aligned: here of one that is the other then, as their mean is.
for method in fisher regmean; do
  recipe "merge_method: $method" 'models: [{model: bart}, {model: bart-4/latest}]' "$by_pairs" \
    'statistics: {data: {source: held.src, target: held.trg}}'
  fuse by-$method
  expect 0 "$INGOT" translate -q -m by-$method -i held.src -o by-$method.out
  same by-$method.out bart.out
done

# The same bytes for any threads, told before and after.
all() { # LINE...
  recipe 'merge_method: linear' 'models: [{model: bart-3/latest}, {model: bart-4/latest}]' \
    'parameters: {weight: 0.5}' "$@"
}
all "$by_pairs"
fuse one --threads 1
fuse three --threads 3
same one/model.safetensors three/model.safetensors
same one/fusion.json three/fusion.json
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'align    by activations, to the order of bart-3/latest'
expect 0 "$INGOT" inspect one
has out 'aligned bart-4/latest to bart-3/latest, correlation of units'
expect 0 "$INGOT" inspect --verify one
tr -d ' \n' <one/fusion.json >json
has json '"pairs":40'

# Pairs in two files are those of one.
head -n 20 held.src >first.src && head -n 20 held.trg >first.trg
tail -n 20 held.src >last.src && tail -n 20 held.trg >last.trg
all 'align:' '  method: activations' '  data:' '    - {source: first.src, target: first.trg}' \
  '    - {source: last.src, target: last.trg}'
fuse parts
tr -d ' \n' <parts/fusion.json >json
has json '"pairs":40'

# Softly, by transport: other values, the same bytes for any threads; hardly softened, the orders.
transport() { # REGULARIZATION
  all "align: {method: transport, regularization: $1," \
    '  data: {source: held.src, target: held.trg}}'
}
transport 0.2
fuse soft --threads 1
fuse soft-threads --threads 3
same soft/model.safetensors soft-threads/model.safetensors
same soft/fusion.json soft-threads/fusion.json
has soft/fusion.json '"transport_error"'
cmp -s soft/model.safetensors one/model.safetensors && fail 'transport is not soft'
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'align    by transport, to the order of bart-3/latest; regularization 0.2'
expect 0 "$INGOT" inspect soft
has out 'correlation of units'
transport 1e-6
fuse hard
for model in hard one; do
  expect 0 "$INGOT" translate -q -m $model -i held.src -o $model.out
done
same hard.out one.out

# The stream of sinusoids moves if that is asked for, which is told.
recipe 'merge_method: linear' 'models: [{model: marian-3/latest}, {model: marian-4/latest}]' \
  'parameters: {weight: 0.5}' 'align: {method: activations, position_penalty: 0.3,' \
  '  data: {source: held.src, target: held.trg}}'
expect 0 "$INGOT" fuse recipe.yml -o streams
has err 'the sinusoids that are added to it stay'
[ "$(moved streams stream)" -gt 10 ] || fail 'the stream stays'

# Killed at any time it goes on, to the same bytes; what was aligned on other pairs is not used.
if [ -x "${INGOT_FAULTY:-}" ]; then
  all "$by_pairs"
  for write in $(seq 1 97 3000); do
    { FAULT=kill:$write "$INGOT_FAULTY" fuse recipe.yml -o killed -q \
      --threads 1 >out 2>err; } 2>/dev/null
    [ $? -eq 137 ] || break
    [ -e killed ] || expect 0 "$INGOT" fuse recipe.yml -o killed --threads 2
    same killed/model.safetensors one/model.safetensors
    same killed/fusion.json one/fusion.json
    [ ! -e killed.stages ] && [ ! -e killed.partial ] || fail "something is left: write $write"
    rm -r killed
  done
  [ "$write" -gt 100 ] || fail "only $write writes"
  write=1
  until [ -e killed.stages/aligned+0+1 ] || [ "$write" -gt 4000 ]; do
    rm -rf killed killed.*
    { FAULT=kill:$write "$INGOT_FAULTY" fuse recipe.yml -o killed -q \
      --threads 1 >out 2>err; } 2>/dev/null
    write=$((write + 10))
  done
  [ -e killed.stages/aligned+0+1 ] || fail 'no write is after the aligned model'
  cp held.trg kept.trg && cp held.src held.trg
  expect 0 "$INGOT" fuse recipe.yml -o killed
  has err 'correlation of units'
  mv kept.trg held.trg
  rm -r killed
fi

# Bad data.
bad() { # MESSAGE ALIGN
  refused "$1" 'merge_method: linear' 'models: [{model: bart-3/latest}, {model: bart-4/latest}]' \
    'parameters: {weight: 0.5}' "align: $2"
}
head -n 3 held.trg >short.trg
: >nothing
bad 'held.src has 40 lines, short.trg has 3' \
  '{method: activations, data: {source: held.src, target: short.trg}}'
bad nothing '{method: activations, data: {source: nothing, target: nothing}}'
bad 'absent: no such file' '{method: activations, data: {source: absent, target: held.trg}}'
bad "has no 'data'" '{method: activations}'
bad "has no 'target'" '{method: activations, data: {source: held.src}}'
bad "unknown key" '{method: activations, data: {source: held.src, target: held.trg, weight: 2}}'
bad 'found -1' \
  '{method: activations, max_length: -1, data: {source: held.src, target: held.trg}}'
bad "'restarts' has no effect with method: activations" \
  '{method: activations, restarts: 1, data: {source: held.src, target: held.trg}}'
bad "'seed' has no effect with method: activations" \
  '{method: activations, seed: 1, data: {source: held.src, target: held.trg}}'
bad "'regularization' has no effect with method: activations" \
  '{method: activations, regularization: 1, data: {source: held.src, target: held.trg}}'
bad 'expected a number from 1e-06 to 1000, found 0' \
  '{method: transport, regularization: 0, data: {source: held.src, target: held.trg}}'
bad "has no 'data'" '{method: transport}'
bad 'no sinusoids are added to its residual stream' '{method: activations,
  position_penalty: 1, data: {source: held.src, target: held.trg}}'
bad 'expected a number from 0 to 1e+06, found -1' '{method: activations,
  position_penalty: -1, data: {source: held.src, target: held.trg}}'
bad "'position_penalty' has no effect with method: weights" '{method: weights, position_penalty: 1}'
bad "'data' has no effect with method: weights" \
  '{method: weights, data: {source: held.src, target: held.trg}}'
