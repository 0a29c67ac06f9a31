#!/usr/bin/env bash
# Several corpora with weights and tags, TSV, TMX and filters: what is learned from is what the same
# pairs in two text files would be, and all that is left out is told.
. "$INGOT_SOURCE/tests/cli/common.bash"

# corpora OUTPUT DATA [LINE...]: OUTPUT.yml, a tiny model of these data; more lines go into train:.
corpora() {
  local output=$1 data=$2 line
  shift 2
  cat >"$output.yml" <<YML
data:
$data
  tokens: whitespace
model: {family: marian, d_model: 32, encoder_layers: 1, decoder_layers: 1,
        encoder_attention_heads: 4, decoder_attention_heads: 4,
        encoder_ffn_dim: 64, decoder_ffn_dim: 64, dropout: 0.1}
train:
  output: $output
  seed: 3
  batch_tokens: 160
  updates: 40
  learning_rate: 0.005
YML
  for line in "$@"; do echo "  $line" >>"$output.yml"; done
}
weights() { same "$1/latest/model.safetensors" "$2/latest/model.safetensors"; }
differ() {
  ! cmp -s "$1/latest/model.safetensors" "$2/latest/model.safetensors" || fail "$1 and $2 are equal"
}

digits 600 7 a.src && reversed a.src >a.trg
digits 200 8 b.src && reversed b.src >b.trg
cat a.src b.src >ab.src
cat a.trg b.trg >ab.trg
corpora one '  train: {source: ab.src, target: ab.trg}'
expect 0 "$INGOT" train one.yml

# --- A list is its files one after the other; a weight is how often an epoch has a pair.
corpora list '  train: [{source: a.src, target: a.trg}, {source: b.src, target: b.trg}]'
expect 0 "$INGOT" train list.yml
has err "data.train[1] (b.src): 200 pairs, 200 in an epoch"
weights one list
corpora heavy '  train: [{source: a.src, target: a.trg, weight: 0.5},
    {source: b.src, target: b.trg, weight: 4}]'
expect 0 "$INGOT" train heavy.yml
has err "data.train[0] (a.src): 600 pairs, 300 in an epoch"
has err "data.train[1] (b.src): 200 pairs, 800 in an epoch"
differ one heavy
corpora parts "$(sed -n 2,3p heavy.yml)"
expect 0 "$INGOT" train parts.yml --set train.updates=17
expect 0 "$INGOT" train parts.yml
weights heavy parts
sed -i 's/weight: 4/weight: 3/' parts.yml
expect 1 "$INGOT" train parts.yml --set train.updates=50
has err "data.weights"

# One corpus is told as well where an epoch is not its pairs, or it has a tag.
! grep -q 'data.train\[0\]' <("$INGOT" train one.yml --set train.output=again 2>&1) ||
  fail 'one corpus is told twice'
corpora single '  train: {source: b.src, target: b.trg, weight: 3, tag: <bt>}'
expect 0 "$INGOT" train single.yml --set train.updates=1
has err "data.train[0] (b.src): 200 pairs, 600 in an epoch, with the tag <bt>"

# --- A tag stands before each source, and is a token.
sed 's/^/<bt> /' b.src >tagged.src
corpora written '  train: {source: [a.src, tagged.src], target: [a.trg, b.trg]}'
tagged='  train: [{source: a.src, target: a.trg}, {source: b.src, target: b.trg, tag: <bt>}]'
corpora tag "$tagged"
expect 0 "$INGOT" train written.yml
expect 0 "$INGOT" train tag.yml
has err "with the tag <bt>"
has tag/latest/vocab.json '"<bt>"'
grep -o '"[0-9]*_tokens": *[0-9]*\|"epoch[^,]*' written/metrics.jsonl >written.counts
grep -o '"[0-9]*_tokens": *[0-9]*\|"epoch[^,]*' tag/metrics.jsonl >tag.counts
same written.counts tag.counts
echo 'data: {train: {source: b.src, target: b.trg, tag: <new>}}' >begun.yml
expect 1 "$INGOT" train begun.yml --set model.init=tag/latest --set train.output=begun \
  --set train.updates=1
