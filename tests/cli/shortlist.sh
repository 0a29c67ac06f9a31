#!/usr/bin/env bash
# ingot optimize --shortlist and ingot translate --shortlist: a shortlist from a small corpus, which
# translations use with the same bits for any batch and threads; every form of one; what lists lack
# cannot be written; refusals.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/models/en-de
cat >source <<'EOF2'
He is a good man.
Where is the station?
The station is good.
Is he a man?
EOF2
expect 0 "$INGOT" translate -m "$model" -i source -o target --beam-size 1
says() { # OUT [OPTION...]
  local out=$1
  shift
  expect 0 "$INGOT" translate -m "$model" -i source -o "$out" --scores sentence "$@"
}

# Of the model's own translations, so that it can write them again.
expect 0 "$INGOT" optimize "$model" -o short --shortlist --source source --target target
has out 'shortlist of 4 pairs of lines'
has out '100.00% of its translation'
has short/optimization.json '"steps": 5'
same "$model/model.safetensors" short/model.safetensors
expect 0 "$INGOT" optimize "$model" -o again --shortlist --source source --target target \
  --threads 1 --json
has out '"covered": 1'
has out '"bytes_before": 13064834, "bytes_after": 13064834'
same short/lex.s2t.bin again/lex.s2t.bin
# What it was made from goes along where it does.
expect 0 "$INGOT" optimize short -o smaller --type int8
same short/lex.s2t.bin smaller/lex.s2t.bin
has smaller/optimization.json '"steps": 5'
expect 0 "$INGOT" inspect short
has out 'shortlist     lex.s2t.bin: '
has out 'the first 100 are in every list'
grep -Eq "with the shortlist, at most [0-9.]+ more for a worker's copied columns" out ||
  fail 'the memory of copied columns is not told'
expect 0 "$INGOT" inspect "$model"
! grep -q 'copied columns' out || fail 'copied columns without a shortlist'
for type in fp32 bf16 int8; do
  for beam in 1 4; do
    says whole --type $type --beam-size $beam
    says few --type $type --beam-size $beam --shortlist short
    # Greedy scores are computed afterwards, over all tokens; beams rank among those of the list.
    [ "$type" = fp32 ] && [ $beam = 1 ] && same whole few
    [ $beam = 1 ] || ! cmp -s whole few || fail "scores are those of all tokens: $type"
    says other --type $type --beam-size $beam --shortlist short/lex.s2t.bin --batch-tokens 1 \
      --threads 1
    same few other
    says other --type $type --beam-size $beam --shortlist short --batch-tokens 9 --threads 3
    same few other
  done
done

# The statistics say how long the lists were: those that building measured, for the same texts.
made=$("$INGOT" optimize "$model" -o told --shortlist --source source --target target |
  grep -o 'a sentence has [0-9]* in the mean' | tr -dc 0-9)
for way in '' '--threads 1 --batch-tokens 1' '--workers 2'; do
  # shellcheck disable=SC2086
  says few --beam-size 1 --shortlist short $way --stats stats
  has stats '"shortlist": "short", "listed_sentences": 4, '
  grep -o '"listed.*"mean_list": [0-9.]*' stats >counts
  cmp -s counts first_counts || [ -z "$way" ] || fail "other statistics with $way: $(cat counts)"
  cp counts first_counts
done
awk -v made="$made" '{ d = $NF - made; exit !(d > -3 && d < 3) }' counts ||
  fail "lists of $(cat counts), but $made were built"
says whole --beam-size 1 --stats stats
! grep -q listed stats || fail "lists without a shortlist: $(cat stats)"

# Int8 and a shortlist at once; the file goes along with the model.
expect 0 "$INGOT" optimize "$model" -o int8 --type int8 --shortlist --source source \
  --target target --quiet
same short/lex.s2t.bin int8/lex.s2t.bin
expect 0 "$INGOT" convert int8 -o back
has err 'int8: lex.s2t.bin goes along'
same short/lex.s2t.bin back/lex.s2t.bin
expect 0 "$INGOT" translate -m int8 -i source -o other --beam-size 1 --shortlist int8
says few --type int8 --beam-size 1 --shortlist short
same <(cut -f2 few) other
# A directory that is int8 already gets a shortlist, too; its weights stay as they are.
expect 0 "$INGOT" optimize "$model" -o whole8 --quiet
for shards in '' '--out-shard-size 1MB'; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" optimize whole8 -o "later$shards" --shortlist --source source --target target \
    $shards
  has out 'shortlist of 4 pairs of lines'
  ! grep -q 'read as' err || fail 'weights that stay are said to be read as floats'
  same short/lex.s2t.bin "later$shards/lex.s2t.bin"
  same whole8/config.json "later$shards/config.json"
  expect 0 "$INGOT" translate -m "later$shards" -i source -o other --scores sentence \
    --shortlist "later$shards" --beam-size 1
  same few other
