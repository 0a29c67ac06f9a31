#!/usr/bin/env bash
# Learned fusion: of a model that has learned the task and one that has unlearned it, the held-out
# pairs choose the first; the recipe that comes out makes the same bytes; so do any threads, and a
# run that was stopped; bad data are told before anything is computed.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"

# A parent that reverses digits a little; a child that learned more of it, a child that copies.
toy parent 150
expect 0 "$INGOT" train toy.yml -q
child() { # NAME TARGET
  expect 0 "$INGOT" train toy.yml -q --set train.output="$1" --set model.init=parent/latest \
    --set data.train.target="$2" --set train.updates=150
}
cp toy.yml whole.yml
sed -i -e '/^model:/,/^train:/{/^model:/!{/^train:/!d}}' -e '/^  tokens:/d' \
  -e 's/^model:.*/model: {init: parent\/latest}/' toy.yml
child reverses toy.trg
child copies toy.src
digits 200 11 held.src && reversed held.src >held.trg
digits 60 12 other.src && reversed other.src >other.trg

learned() { # LINE...: of `learn`
  recipe 'merge_method: learned' 'base_model: parent/latest' \
    'models: [{model: reverses/latest}, {model: copies/latest}]' 'learn:' \
    '  data: {source: held.src, target: held.trg}' "$@"
}
value() { # JSON KEY: a number at the top of `learned`
  tr -d ' \n' <"$1" | sed -E "s/.*\"$2\":([-0-9.e+]+).*/\1/"
}
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

learned '  steps: 60' '  learning_rate: 0.05'
expect 0 "$INGOT" fuse recipe.yml -o fused --threads 1
has err 'held-out loss of reverses/latest'
has err 'learned: 60 of 60 steps'
[ ! -e fused.stages ] || fail "fused.stages is left: $(ls fused.stages)"
expect 0 "$INGOT" inspect fused
has out 'by task_arithmetic, with weights learned from held-out data'
tr -d ' \n' <fused/fusion.json >json
has json '"method":"task_arithmetic"'
has json '"merge_method":"learned"'
start=$(sed -E 's/.*"history":\[\{"step":0,"held_out":([-0-9.e+]+).*/\1/' json)
best=$(value fused/fusion.json held_out_of_models | head -c 0; sed -E \
  's/.*"steps":[0-9]+,"held_out":([-0-9.e+]+).*/\1/' json)
right=$(sed -E 's/.*"reverses\/latest":([-0-9.e+]+).*/\1/' json)
wrong=$(sed -E 's/.*"held_out_of_models":\{[^}]*"copies\/latest":([-0-9.e+]+).*/\1/' json)
below "$best" "$start" || fail "learned from $start to $best"
below "$best" "$right" || fail "$best is no better than the better model, $right"
below "$right" "$wrong" || fail "the child that copies is no worse: $wrong"

# The loss is that of the model that was written.
expect 0 "$INGOT" translate -q -m fused -i other.src -o hypothesis --beam-size 1
expect 0 "$INGOT" translate -q -m copies/latest -i other.src -o worse --beam-size 1
equal() { paste -d'|' "$1" other.trg | awk -F'|' '$1 == $2' | wc -l; }
[ "$(equal hypothesis)" -gt "$(equal worse)" ] || fail "no more lines are right than copied ones"

# The page has a cell for each coefficient, and is drawn from the record alone, too.
expect 0 "$INGOT" inspect fused --report found.html
[ ! -s out ] || fail "the page went to standard output as well"
cells=$(grep -o '<td style="background' found.html | wc -l)
expected=$(sed -E 's/.*"coefficients":\{(.*)/\1/; s/\}.*//' json | awk -F, '{ print NF }')
[ "$cells" -eq "$expected" ] || fail "$cells cells, expected $expected"
fuse drawn --report page.html
has page.html 'Models compared'
sed '1,/<h1>/d' found.html | sed '$d' >found.part
grep -qxFf found.part page.html || fail "what was found is not on the page"
[ "$(grep -cxFf found.part page.html)" -ge "$(wc -l <found.part)" ] || fail "lines are missing"
expect 1 "$INGOT" inspect reverses/latest --report none.html
has err 'there is nothing to draw'
expect 1 "$INGOT" inspect fused --report fused/config.json
has err 'the page would replace a file of fused'
expect 2 "$INGOT" inspect fused --report none.html --verify
expect 2 "$INGOT" inspect fused --report none.html --length 5
[ ! -e none.html ] || fail "a page was written"

