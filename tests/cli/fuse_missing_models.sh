#!/usr/bin/env bash
# A model that does not exist, in each place where a recipe of each kind can name one: a problem of
# the list that names it, and exit code 1, with and without --dry-run.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
weights='{"model.encoder.layers.0.fc1.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
weights+='"model.decoder.layers.0.fc1.weight":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},'
weights+='"model.shared.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]}}'
for name in a b c; do
  mkdir $name
  echo '{"model_type": "marian", "vocab_size": 2}' >$name/config.json
  echo '{"<unk>": 0, "x": 1}' >$name/vocab.json
  {
    printf "\\x$(printf %02x $((${#weights} & 255)))\\x$(printf %02x $((${#weights} >> 8)))"
    printf '\0\0\0\0\0\0%s' "$weights"
    printf '\0\0\200\77%.0s' 1 2 3 4 5 6 7 8
  } >$name/model.safetensors
done

# kind LINE...: MODEL stands for a name; each of them is missing once, and all at once.
kinds=0
kind() {
  local count i line text name
  count=$(printf '%s\n' "$@" | grep -o MODEL | wc -l)
  for ((i = 0; i <= count; i++)); do
    text=$(printf '%s\n' "$@")
    for ((line = 1; line <= count; line++)); do
      name=$(printf '%b' "\\x$((60 + (line - 1) % 3 + 1))")  # a, b, c
      if [ $i -eq 0 ] || [ $i -eq $line ]; then name=missing-$line; fi
      text=${text/MODEL/$name}
    done
    printf '%s\n' "$text" >recipe.yml
    expect 1 "$INGOT" fuse recipe.yml --dry-run
    has err "missing"
    expect 1 "$INGOT" fuse recipe.yml -o made
    has err "missing"
    has err "cannot be carried out: "
    [ ! -e made ] && [ ! -e made.partial ] || fail "something was written: $text"
  done
  kinds=$((kinds + 1))
}
w='parameters: {weight: 1}'
kind 'merge_method: linear' "models: [{model: MODEL, $w}, {model: MODEL, $w}]"
kind 'merge_method: linear' 'modules:' "  encoder: {models: [{model: MODEL, $w}]}" \
  "  default: {models: [{model: MODEL, $w}]}"
kind 'merge_method: linear' 'modules:' "  default: {models: [{model: MODEL, $w}]}" \
  "  decoder: {models: [{model: MODEL, $w}]}"
kind 'merge_method: task_arithmetic' 'base_model: MODEL' "models: [{model: MODEL, $w}]"
kind 'merge_method: slerp' 'base_model: MODEL' 'models: [{model: MODEL}]' 'parameters: {t: 0.5}'
kind 'merge_method: linear' 'base_model: MODEL' 'modules:' \
  "  encoder: {models: [{model: MODEL, $w}]}" "  default: {models: [{model: MODEL, $w}]}"
kind 'merge_method: passthrough' 'modules:' \
  '  encoder: {slices: [{sources: [{model: MODEL, layer_range: [0, 1]}]},' \
  '    {sources: [{model: MODEL, layer_range: [0, 1]}]}]}' \
  '  decoder: {slices: [{sources: [{model: MODEL, layer_range: [0, 1]}]}]}'
for source in base union a; do
  kind 'merge_method: linear' "tokenizer_source: $source" \
    "models: [{model: MODEL, $w}, {model: MODEL, $w}]"
done
kind 'merge_method: linear' 'tokenizer_source: MODEL' "models: [{model: MODEL, $w}]"
kind 'name: first' 'merge_method: linear' "models: [{model: MODEL, $w}]" --- \
  'merge_method: linear' "models: [{model: MODEL, $w}, {model: first, $w}]"
kind 'merge_method: extract_lora' 'base_model: MODEL' 'models: [{model: MODEL}]' \
  'parameters: {rank: 1}'
kind 'merge_method: linear' "models: [{model: a+MODEL, $w}, {model: MODEL, $w}]"
[ $kinds -eq 14 ] || fail "$kinds kinds"