done
same whole8/model.safetensors later/model.safetensors
# What a list costs is checked by translations that choose from it.
expect 0 "$INGOT" optimize "$model" -o checked --shortlist --source source --target target \
  --shortlist-first 1 --shortlist-best 1 --check source target --beam-size 1 --quiet
has out 'chrF 100.00 before, '
! grep -q '100.00 after' "$work/out" || fail 'the check does not use the shortlist'
# The other model's list is not taken along where a new one is made.
expect 0 "$INGOT" optimize short -o fewer --shortlist --source source --target target \
  --shortlist-best 1 --shortlist-first 1
! grep -q 'goes along' err || fail 'a shortlist that is made anew is said to go along'
! cmp -s short/lex.s2t.bin fewer/lex.s2t.bin || fail 'the old shortlist was copied'

# Where no token may come any more, of a short list whose tokens were all there once, a sentence has
# no translation, which is told.
printf 'He is a good man.\nHe is.\n' >two
for beam in 1 2; do
  expect 0 "$INGOT" translate -m "$model" -i two -o out.two --shortlist fewer --min-length 40 \
    --max-length 60 --no-repeat-ngram-size 1 --beam-size $beam --stats stats
  [ "$(grep -c '^$' out.two)" = 2 ] || fail "beam $beam: translations of banned tokens"
  has err 'line 1: the translation has no text'
  has stats '"empty_outputs": 2'
done
# Fused with a model of the same pieces, the one whose tokenizer the output has gives its shortlist,
# which is told; with other pieces it is left out. A training leaves it out, too.
printf '%s\n' 'merge_method: linear' \
  "models: [{model: short, parameters: {weight: 1}}, {model: $model, parameters: {weight: 1}}]" \
  >recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o fused
has err 'short: lex.s2t.bin goes along: the output has the vocabularies that its shortlist is for'
same short/lex.s2t.bin fused/lex.s2t.bin
same short/lex.s2t.bin.json fused/lex.s2t.bin.json
expect 0 "$INGOT" translate -m fused -i source --shortlist fused
expect 0 "$INGOT" inspect --verify fused
printf '%s\n' "models: [{model: $model, parameters: {weight: 1}}]" 'merge_method: linear' \
  'tokenizer_source: short' >recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o other_tokenizer
same short/lex.s2t.bin other_tokenizer/lex.s2t.bin
printf '%s\n' 'models: [{model: short, parameters: {weight: 1}}]' 'merge_method: linear' \
  "tokenizer_source: $model" >recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o its_tokenizer
has err "short: lex.s2t.bin is not copied: the output has the tokenizer of $model"
[ ! -e its_tokenizer/lex.s2t.bin ] || fail 'a shortlist of another directory than the tokenizer'
cp -r short more
sed -i 's/"▁station"/"▁gestation"/' more/vocab.json
! cmp -s more/vocab.json short/vocab.json || fail 'no other piece'
printf '%s\n' 'merge_method: linear' 'tokenizer_source: union' \
  'models: [{model: short, parameters: {weight: 1}}, {model: more, parameters: {weight: 1}}]' \
  >recipe.yml
expect 0 "$INGOT" fuse recipe.yml -o union
has err 'short: lex.s2t.bin is not copied: the output has pieces that its shortlist does not know'
[ ! -e union/lex.s2t.bin ] && [ ! -e union/lex.s2t.bin.json ] || fail 'a shortlist of other pieces'
printf '%s\n' 'data: {train: {source: source, target: target}}' 'model: {init: short}' \
  'train: {output: run, updates: 1, batch_tokens: 200, learning_rate: 0.00001}' >train.yml
expect 0 "$INGOT" train train.yml
has err 'short: lex.s2t.bin does not go along, for it is of the model before'
[ ! -e run/latest/lex.s2t.bin ] || fail 'a shortlist of the model before'

# Negative control: a list that lacks every token but the first ids changes the translation, and so
# does one whose targets are wrong.
printf '▁ist ▁is 0.5\n' >lex.s2t
says wrong --beam-size 1 --shortlist lex.s2t
says whole --beam-size 1
! cmp -s wrong whole || fail 'a list of nothing changes nothing'
gzip -c lex.s2t >lex.s2t.gz
says other --beam-size 1 --shortlist lex.s2t.gz
same wrong other
printf '▁ist ▁is 0.5\n▁ist ▁iiis 0.5\n' >lex.s2t
says other --beam-size 1 --shortlist lex.s2t
same wrong other
has err '1 of 2 lines have a piece that the vocabulary lacks, the first of them line 2: left out'

