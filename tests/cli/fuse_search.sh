#!/usr/bin/env bash
# Search over recipes: it finds a better one than it began with; the same bytes again, for any
# threads, and after it was killed; a command and several objectives; what is refused.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
cp -r "$INGOT_SOURCE/models/en-de" good
head -n 8 "$INGOT_SOURCE/examples/sample.en" >held.en
head -n 8 "$INGOT_SOURCE/examples/sample.de" >held.de
recipe 'merge_method: passthrough' \
  'models: [{model: good, parameters: {scale: [{select: encoder, value: 0.6}, {value: 1}]}}]'
fuse weak

searched() { # LINE...: of `search`
  recipe 'merge_method: task_arithmetic' 'base_model: weak' \
    'models: [{model: good, parameters: {weight: $share}}]' 'search:' \
    '  parameters: {share: [-0.6, 1]}' "$@"
}
flat() { tr -d ' \n' <"$1/fusion.json" >json; }
score_of() { # N: of evaluation N in json, from 0
  grep -oE '},"score":[^},]+' json | sed -n "$(($1 + 1))s/.*://p"
}
best_of() { sed -E 's/.*"best":([0-9]+).*/\1/' json; }
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

# By translations: the best is better than the first, and it is what was written.
searched '  evaluations: 10' '  objective: {source: held.en, target: held.de, metric: chrf}'
expect 0 "$INGOT" fuse recipe.yml -o found --threads 1
has err 'search: 1 of at most 10: {"share":0.2}'
[ ! -e found.stages ] || fail "found.stages is left: $(ls found.stages)"
flat found
below "$(score_of 0)" "$(score_of "$(best_of)")" ||
  fail "began with $(score_of 0), ended with $(score_of "$(best_of)")"
expect 0 "$INGOT" translate -q -m found -i held.en -o hypothesis
expect 0 "$INGOT" score chrf --reference held.de --hypothesis hypothesis
written=$(grep -oE '= [0-9.]+' out | head -n 1 | tr -d '= ')
awk -v a="$(score_of "$(best_of)")" -v b="$written" \
  'BEGIN { exit !(a - b < 0.06 && b - a < 0.06) }' ||
  fail "the model has not the score that was found: $(cat out), $(score_of "$(best_of)")"
has json '"weight":"$share"'
has json '"data":[{"file":"held.en","bytes":'
expect 0 "$INGOT" inspect --verify found
has out 'same     held.de'
fuse again --threads 3
same found/model.safetensors again/model.safetensors
same found/fusion.json again/fusion.json

# The recipe in fusion.json needs no search.
cp recipe.yml searched.yml
sed -n '/^  "recipe": {$/,/^  }/p' found/fusion.json | sed '1s/.*/{/; $s/.*/}/' >recipe.yml
! grep -q search recipe.yml || fail "the recipe of the result still searches"
fuse repeated
same found/model.safetensors repeated/model.safetensors