# Any threads; the recipe of the result, without data; another seed draws other pairs.
fuse threads --threads 3
same fused/model.safetensors threads/model.safetensors
same fused/fusion.json threads/fusion.json
sed -n '/^  "recipe": {$/,/^  }/p' fused/fusion.json | sed '1s/.*/{/; $s/.*/}/' >recipe.yml
! grep -q learn recipe.yml || fail "the recipe of the result still learns"
mv held.src away
fuse repeated
mv away held.src
same fused/model.safetensors repeated/model.safetensors
learned '  steps: 60' '  learning_rate: 0.05' 'seed: 5'
fuse seeded
! cmp -s fused/model.safetensors seeded/model.safetensors || fail "the seed changes nothing"

# Stopped, it goes on to the same bytes.
learned '  steps: 400' '  learning_rate: 0.02' '  patience: 0' '  granularity: layer'
fuse whole
stopped=0
for kill in 1 2 3 4 5 6; do
  : >err
  "$INGOT" fuse recipe.yml -o killed --threads $((1 + kill % 2)) >out 2>err &
  pid=$!
  until grep -q 'of 400 steps' err || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
  signal=KILL
  [ $((kill % 2)) -eq 0 ] || signal=TERM
  kill -$signal $pid 2>/dev/null
  wait $pid 2>/dev/null
  code=$?
  if [ -e killed ]; then break; fi
  stopped=$((stopped + 1))
  [ -e killed.stages/learning+0.json ] || fail "no state is left after SIG$signal"
  [ $signal = KILL ] || [ $code -eq 143 ] || fail "exit code $code after SIGTERM"
done
[ $stopped -gt 0 ] || fail "nothing was ever stopped"
if [ ! -e killed ]; then
  expect 0 "$INGOT" fuse recipe.yml -o killed
  has err 'going on where it was stopped'
fi
same whole/model.safetensors killed/model.safetensors
same whole/fusion.json killed/fusion.json
[ ! -e killed.stages ] || fail "killed.stages is left"

# Without a base the models themselves are weighted; a recipe can learn from what a stage made.
recipe 'merge_method: learned' 'models: [{model: reverses/latest}, {model: copies/latest}]' \
  'learn: {data: {source: held.src, target: held.trg}, steps: 20, granularity: model}'
fuse unbased
tr -d ' \n' <unbased/fusion.json >json
has json '"method":"linear"'
has json '"normalize":false'
recipe 'name: mean' 'merge_method: linear' \
  'parameters: {weight: 1}' 'models: [{model: reverses/latest}, {model: copies/latest}]' \
  '---' 'merge_method: learned' 'base_model: parent/latest' 'models: [{model: mean}]' \
  'learn: {data: [{source: held.src, target: held.trg},' \
  '  {source: other.src, target: other.trg, weight: 0.5}],' \
  '  steps: 10, granularity: part, start: 0.2, bounds: [0, 0.3]}'
fuse staged
[ ! -e staged.stages ] || fail "staged.stages is left"
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'learns   a coefficient a part and model first, in at most 10 steps of 32 pairs'

# The loss that is learned from is in the record: before the first step, of all pairs, it is that of
# the same pairs held out.
recipe 'merge_method: learned' 'base_model: parent/latest' \
  'models: [{model: reverses/latest}, {model: copies/latest}]' \
  'learn: {data: {source: held.src, target: held.trg},' \
  '  valid: {source: held.src, target: held.trg},' \
  '  steps: 3, validate_every: 1, batch_sentences: 200}'