has err "the vocabulary does not have '<new>'"
corpora pieces "$tagged"
sed -i 's/^  tokens: .*/  sentencepiece: {vocab_size: 20}/' pieces.yml
expect 0 "$INGOT" train pieces.yml --set train.updates=1
has pieces/latest/vocab.json '"<bt>"'

# A model of words has the tag as a word.
corpora words "$tagged"
sed -i 's/^  tokens: .*/  sentencepiece: {vocab_size: 13, model_type: word}/' words.yml
expect 0 "$INGOT" train words.yml --set train.updates=1
has words/latest/vocab.json '"▁<bt>"'
expect 0 "$INGOT" translate -q -m words/latest -i tagged.src
! grep -q 'vocabulary lacks' err || fail 'the tag is unknown'
sed 's/^/<no> /' b.src >strange.src
expect 0 "$INGOT" translate -m words/latest -i strange.src
has err 'vocabulary lacks'

# A code that is one token at the beginning alone, as those of a vocabulary without a piece for it,
# must not become text behind a tag.
cp -r pieces/latest coded
sed -i 's/"<bt>"/">>12<<"/' coded/vocab.json
sed 's/^/>>12<< /' b.src >coded.src
code() { # TAG CODE
  echo "data: {train: {source: coded.src, target: b.trg$1}}" >code.yml
  expect "$2" "$INGOT" train code.yml --set model.init=coded --set "train.output=code$2" \
    --set train.updates=1
}
code '' 0
code ', tag: "7"' 1
has err "coded.src:1: '>>12<<' is one token only where a text begins, and the tag '7' comes"
corpora symbols '  train: {source: coded.src, target: b.trg, tag: ">>bt<<"}'
sed -i 's/^  tokens: .*/  sentencepiece: {vocab_size: 20}/' symbols.yml
expect 0 "$INGOT" train symbols.yml --set train.updates=1

# A source without text gets no tag and is empty: with no text at all, or none for the tokenizer.
{ cat b.src && printf '\302\205\n\342\200\213\n\n'; } >void.src
{ cat b.trg && printf '1 2\n1 2\n1 2\n'; } >void.trg
corpora void '  train: [{source: a.src, target: a.trg},
    {source: void.src, target: void.trg, tag: <bt>}]
  filters: {max_ratio: 9, duplicates: drop, identical: drop}'
sed -i 's/^  tokens: .*/  sentencepiece: {vocab_size: 20}/' void.yml
expect 0 "$INGOT" train void.yml --set train.updates=1 --stats void.json
has void.json '"empty_pairs": 3'

# --- TSV and TMX give the same pairs, and so the same weights.
paste <(sed 's/.*/note/' ab.src) ab.trg ab.src | gzip >ab.tsv.gz
corpora tsv '  train: {tsv: ab.tsv.gz, columns: [3, 2]}'
expect 0 "$INGOT" train tsv.yml
weights one tsv
{
  echo '<?xml version="1.0"?><tmx version="1.4"><body>'
  paste ab.src ab.trg | awk -F'\t' '{
    print "<tu><tuv xml:lang=\"x-a\"><seg>" $1 "</seg></tuv>"
    print "<tuv xml:lang=\"x-b\"><seg>" $2 "</seg></tuv></tu>"
  }'
  echo '</body></tmx>'
} >ab.tmx
corpora tmx '  train: {tmx: ab.tmx, source_language: X-A, target_language: x-b}'
expect 0 "$INGOT" train tmx.yml
weights one tmx

# Lines without a pair are told and counted.
{ zcat ab.tsv.gz && echo "one field"; } >bad.tsv
corpora bad '  train: {tsv: bad.tsv, columns: [3, 2]}'
expect 0 "$INGOT" train bad.yml --stats bad.json
has err "bad.tsv:801: left out: expected 3 columns separated by tabs, or more"
has bad.json '"lines_without_pair": 1'
weights one bad
{ paste b.src b.trg && echo "one field"; } >valid.tsv
corpora valid '  train: {source: ab.src, target: ab.trg}
  valid: {tsv: valid.tsv}'
