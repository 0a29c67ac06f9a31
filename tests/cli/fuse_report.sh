#!/usr/bin/env bash
# The page of a comparison: never over what the fusion reads or writes, and as large as its tensors.
. "$INGOT_SOURCE/tests/cli/fuse_common.bash"
header='{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
for name in a b; do
  mkdir $name
  echo '{"model_type": "made-up"}' >$name/config.json
  echo notes >$name/README.md
  printf "\\x$(printf %02x ${#header})\0\0\0\0\0\0\0%s\0\0\200\77\0\0\200\77" "$header" \
    >$name/model.safetensors
done
recipe 'merge_method: linear' 'models: [{model: a, parameters: {weight: 1}},' \
  '  {model: b, parameters: {weight: 1}}]'
mkdir kept && cp -r a b recipe.yml kept
unchanged() { for file in a b recipe.yml; do diff -r kept/$file $file || fail "$1"; done; }
ln -s a/model.safetensors link.html
ln b/config.json hard.html
ln -s . here
refused_page() { # PAGE MESSAGE
  for more in '' --dry-run; do
    # shellcheck disable=SC2086
    expect 1 "$INGOT" fuse recipe.yml -o made --report "$1" -q $more
    has err "$1: the report would "
    has err "$2"
    unchanged "$1 was written over"
    [ ! -e made ] && [ ! -e made.partial ] || fail "$1: something was written"
  done
}
refused_page a/model.safetensors "replace a file of the input a"
refused_page ./b/../b/config.json "replace a file of the input b"
refused_page a/README.md "replace a file of the input a"
refused_page link.html "replace a file of the input a"
refused_page hard.html "replace a file of the input b"
refused_page recipe.yml "replace the recipe"
refused_page "$PWD/here/recipe.yml" "replace the recipe"
for page in made here/made "$PWD/made" made.partial made.stages; do
  refused_page "$page" "be where the output is written"
done
mkdir made.stages
refused_page made.stages/page.html "be where the output is written"
rmdir made.stages
expect 2 "$INGOT" fuse recipe.yml -o made --report '' -q
# What is nobody's may be written, and replaced.
for page in page.html page.html madeup.html a/page.html; do
  rm -rf made
  expect 0 "$INGOT" fuse recipe.yml -o made --report $page -q
  has $page "Models compared"
done
rm a/page.html
unchanged "inputs"

# Other weights in each layer: the page has a row for each tensor, not the square of them.
header='{' bytes=''
for i in $(seq 0 499); do
  header+="\"layers.$i.w$i.weight\":{\"dtype\":\"F32\",\"shape\":[1],"
  header+="\"data_offsets\":[$((4 * i)),$((4 * i + 4))]},"
  bytes+='\0\0\200\77'
done
header="${header%,}}"
for name in a b; do
  printf "\\x$(printf %02x $((${#header} & 255)))\\x$(printf %02x $((${#header} >> 8)))" \
    >$name/model.safetensors
  printf "\0\0\0\0\0\0%s$bytes" "$header" >>$name/model.safetensors
done
expect 0 "$INGOT" fuse recipe.yml -o many --report many.html -q
[ "$(grep -c '<tr><th>layers.499.w499.weight</th><td style=' many.html)" -eq 2 ] ||
  fail "a tensor is missing in the page"
[ "$(wc -c <many.html)" -lt 200000 ] || fail "the page has $(wc -c <many.html) bytes"
