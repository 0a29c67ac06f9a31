#!/usr/bin/env bash
# What reaches a terminal or a log: no control character of a file or an argument. And a command
# that is started without standard input, output or error: no message goes into its files.
. "$INGOT_SOURCE/tests/cli/common.bash"
toy run 10
expect 0 "$INGOT" train toy.yml --quiet
model=run/latest
escapes=$'\e[31m\a\x7f\u009b2J\u202e'

# clean FILE...: ESC, BEL, DEL, U+009B, U+202E are in none of them; the marker shows that the name
# itself is there.
clean() {
  grep -qF MARK "$@" || fail "the name is not shown at all"
  local hidden
  for hidden in '[\001-\010\013-\037\177]' '\302\233' '\342\200\256'; do
    # shellcheck disable=SC2059
    LC_ALL=C grep -q "$(printf "$hidden")" "$@" && fail "a control character is shown"
  done
}
# shown CODE COMMAND...
shown() {
  expect "$@"
  cat out err >both
  clean both
}

in_json='MARK\u001b[31m\u0007\u007f\u009b2J\u202e\nsame     forged'
cp -r $model fused
cat >fused/fusion.json <<EOF
{"ingot": "0.1.0 $in_json", "method": "$in_json", "recipe": {}, "seed": 0,
 "stages": [{"recipe": {"name": "$in_json"}, "method": "$in_json",
   "inputs": [{"file": "$in_json", "bytes": 1, "xxh3-128": "00"}]}],
 "inputs": [{"file": "$in_json", "bytes": 1, "xxh3-128": "$in_json", "stage": "$in_json"}],
 "outputs": [{"file": "model.safetensors", "bytes": 1, "xxh3-128": "$in_json"}]}
EOF
for json in '' --json; do
  # shellcheck disable=SC2086
  shown 0 "$INGOT" inspect fused $json
  # shellcheck disable=SC2086
  shown 1 "$INGOT" inspect --verify fused $json
  grep -q '^same *forged' both && fail "a name forges a line"
done
# ... nor do the codes of a vocabulary, and a fused model of a family that Ingot does not know.
cp -r fused foreign
sed 's/"model_type": "[a-z]*"/"model_type": "MARK\\u001b[2J\\u009b\\u202e"/' $model/config.json \
  >foreign/config.json
cp -r $model coded
sed -i 's/^\([^"]*"\)9"/\1>>MARK\\u001b[2J\\u009b0\\u202e<<"/' coded/vocab.json
for json in '' --json; do
  # shellcheck disable=SC2086
  shown 0 "$INGOT" inspect coded $json
  grep -q '>>MARK' out || fail "the code is not shown"
  # shellcheck disable=SC2086
  shown 0 "$INGOT" inspect foreign $json
  grep -q "reason\|none that Ingot runs" out || fail "a family is known"
  mkdir -p "MARK$escapes"
  cp foreign/* "MARK$escapes"
  # shellcheck disable=SC2086
  shown 0 "$INGOT" inspect "MARK$escapes" $json
  rm -r "MARK$escapes"
done
mkdir "MARK$escapes"
cp $model/* "MARK$escapes"
shown 0 "$INGOT" inspect "MARK$escapes"
shown 0 "$INGOT" inspect "MARK$escapes" --json
shown 1 "$INGOT" translate -m $model -i "MARK$escapes/none"
shown 1 "$INGOT" translate -m $model -i "MARK$escapes/none" --json
shown 2 "$INGOT" "MARK$escapes"
shown 2 "$INGOT" translate --beam-size "MARK$escapes"
shown 1 "$INGOT" train "MARK$escapes/none.yml" --set "MARK$escapes=1"
in_yaml='MARK\e[31m\a\x7f\u009b2J\u202e\nforged'
printf '%s\n' "name: \"$in_yaml\"" 'merge_method: linear' \
  'models: [{model: fused, parameters: {weight: 1}}]' --- 'merge_method: linear' \
  "models: [{model: \"$in_yaml\", parameters: {weight: 1}}]" >recipe.yml
shown 0 "$INGOT" fuse recipe.yml --dry-run
grep -q '^forged' both && fail "a name forges a line"
shown 0 "$INGOT" fuse recipe.yml -o fused-again
rm -r fused-again
shown 0 "$INGOT" fuse recipe.yml -o fused-again --json
printf '%s\n' 'merge_method: linear' "models: [{model: \"$in_yaml\", parameters: {weight: 1}}]" \
  >recipe.yml
shown 1 "$INGOT" fuse recipe.yml --dry-run
printf '%s\n' "\"$in_yaml\": 1" >recipe.yml
shown 1 "$INGOT" fuse recipe.yml --dry-run

# ---- without descriptors -----------------------------------------------------
{ yes '1 2 3 4 5' | head -n 1000 | tr '\n' ' ' && echo && echo '1 2'; } >long.src
expect 0 "$INGOT" translate -m $model -i long.src -o whole
[ "$(wc -l <whole)" -eq 2 ] || fail "two lines expected"
grep -q "^warning: " err || fail "a warning is expected"
"$INGOT" translate -m $model -i long.src -o closed 2>&- || fail "exit code $?"
same closed whole
"$INGOT" translate -m $model -i long.src -o closed <&- >&- 2>&- || fail "exit code $?"
same closed whole
"$INGOT" translate -m $model -i long.src >&- 2>err && fail "success without an output"
has err "standard output: "
"$INGOT" translate -m $model <&- >out 2>err && fail "success without an input"
has err "standard input: "
printf 'merge_method: passthrough\nmodels: [{model: %s, parameters: {scale: 0.5}}]\n' $model >r.yml
expect 0 "$INGOT" fuse r.yml -o fused-open
"$INGOT" fuse r.yml -o fused-closed <&- >&- 2>&- || fail "exit code $?"
for file in fused-open/*; do same "$file" "fused-closed/${file##*/}"; done
"$INGOT" train toy.yml --set train.output=run-closed <&- >&- 2>&- || fail "exit code $?"
same run-closed/latest/model.safetensors run/latest/model.safetensors