# Killed, it goes on to the same bytes; what was scored is not scored again.
cat >distance.sh <<'END'
echo x >>"$COUNT"
echo "a line before"
[ -z "$SLOW" ] || sleep 0.2
sed -nE 's/.*"weight": *([-0-9.e]+).*/\1/p' "$1/fusion.json" | awk '{ print -($1 - 0.7) ^ 2 }'
END
export COUNT=$PWD/count SLOW=
searched '  evaluations: 14' '  seed: 3' '  objective: {command: "sh ./distance.sh"}'
expect 0 "$INGOT" fuse recipe.yml -o whole -q --allow-commands
flat whole
below -0.01 "$(score_of "$(best_of)")" || fail "0.7 was not found: $(cat json)"
[ "$(wc -l <count)" -eq 14 ] || fail "$(wc -l <count) evaluations"
: >count
export SLOW=1
stopped=0
for signal in KILL TERM KILL; do
  : >err
  "$INGOT" fuse recipe.yml -o killed --allow-commands >out 2>err &
  pid=$!
  until [ "$(grep -c 'of at most' err)" -ge 2 ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
  kill -$signal $pid 2>/dev/null
  wait $pid 2>/dev/null
  code=$?
  [ ! -e killed ] || break
  stopped=$((stopped + 1))
  [ -e killed.stages/search+0.json ] || fail "no state is left after SIG$signal"
  [ $signal = KILL ] || [ $code -eq 143 ] || fail "exit code $code after SIGTERM"
done
[ $stopped -eq 3 ] || fail "stopped $stopped times"
export SLOW=
expect 0 "$INGOT" fuse recipe.yml -o killed --allow-commands
has err 'search: going on after'
same whole/model.safetensors killed/model.safetensors
same whole/fusion.json killed/fusion.json
[ ! -e killed.stages ] || fail "killed.stages is left"
[ "$(wc -l <count)" -le 17 ] || fail "$(wc -l <count) evaluations of 14, stopped three times"

# A state of another recipe is none of this one.
SLOW=1 "$INGOT" fuse recipe.yml -o other --allow-commands >out 2>err &
pid=$!
until grep -q 'of at most' err || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -KILL $pid
wait $pid 2>/dev/null
sed -i 's/seed: 3/seed: 4/' recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o other --allow-commands
! grep -q 'going on after' err || fail "went on with the state of another recipe"
[ ! -e other.stages ] || fail "other.stages is left"

# Two objectives that pull apart: a front, and the weights choose on it. A grid of two names.
printf '%s\n' 'sed -nE "s/.*\"weight\": *([-0-9.e]+).*/\1/p" "$2/fusion.json" |' \
  '  awk -v a="$1" "{ print a * \$1 }"' >times.sh
grid() { # WEIGHT
  recipe 'merge_method: task_arithmetic' 'base_model: weak' \
    'models: [{model: good, parameters: {weight: $share}}]' 'dtype: $type' 'search:' \
    '  method: grid' '  parameters: {share: [0, 1], type: {values: [float32, bfloat16]}}' \
    '  evaluations: 7' '  objectives:' '    up: {command: "sh times.sh 1"}' \
    "    down: {command: \"sh times.sh -1\", weight: $1}"
}
grid 3
expect 0 "$INGOT" fuse recipe.yml -o front --allow-commands --report page.html
[ "$(grep -c 'on the front' page.html)" -eq 6 ] || fail "the page has another front"
[ "$(grep -c '^<tr class="best">.*the best' page.html)" -eq 1 ] || fail "the page has no best row"
has page.html 'Models compared'
flat front
[ "$(grep -o '"front":true' json | wc -l)" -eq 6 ] || fail "all six are on the front: $(cat json)"
has json '"values":{"share":0.5,"type":"bfloat16"}'
has json '"weight":0.0'
has err 'on the Pareto front: {"share":0.0,"type":"float32"}'
grid 0.5
fuse upper --allow-commands
flat upper
sed 's/"searched".*//' json >chosen
has chosen '"weight":1.0'

# Values that cannot be carried out are told, and the search goes on: weights of sum 0 cannot be
# normalized, and weights above all bounds give no finite values. Nothing is left of a trial.
sums() { # VALUES
  recipe 'merge_method: linear' 'models: [{model: good, parameters: {weight: $share}},' \
    '  {model: weak, parameters: {weight: 1}}]' 'search:' '  method: grid' \
    "  parameters: {share: {values: $1}}" '  objective: {command: "sh ./times.sh 1"}'
}
sums '[-1, 1, 0.5]'
expect 0 "$INGOT" fuse recipe.yml -o some --allow-commands
has err 'search: 1 of at most 3: {"share":-1}: impossible: recipe.yml cannot be carried out: 1 prob'
has err 'search: 2 of at most 3: {"share":1}: 1.0000, the best'
flat some
has json '{"values":{"share":-1},"impossible":"recipe.yml'
has json '"best":1'
[ ! -e some.stages ] || fail "some.stages is left"
sums '[1e39, 2, 1]'
sed -i 's/linear/task_arithmetic/; s/^models/base_model: weak\nmodels/' recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o finite --allow-commands
has err '{"share":1e+39}: impossible: '
has err ' becomes '
[ ! -e finite.stages ] || fail "finite.stages is left: $(ls finite.stages)"
# None at all, and what is not the values' fault, end it.
recipe 'merge_method: $method' 'models: [{model: good, parameters: {weight: 1}}]' \
  'base_model: weak' 'search:' '  method: grid' '  objective: {command: "sh ./times.sh 1"}' \
  '  parameters: {method: {values: [nuslerp, task_arithmetic]}}'
expect 0 "$INGOT" fuse recipe.yml -o by_method --allow-commands
[ "$(grep -c 'impossible: ' err)" -eq 1 ] || fail "nuslerp takes two models"
sed -e 's/model: good/model: $which/' -e 's/\$method/task_arithmetic/' \
  -e 's/parameters: {method.*/parameters: {which: {values: [gone, good]}}/' -i recipe.yml
expect 1 "$INGOT" fuse recipe.yml -o none --allow-commands
has err 'gone/model.safetensors: cannot open'
! grep -q 'impossible' err || fail "a file that is missing is no matter of values"
rm -rf none.stages
# By the loss of the targets, more than by chance the same side as by translations.
searched '  evaluations: 6' '  objective: {source: held.en, target: held.de, metric: loss}'
fuse by_loss
flat by_loss
below "$(score_of 0)" "$(score_of "$(best_of)")" && below "$(score_of "$(best_of)")" 0 ||
  fail "began with a loss of $(score_of 0), ended with $(score_of "$(best_of)")"

# The caller's command in place of an objective needs no leave: whoever runs it wrote it.
searched '  evaluations: 4'
fuse upper_by_caller --held-out-command 'sh times.sh 1'
flat upper_by_caller
below 0 "$(score_of "$(best_of)")" || fail "the command was not asked: $(cat json)"

# A stage may have any name; a command may end in a line's end.
recipe 'name: trial' 'merge_method: linear' 'models: [{model: good, parameters: {weight: 1}}]' \
  '---' 'merge_method: task_arithmetic' 'base_model: weak' \
  'models: [{model: trial, parameters: {weight: $share}}]' 'search:' '  method: grid' \
  '  parameters: {share: {values: [0, 1]}}' '  objective:' '    command: |' '      sh times.sh 1'
fuse named --allow-commands
flat named
has json '"weight":1}'
[ ! -e named.stages ] || fail "named.stages is left"

# What the caller scores by; a search in a stage.
recipe 'name: tuned' 'merge_method: task_arithmetic' 'base_model: weak' \
  'models: [{model: good, parameters: {weight: $share}}]' \
  'search: {method: grid, parameters: {share: {values: [0, 1]}}}' '---' \
  'merge_method: linear' 'models: [{model: tuned, parameters: {weight: 1}}]'
fuse staged --held-out-source held.en --held-out-reference held.de
flat staged
has json '{"file":"held.de","bytes":'
expect 0 "$INGOT" inspect --verify staged
has out 'same     held.en'
has json '"weight":1}'
[ ! -e staged.stages ] || fail "staged.stages is left"
expect 0 "$INGOT" fuse recipe.yml --dry-run
has out 'search   at most 2 evaluations of share by grid'
expect 1 "$INGOT" fuse recipe.yml -o none -q
has err "a search by a held-out score needs held-out data, or an 'objective'"

# What --dry-run tells of a trial, and of the memory of the model that scores, is what they take.
number() { sed -nE "s/$1/\\1/p" out; } # PATTERN: what its group matches in ./out
near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b * 1.02 && a > b * 0.98) }'; }
searched '  evaluations: 1' '  objective: {command: "sh ./bytes.sh"}'
echo 'cat "$1"/*.safetensors | wc -c' >bytes.sh
expect 0 "$INGOT" fuse recipe.yml --dry-run --allow-commands --threads 1
planned=$(number '.*each a model of ([0-9.]+) MB.*') by_command=$(number '^memory +([0-9.]+) MB.*')
fuse sized --allow-commands
flat sized
near "$planned" "$(score_of 0 | awk '{ print $1 / 1e6 }')" || fail "planned $planned: $(score_of 0)"
searched '  evaluations: 1' '  objective: {source: held.en, target: held.de}'
expect 0 "$INGOT" fuse recipe.yml --dry-run --threads 1
planned=$(number '^memory +([0-9.]+) MB.*')
expect 0 "$INGOT" inspect sized --type fp32
near "$planned" "$(number '.*translating .*weights ([0-9.]+) \(fp32\).*' |
  awk '{ print $1 * 1.048576 }')" || fail "planned $planned MB: $(cat out)"
