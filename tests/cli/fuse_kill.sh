#!/usr/bin/env bash
# A fusion of three stages that SIGKILL or SIGTERM ends at random moments goes on by the same
# command and ends in the bytes of one that was never stopped.
. "$INGOT_SOURCE/tests/cli/common.bash"
RANDOM=${INGOT_KILL_SEED:=4711}  # the moments; what is checked does not depend on them
echo "moments of seed $INGOT_KILL_SEED (INGOT_KILL_SEED=N for others)"
[ -f "$INGOT_SOURCE/models/en-de/config.json" ] || exit 77
cp -r "$INGOT_SOURCE/models/en-de" first
cat >recipe.yml <<'RECIPE'
name: scaled
merge_method: passthrough
models: [{model: first, parameters: {scale: [0.9, 1.1]}}]
---
name: thinned
merge_method: della
base_model: first
models: [{model: scaled, parameters: {weight: 0.5, density: 0.5}}]
---
merge_method: ties
base_model: first
models: [{model: scaled, parameters: {weight: 0.5, density: 0.4}},
         {model: thinned, parameters: {weight: 1, density: 0.6}}]
RECIPE
expect 0 "$INGOT" fuse recipe.yml -o whole -q

alive() { kill -0 "$1" 2>/dev/null; }
check() {
  for file in whole/*; do same "$file" "killed/${file##*/}"; done
  [ "$(ls killed)" = "$(ls whole)" ] || fail "other files: $(ls killed)"
  [ ! -e killed.partial ] && [ ! -e killed.stages ] || fail "something is left beside the model"
  rm -rf killed
}

stopped=0
for kill in $(seq "${INGOT_KILLS:-24}"); do
  : >err
  "$INGOT" fuse recipe.yml -o killed --threads $((1 + kill % 2)) >out 2>err &
  pid=$!
  # At once, after its first message, or a while after that.
  [ $((kill % 4)) -eq 0 ] || until [ -s err ] || ! alive $pid; do :; done
  [ $((kill % 4)) -lt 2 ] || sleep 0.$((RANDOM % 4))$((RANDOM % 10))
  signal=KILL
  # which bash would take for its own before it has become the command
  [ $((kill % 5)) -ne 0 ] || [ $((kill % 4)) -eq 0 ] || signal=TERM
  kill -$signal $pid 2>/dev/null
  wait $pid 2>/dev/null
  code=$?
  if [ -e killed ]; then
    check
  elif [ $code -ne 0 ]; then
    stopped=$((stopped + 1))
    [ $signal = KILL ] || [ $code -eq 143 ] || fail "exit code $code after SIGTERM"
  else
    fail "exit code 0, and no model"
  fi
done
[ $stopped -gt 0 ] || fail "nothing was ever stopped"
[ -e killed ] || expect 0 "$INGOT" fuse recipe.yml -o killed -q
check

# Negative control: another seed of the second stage, and the bytes are others.
sed -i 's/^base_model: first/base_model: first\nseed: 9/' recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o killed -q
cmp -s killed/model.safetensors whole/model.safetensors && fail "the seed changes nothing"
echo "$stopped of 24 were stopped"
