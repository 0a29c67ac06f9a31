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
echo 'a letter' >letter.txt && ln -s letter.txt letter.html
refused_page letter.txt "replace a file that is no page of HTML"
refused_page letter.html "replace a file that is no page of HTML"
[ "$(cat letter.txt)" = 'a letter' ] || fail "letter.txt was written over"
mkdir made.stages
refused_page made.stages/page.html "be where the output is written"
rmdir made.stages
expect 2 "$INGOT" fuse recipe.yml -o made --report '' -q
# What is nobody's may be written, and a page or an empty file replaced.
: >empty.html
for page in page.html page.html empty.html madeup.html a/page.html; do
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

# Pairs of three models that are (1, 0), (0, 1) and (1, 1) in one tensor, and of zeros in another:
# the cosines of each pair, by themselves and of both tensors together.
header='{"u":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
header+='"v":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}'
one='\0\0\200\77' zero='\0\0\0\0'
model() { # NAME BYTES
  mkdir "$1" && cp a/config.json "$1"
  printf "\\x$(printf %02x ${#header})\0\0\0\0\0\0\0%s$2" "$header" >"$1/model.safetensors"
}
model east "$one$zero$one$one" && model north "$zero$one$zero$zero"
model both "$one$one$one$one"
recipe 'merge_method: linear' 'models: [{model: east, parameters: {weight: 1}},' \
  '  {model: north, parameters: {weight: 1}}, {model: both, parameters: {weight: 1}}]'
expect 0 "$INGOT" fuse recipe.yml --dry-run --report pairs.html -q
part() { sed -n "/<section class=\"chosen\" id=\"pair-$1\"/,/<\/section>/p" pairs.html; }
value() { sed 's/.*title="\([^"]*\)".*/\1/;s/.*<td>–.*/–/'; }
cosine() { part "$1" | grep -m 1 "<th>$2</th>" | value; }
for want in '1-2 u 0' '1-3 u 0.707106781' '2-3 u 0.707106781' '1-2 v –' '1-3 v 1' '2-3 v –'; do
  # shellcheck disable=SC2086
  set -- $want
  [ "$(cosine "$1" "$2")" = "$3" ] || fail "pair $1, tensor $2: $(cosine "$1" "$2"), not $3"
done
[ "$(grep -c 'class="chosen"' pairs.html)" -eq 3 ] || fail "there are three pairs"
# Both tensors together: 3 of sqrt(3 * 4), 1 of sqrt(1 * 4).
has pairs.html 'title="0.866025404"><a href="#pair-1-3">0.866</a></td>'
has pairs.html 'title="0.5"><a href="#pair-2-3">0.500</a></td>'
has pairs.html 'title="0"><a href="#pair-1-2">0.000</a></td>'
# The distance of the pair is that of its vectors, 2 |x - y| / (|x| + |y|).
[ "$(part 1-2 | grep '<th>u</th>' | tail -n 1 | value)" = 1.41421356 ] ||
  fail "another distance: $(part 1-2)"
# Two models are one pair: the tables are its own.
sed -i 's/, {model: both.*/]/' recipe.yml
expect 0 "$INGOT" fuse --dry-run recipe.yml --report two.html -q
! grep -q 'class="chosen"' two.html || fail "a pair has its tables twice"