below "$by_command" "$planned" || fail "a command loads no model here: $by_command, $planned"

# Refusals.
bad() { # MESSAGE WEIGHT LINE...: of `search`
  refused "$1" 'merge_method: task_arithmetic' 'base_model: weak' \
    "models: [{model: good, parameters: {weight: $2}}]" 'search:' "${@:3}"
}
: >short
data='  objective: {source: held.en, target: held.de}'
bad "recipe.yml:3: models[0].parameters.weight: '\$shar' is none of search.parameters; did you" \
  '$shar' '  parameters: {share: [0, 1]}' "$data"
bad "recipe.yml:5: search.parameters.other: '\$other' stands nowhere in the recipe" '$share' \
  '  parameters: {share: [0, 1], other: [0, 1]}' "$data"
bad "recipe.yml:3: models[0].parameters.weight: expected a number" '$share' \
  '  parameters: {share: {values: [0, word]}}' '  method: grid' "$data"
bad "least below most" '$share' '  parameters: {share: [1, 0]}' "$data"
bad "expected a range [least, most], or {values: [...]}" '$share' '  parameters: {share: [0, 1, 2]}'
bad "cma_es needs a range" '$share' '  parameters: {share: {values: [0, 1]}}' "$data"
bad "did you mean 'cma_es'" '$share' '  parameters: {share: [0, 1]}' '  method: cmaes' "$data"
bad "did you mean 'evaluations'" '$share' '  parameters: {share: [0, 1]}' '  evaluation: 5' "$data"
bad "did you mean 'chrf'" '$share' '  parameters: {share: [0, 1]}' \
  '  objective: {source: held.en, target: held.de, metric: chrff}'