# The binary form may be compressed, too, as downloads are; what its bytes begin with tells.
gzip -c short/lex.s2t.bin >lex.s2t.bin.gz
says few --beam-size 4 --shortlist short
says other --beam-size 4 --shortlist lex.s2t.bin.gz
same few other
mkdir packed && cp lex.s2t.bin.gz packed/lex.s2t.bin
says other --beam-size 4 --shortlist packed
same few other
head -c 200 lex.s2t.bin.gz >cut.gz
expect 1 "$INGOT" translate -m "$model" -i source --shortlist cut.gz
has err 'cut.gz: damaged gzip data: it ends in the middle'

# With a prefix, with a draft, in sampling, with ids.
says other --beam-size 1 --shortlist short --target-prefix 'Wo ist'
[ "$(cut -f2 other | grep -c '^Wo ist')" = 4 ] || fail 'the prefix is not in all translations'
says few --beam-size 1 --shortlist short
says other --beam-size 1 --shortlist short --draft "$model" --batch-tokens 1 --stats stats
same few other
has stats '"draft_steps"'
# The draft guesses among the tokens of the list, too: the model as its own draft is hardly wrong
# even where the list lacks what both would write without it.
says few --beam-size 1 --shortlist fewer
says other --beam-size 1 --shortlist fewer --draft "$model" --batch-tokens 1 --stats stats
same few other
sed -E 's/.*"drafted_tokens": ([0-9]+), "accepted_tokens": ([0-9]+).*/\1 \2/' stats |
  awk '{ exit !($1 > 4 && $2 * 10 >= $1 * 8) }' || fail "rejected guesses: $(cat stats)"
says few --sample --seed 3 --shortlist short
says other --sample --seed 3 --shortlist short --batch-tokens 1 --threads 1
same few other

expect 2 "$INGOT" translate -m "$model" -i source --score-target target --shortlist short
has err '--shortlist and --score-target exclude each other'
printf 'station\tBahnhof\n' >terms
expect 2 "$INGOT" translate -m "$model" -i source --shortlist short --glossary terms
has err '--shortlist and --glossary exclude each other'
expect 2 "$INGOT" translate -m "$model" -m "$model" -i source --shortlist short
has err '--shortlist is for one model, and there are 2'
expect 1 "$INGOT" translate -m "$model" -i source --shortlist missing
has err 'missing: '
expect 1 "$INGOT" translate -m "$model" -i source --shortlist "$model"
has err '/lex.s2t.bin: cannot open'
head -c 1000 short/lex.s2t.bin >cut.bin
expect 1 "$INGOT" translate -m "$model" -i source --shortlist cut.bin
has err 'it is cut short, or damaged'
expect 1 "$INGOT" translate -m "$INGOT_SOURCE/tests/golden/marian_tiny" --ids --ids-in -i source \
  --shortlist short
has err 'it was made for another model'
# A shortlist says what it was made for: the model of the other direction has the same pieces.
has short/lex.s2t.bin.json '"xxh3-128"'
same short/lex.s2t.bin.json smaller/lex.s2t.bin.json
same short/lex.s2t.bin.json back/lex.s2t.bin.json
expect 1 "$INGOT" translate -m "$INGOT_SOURCE/models/de-en" -i target --shortlist short
has err "short/lex.s2t.bin: it was made for another model, whose source language is 'en'"
cp -r short other_pieces
sed -i '0,/"xxh3-128": "/s//&0/' other_pieces/lex.s2t.bin.json
expect 1 "$INGOT" translate -m "$model" -i source --shortlist other_pieces
has err 'whose source vocabulary has other pieces, says other_pieces/lex.s2t.bin.json'
echo '{"source": 3}' >other_pieces/lex.s2t.bin.json
expect 1 "$INGOT" translate -m "$model" -i source --shortlist other_pieces
has err 'other_pieces/lex.s2t.bin.json: expected an object "source", found an integer'
# One without a record, as Marian's are, is taken for what it says it is.
rm other_pieces/lex.s2t.bin.json
expect 0 "$INGOT" translate -m "$INGOT_SOURCE/models/de-en" -i target --shortlist other_pieces

expect 2 "$INGOT" optimize "$model" -o new --shortlist --source source
has err '--shortlist is built from two files'
expect 2 "$INGOT" optimize "$model" -o new --source source
has err '--shortlist asks for one'
head -n 3 target >shorter
expect 1 "$INGOT" optimize "$model" -o new --shortlist --source source --target shorter
has err 'expected as many'
expect 1 "$INGOT" optimize int8 -o new --type int8 --shortlist --source source --target target
has err 'the model that it was made from; without a type it gets the shortlist, and its weights'
expect 1 "$INGOT" optimize "$INGOT_SOURCE/models/qa-en" -o new --shortlist --source source \
  --target target
has err 'the model is an encoder without a decoder'
[ ! -e new ] || fail 'a refused shortlist left a directory'