expect 0 "$INGOT" train valid.yml --stats valid.json --set train.updates=1
has err "valid.tsv:201: left out"
has valid.json '"valid_lines_without_pair": 1'
has valid.json '"lines_without_pair": 0'
has valid.json '"valid_pairs": 200'
expect 1 "$INGOT" train bad.yml --set train.output=strict --set data.strict=true
has err "bad.tsv:801: expected 3 columns"
head -c 3000 ab.tmx >cut.tmx
corpora cut '  train: {tmx: cut.tmx, source_language: x-a, target_language: x-b}'
expect 1 "$INGOT" train cut.yml
has err "cut.tmx:"

# --- Filters leave out what they are asked to, and say how many.
{ cat ab.src && printf '%s\n' "1 2 3" "7 7" "1" && head -n 5 ab.src && echo "9 да да"; } >f.src
{ cat ab.trg && printf '%s\n' " 1 2 3" "7 7 " "1 2 3 4 5" && head -n 5 ab.trg && echo "9"; } >f.trg
filters='filters: {max_ratio: 4, duplicates: drop, identical: drop, script: {source: Latin}}'
corpora filtered "  train: {source: f.src, target: f.trg}
  $filters"
expect 0 "$INGOT" train filtered.yml --stats filtered.json
has filtered.json '"script_pairs": 1'
has filtered.json '"ratio_pairs": 1'
same_sides=$(paste ab.src ab.trg | awk -F'\t' '$1 == $2' | wc -l)
has filtered.json "\"identical_pairs\": $((same_sides + 2))"
again=$(paste f.src f.trg | sed 's/ *\t */\t/; s/ *$//' |
  awk -F'\t' '$1 != $2 && !/да/ && $1 != "1" && seen[$0]++ { n++ } END { print n + 0 }')
[ "$again" -ge 5 ] || fail "only $again duplicates are there to be found"
has filtered.json "\"duplicate_pairs\": $again,"
has err "data.filters: left out 1 pairs in another script"

# --- What can be wrong.
wrong() { # DATA MESSAGE
  corpora wrong "$1"
  expect 1 "$INGOT" train wrong.yml
  has err "$2"
}
wrong '  train: {tsv: ab.tsv.gz, source: a.src}' "data.train.source: it does not go with tsv"
wrong '  train: {tsv: ab.tsv.gz, columns: [0, 2]}' "data.train.columns: expected two numbers from 1"
wrong '  train: {tsv: ab.tsv.gz, columns: [2, 2]}' "both sides are column 2"
wrong '  train: {tmx: ab.tmx, source_language: de}' "expected target_language"
wrong '  train: [{source: a.src, target: a.trg, weight: 0}]' "data.train[0].weight: expected a"
wrong '  train: [{source: a.src, target: a.trg, tag: "a b"}]' "data.train[0].tag: expected text"
wrong '  train: [{source: a.src, target: a.trg, wieght: 2}]' "did you mean 'weight'"
wrong '  train: [{squad: a.src}]' "data.train[0]: expected source and target, tsv or tmx"
wrong '  train: {}' "data.train: expected source and target, tsv or tmx"
wrong '  train: [{source: a.src, target: a.trg, tag: <pad>}]' \
  "data.train[0].tag: <pad> is a special"
wrong '  train: [{tsv: []}, {source: a.src, target: a.trg, weight: 3}]' \
  "data.train[0].tsv: expected a file, or a list of at least one"
wrong '  train: {source: a.src, target: a.trg}
  valid: {tmx: [], source_language: a, target_language: b}' "data.valid.tmx: expected a file"
wrong '  train: [a.src]' "data.train[0]: expected a map"
wrong '  train: []' "data.train"
wrong '  train: {source: a.src, target: a.trg}
  valid: {source: b.src, target: b.trg, weight: 2}' "data.valid.weight: it is of data.train alone"
wrong '  train: {source: a.src, target: a.trg}
  filters: {duplicates: yes}' "expected keep or drop"
wrong '  train: {source: a.src, target: a.trg}
  filters: {script: {source: Klingon}}' "expected one of Latin, Cyrillic"
wrong '  train: {source: a.src, target: a.trg}
  filters: {max_ratio: 0.5}' "data.filters.max_ratio: expected a number from 1"