bad "the grid has at least 4 points, of which 'evaluations' allows 3" '$share' '  method: grid' \
  '  parameters: {share: {values: [0, 1, 2, 3]}}' '  evaluations: 3' "$data"
bad "recipe.yml:7: search.seed: has no effect on a grid" '$share' '  method: grid' \
  '  parameters: {share: {values: [0, 1]}}' '  seed: 1' "$data"
bad "the recipe runs a command, 'true'" '$share' '  parameters: {share: [0, 1]}' \
  '  objective: {command: "true"}'
bad "held.en has 8 lines, short has 0" '$share' '  parameters: {share: [0, 1]}' \
  '  objective: {source: held.en, target: short}'
bad "absent" '$share' '  parameters: {share: [0, 1]}' \
  '  objective: {source: absent, target: held.de}'
refused "greedy_soup finds its models or weights itself" 'merge_method: greedy_soup' \
  'models: [{model: $which}]' 'search: {method: grid, parameters: {which: {values: [good, weak]}}}'
refused "expected a number, found '\$share'" 'merge_method: task_arithmetic' 'base_model: weak' \
  'models: [{model: good, parameters: {weight: $share}}]'

# Commands that give no number, or fail.
command() { # MESSAGE COMMAND
  searched "  objective: {command: \"$2\"}"
  expect 1 "$INGOT" fuse recipe.yml -o none -q --allow-commands
  has err "$1"
  rm -rf none.stages
  [ ! -e none ] || fail "a model was made: $2"
}
command "expected a number on the last line that 'echo no number;:' writes, found 'no number'" \
  'echo no number;:'
command "found ''" ':'
command "ended with exit code 3: 'went wrong'" 'echo went wrong; exit 3;'
command "a score of nan" 'echo nan;:'