fuse noted
tr -d ' \n' <noted/fusion.json >json
awk -v json="$(cat json)" 'BEGIN {
  for (i = 0; i < 3; i++) {
    match(json, "\"step\":" i ",\"held_out\":[-0-9.e+]+"); valid = substr(json, RSTART, RLENGTH)
    match(json, "\"step\":" i + 1 ",\"held_out\":[-0-9.e+]+,\"train\":[-0-9.e+]+")
    train = substr(json, RSTART, RLENGTH)
    sub(/.*:/, "", valid); sub(/.*:/, "", train); difference = valid - train
    if (!(valid > 0 && difference < 1e-5 && difference > -1e-5)) { print i, valid, train; exit 1 }
  }
}' >out || fail "the loss of a step is not that of its pairs"

# The record has hashes of the pairs, once each; --verify tells of pairs that have changed since.
has json '"data":[{"file":"held.src","bytes":'
[ "$(grep -o '"file":"held' json | wc -l)" -eq 2 ] || fail "the pairs are not in the record once"
expect 0 "$INGOT" inspect --verify noted
has out 'same     held.src'
cp held.trg kept.trg
sed -i '3s/.*/1 2 3/' held.trg
expect 1 "$INGOT" inspect --verify noted
has out 'changed  held.trg'
mv kept.trg held.trg
fuse forged_not --sha256
tr -d ' \n' <forged_not/fusion.json >json
has json "\"bytes\":$(wc -c <held.src),\"sha256\":\"$(sha256sum held.src | cut -c1-64)\""

# Two stages that learn are told apart; the first, once finished, is not measured again.
recipe 'name: first' 'merge_method: learned' 'base_model: parent/latest' \
  'models: [{model: reverses/latest}]' \
  'learn: {data: {source: held.src, target: held.trg}, steps: 2}' '---' \
  'merge_method: learned' 'base_model: parent/latest' 'models: [{model: first}]' \
  'learn: {data: {source: held.src, target: held.trg}, steps: 400, patience: 0}'
"$INGOT" fuse recipe.yml -o two >out 2>err &
pid=$!
until grep -q '^.*learned: 10 of 400 steps' err || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
[ ! -e two ] || fail "nothing was stopped"
has err 'learned for first: held-out loss of reverses/latest'
has err 'learned for first: 2 of 2 steps'
has err 'learned: held-out loss of first'
expect 0 "$INGOT" fuse recipe.yml -o two
! grep -q 'held-out loss of [a-z]' err || fail "models were measured again"
expect 0 "$INGOT" fuse recipe.yml -o two_whole
same two_whole/fusion.json two/fusion.json

# Bounds hold from the start, also that of nobody's choice.
recipe 'merge_method: learned' 'base_model: parent/latest' 'models: [{model: reverses/latest}]' \
  'learn: {data: {source: held.src, target: held.trg}, bounds: [0, 0.3], steps: 1,' \
  '  valid_share: 0, granularity: model}'
fuse bounded
tr -d ' \n' <bounded/fusion.json >json
has json '"held_out":null'
below "$(sed -E 's/.*"coefficients":\{"reverses\/latest":\[([-0-9.e+]+)\].*/\1/' json)" 0.3000001 ||
  fail "out of bounds: $(cat json)"

# Teachers in place of references: a model does not diverge from itself; two teachers, each of lines
# of its own, are both heeded.
recipe 'merge_method: learned' 'base_model: parent/latest' 'models: [{model: reverses/latest}]' \
  'learn: {data: {source: held.src, target: held.trg}, loss: teachers,' \
  '  start: 1, steps: 3}'
fuse taught
tr -d ' \n' <taught/fusion.json >json
own=$(sed -E 's/.*"held_out_of_models":\{[^}]*"reverses\/latest":([-0-9.e+]+).*/\1/' json)
below "$own" 1e-6 || fail "a model diverges from itself: $own"
recipe 'merge_method: learned' 'base_model: parent/latest' \
  'models: [{model: reverses/latest}, {model: copies/latest}]' \
  'learn: {loss: teachers, steps: 30, learning_rate: 0.05, data: [' \
  '  {source: held.src, target: held.trg, teacher: reverses/latest},' \
  '  {source: held.src, target: held.src, teacher: copies/latest}]}'
fuse both
tr -d ' \n' <both/fusion.json >json
start=$(sed -E 's/.*"history":\[\{"step":0,"held_out":([-0-9.e+]+).*/\1/' json)
best=$(sed -E 's/.*"steps":[0-9]+,"held_out":([-0-9.e+]+).*/\1/' json)
below "$best" "$start" || fail "learned from teachers: from $start to $best"
sed -i 's/loss: teachers, //' recipe.yml
expect 1 "$INGOT" fuse recipe.yml -o refused -q
has err "'teacher' has no effect without loss: teachers"

# The entropy of what the fused model says needs no references: lines that the child translated do.
expect 0 "$INGOT" translate -m reverses/latest -i held.src -o held.own
recipe 'merge_method: learned' 'base_model: parent/latest' 'models: [{model: reverses/latest}]' \
  'learn: {data: {source: held.src, target: held.own}, loss: entropy, bounds: [0, 1],' \
  '  start: 0.3, steps: 30, learning_rate: 0.05}'
fuse sure --threads 1
fuse sure_threads --threads 3
same sure/model.safetensors sure_threads/model.safetensors
tr -d ' \n' <sure/fusion.json >json
start=$(sed -E 's/.*"history":\[\{"step":0,"held_out":([-0-9.e+]+).*/\1/' json)
best=$(sed -E 's/.*"steps":[0-9]+,"held_out":([-0-9.e+]+).*/\1/' json)
below "$best" "$start" || fail "the entropy went from $start to $best"
sed -i 's/loss: entropy, //' recipe.yml
fuse referred
! cmp -s sure/model.safetensors referred/model.safetensors || fail "the loss has no effect"

# Refusals.
head -n 3 held.trg >short.trg
: >nothing
bad() { # MESSAGE LEARN
  refused "$1" 'merge_method: learned' 'base_model: parent/latest' \
    'models: [{model: reverses/latest}]' "$2"
}
bad "held.src has 200 lines, short.trg has 3" 'learn: {data: {source: held.src, target: short.trg}}'
bad "nothing" 'learn: {data: {source: nothing, target: nothing}}'
bad "recipe.yml:4: learn.data: absent: no such file" \
  'learn: {data: {source: absent, target: held.trg}}'
bad "learn.patience: has no effect where nothing is validated on" \
  'learn: {data: {source: held.src, target: held.trg}, valid_share: 0, patience: 3}'
bad "recipe.yml:1: learned needs 'learn', with its 'data'" 'seed: 1'
bad "did you mean 'granularity'" \
  'learn: {granularty: layer, data: {source: held.src, target: held.trg}}'
bad "did you mean 'layer'" 'learn: {granularity: layr, data: {source: held.src, target: held.trg}}'
bad "did you mean 'teachers'" 'learn: {data: {source: held.src, target: held.trg}, loss: teacher}'
bad "learn.label_smoothing: has no effect without loss: references" \
  'learn: {data: {source: held.src, target: held.trg}, loss: entropy, label_smoothing: 0.1}'
bad "'teacher' has no effect without loss: teachers" \
  'learn: {data: {source: held.src, target: held.trg, teacher: reverses/latest}, loss: entropy}'
bad "expected one of the recipe's models" \
  'learn: {data: {source: held.src, target: held.trg, teacher: copies/latest}, loss: teachers}'
bad "expected a number within the bounds" \
  'learn: {data: {source: held.src, target: held.trg}, bounds: [0, 1], start: 2}'
refused "linear learns nothing" 'merge_method: linear' \
  'models: [{model: reverses/latest, parameters: {weight: 1}}]' \
  'learn: {data: {source: held.src, target: held.trg}}'
refused "learned works on whole models: expected 'models'" 'merge_method: learned' \
  'slices: [{sources: [{model: reverses/latest, layer_range: [0, 1]}]}]' \
  'learn: {data: {source: held.src, target: held.trg}}'
refused "parent/latest is the base_model, of which learned has nothing to learn" \
  'merge_method: learned' 'base_model: parent/latest' \
  'models: [{model: reverses/latest}, {model: parent/latest}]' \
  'learn: {data: {source: held.src, target: held.trg}}'
