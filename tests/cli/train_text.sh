#!/usr/bin/env bash
# What becomes of text in training: letters, language codes, punctuation, and what validations are
# measured by.
. "$INGOT_SOURCE/tests/cli/common.bash"
cases=$INGOT_SOURCE/tests/cases/training

# recipe NAME DATA [LINE...]: NAME.yml, a tiny model; more lines go into its train: part.
recipe() {
  local name=$1 data=$2 line
  shift 2
  cat >"$name.yml" <<EOF
data: $data
model: {family: marian, d_model: 64, encoder_layers: 1, decoder_layers: 1, dropout: 0,
        encoder_attention_heads: 2, decoder_attention_heads: 2,
        encoder_ffn_dim: 128, decoder_ffn_dim: 128}
train:
  output: $name
  batch_tokens: 1024
EOF
  for line in "$@"; do echo "  $line" >>"$name.yml"; done
}

# --- Language codes are pieces of their own, and a model tells them apart.
both="train: {source: [$cases/de.src, $cases/zh.src], target: [$cases/de.tgt, $cases/zh.tgt]}"
recipe codes "{$both, sentencepiece: {vocab_size: 1100, character_coverage: 0.98}}" 'updates: 10'
expect 0 "$INGOT" train codes.yml
has err "'>>de<<' 180, '>>zh<<' 180"
has codes/latest/vocab.json '">>de<<"'
cp err codes.err
expect 0 "$INGOT" translate -q -m codes/latest -i "$cases/tag.src" --score-target "$cases/tag.tgt"
[ "$(sort -u out | wc -l)" -eq 3 ] || fail "three codes do not have three scores"

# Symbols that are given come first; a code among them is no second piece.
recipe symbols "{$both, sentencepiece: {vocab_size: 1500, byte_fallback: true,
  user_defined_symbols: [<ph>, 'a,b', 'x\"y', '>>zh<<']}}" 'updates: 1'
expect 0 "$INGOT" train symbols.yml
for piece in '"<ph>": 2,' '"a,b": 3,' '"x\"y": 4,' '">>zh<<": 5,' '">>de<<": 6,'; do
  has symbols/latest/vocab.json "$piece"
done

# --- Codes of the languages are kept with the tokenizer; a model to begin from has its own.
recipe languages "{$both, sentencepiece: {vocab_size: 1100}, source_language: en}" 'updates: 1'
expect 0 "$INGOT" train languages.yml --set data.target_language=pt_BR
has languages/latest/tokenizer_config.json '"source_lang": "en"'
has languages/latest/tokenizer_config.json '"target_lang": "pt_BR"'
expect 0 "$INGOT" train languages.yml --set train.updates=2 --set data.target_language=de
has languages/latest/tokenizer_config.json '"target_lang": "de"'
printf 'data: {%s, target_language: zh}\nmodel: {init: languages/latest}\n' "$both" >begun.yml
expect 0 "$INGOT" train begun.yml --set train.output=begun --set train.updates=1
has begun/latest/tokenizer_config.json '"source_lang": "en"'
has begun/latest/tokenizer_config.json '"target_lang": "zh"'
expect 1 "$INGOT" train languages.yml --set data.source_language="'e n'"
has err "expected a code such as en or pt_BR, found 'e n'"

# --- What a given coverage drops is told: ten characters, then a count; the tokens of both sides.
has codes.err "data.train.target: 267 of "
has codes.err "'当' 2, '影' 2, '心' 2, "
has codes.err " and 331 more"
has codes.err "warning: <unk>: data.sentencepiece.character_coverage: 1 keeps every character"
[ "$(grep -c '<unk>: data' codes.err)" -eq 1 ] || fail "the advice is given once"
has codes.err "data.train.source: "
# The default keeps all of them.
recipe letters "{$both, sentencepiece: {vocab_size: 1100}}" 'updates: 1'
expect 0 "$INGOT" train letters.yml
! grep -q '<unk>' err || fail "the default coverage has dropped letters"
# Tokenizers that are given as files are looked at, too; so is the text to validate on.
printf 'An apple is red .\nA house .\n' >given.en
printf 'Der Apfel ist rot ☃ .\nEin Haus ☃ ☄ .\n' >given.de
pair='{source: given.en, target: given.de}'
recipe given "{train: $pair, valid: $pair, sentencepiece: letters/sentencepiece.model}" 'updates: 1'
expect 0 "$INGOT" train given.yml
has err "data.train.target: 3 of "
has err "data.valid: 2 pairs, "
has err "left out: 0 longer than 512 tokens, 0 empty"
has err "data.valid.target: 3 of "
has err "<unk>: '☃' 2, '☄' 1"
has err "warning: <unk>: the SentencePiece model that data.sentencepiece names has no piece"
# Each advice is one that helps: against letters that only the validation has, against codes of
# other letters than those that become pieces by themselves, against whole words.
sed 's/☃//g; s/☄//g' given.de >known.de
known='{source: given.en, target: known.de}'
for i in 1 2 3 4 5 6 7 8; do cat given.en; done >many.en
for i in 1 2 3 4 5 6 7 8; do cat known.de; done >many.de
many='{source: many.en, target: many.de}'
advised() { # NAME DATA: trains; the advice alone is in ./advice
  recipe "$1" "$2" 'updates: 1'
  expect 0 "$INGOT" train "$1.yml" -q
  grep 'warning: <unk>: ' err >advice
}
pieces='vocab_size: 26, character_coverage: 1'
advised valid_letters "{train: $many, valid: $pair, sentencepiece: {$pieces}}"
[ "$(wc -l <advice)" -eq 1 ] || fail "one advice expected: $(cat advice)"
has advice "what data.valid alone has gets no piece from the training data: data.sentencepiece.b"
sed 's/^/>>中文<< /' many.en >chinese.en
chinese='{source: chinese.en, target: many.de}'
advised foreign_codes "{train: $chinese, sentencepiece: {$pieces}}"
[ "$(wc -l <advice)" -eq 1 ] || fail "one advice expected: $(cat advice)"
has advice "data.sentencepiece.user_defined_symbols makes pieces of >>codes<<"
has err "<unk>: '>>中文<<' 16"
advised listed_codes \
  "{train: $chinese, sentencepiece: {$pieces, user_defined_symbols: ['>>中文<<']}}"
[ ! -s advice ] || fail "no advice expected: $(cat advice)"
sed 's/^/>>de DE<< /' many.en >spaced.en
advised spaced_codes \
  "{train: {source: spaced.en, target: many.de}, sentencepiece: {byte_fallback: true,
    vocab_size: 282}}"
has err "<unk>: '>>de DE<<' 16"
advised words "{train: $many, sentencepiece: {vocab_size: 6, model_type: word}}"
[ "$(wc -l <advice)" -eq 1 ] || fail "one advice expected: $(cat advice)"
has advice "of model_type word: a larger data.sentencepiece.vocab_size"
# After white space it is no code, and that is told.
sed 's/^/ >>de<< /' given.en >late.en
late='{source: late.en, target: given.de}'
recipe late "{train: $late, valid: $late, sentencepiece: letters/sentencepiece.model}" 'updates: 1'
expect 0 "$INGOT" train late.yml -q
has err "data.train: 2 lines have white space before a >>code<<, the first at late.en:1: it is read"
has err "data.valid: 2 lines have white space before a >>code<<, the first at late.en:1: it is read"
# A code that begins lines is one token there, too.
recipe other "{train: {source: $cases/small.en, target: $cases/small.de}}" 'updates: 1'
expect 0 "$INGOT" train other.yml -q
recipe given_codes "{train: {source: $cases/de.src, target: $cases/de.tgt},
  sentencepiece: other/sentencepiece.model}" 'updates: 1'
expect 0 "$INGOT" train given_codes.yml
has err "data.train.source: "
has err "'>>de<<' 180"
# So is that of a model that the training starts from.
cat >init.yml <<EOF
data: {train: {source: given.en, target: given.de}}
model: {init: letters/latest}
train: {output: init, updates: 1}
EOF
expect 0 "$INGOT" train init.yml
has err "'☃' 2, '☄' 1"
has err 'warning: <unk>: the tokenizer of model.init has no piece for them'
# Where nothing is unknown there is nothing to advise.
sed "1s|.*|data: {$both}|; s/output: init/output: known/" init.yml >known.yml
expect 0 "$INGOT" train known.yml
! grep -q '<unk>' err || fail 'a text of known letters has unknown ones'
# Bytes spell what has no piece.
recipe bytes "{train: $pair, valid: $pair, sentencepiece: {byte_fallback: true,
  character_coverage: 0.98}}" 'updates: 1'
expect 0 "$INGOT" train bytes.yml
! grep -q '<unk>' err || fail "a character is unknown in spite of byte_fallback"

# --- Chinese: a model that has learnt 120 pairs by heart prints their punctuation, and validation's
# BLEU is the scorer's.
z="{source: $cases/z.en, target: $cases/z.zh}"
recipe chinese "{train: $z, valid: $z, sentencepiece: {vocab_size: 600, normalization: identity}}" \
  'updates: 120' 'learning_rate: 0.003' 'warmup: 50' 'valid_sentences: 0'
expect 0 "$INGOT" train chinese.yml
has err 'valid_tokenize zh'
! grep -q 'best_metric is chrf' err || fail "BLEU has words in Chinese"
! grep -q 'normalization writes' err || fail "identity has changed a letter"
bleu=$(grep -o '"bleu":[0-9.]*' chinese/metrics.jsonl | tail -n 1)
expect 0 "$INGOT" translate -q -m chinese/latest -i "$cases/z.en" -o z.out --beam-size 1 \
  --split-sentences off
[ "$(grep -c '[，？！]' z.out)" -ge 50 ] || fail "the punctuation is lost"
expect 0 "$INGOT" score bleu -r "$cases/z.zh" -i z.out --tokenize zh
awk -v a="${bleu#*:}" -v b="$(grep -oE '= [0-9.]+' out | head -n 1 | tr -d '= ')" \
  'BEGIN { exit !(b > 50 && a - b < 0.1 && b - a < 0.1) }' ||
  fail "validation says BLEU ${bleu#*:}, the scorer $(cat out)"
# The default normalization says what it changes.
recipe folded "{train: $z, valid: $z, sentencepiece: {vocab_size: 600}}" 'updates: 1' \
  'valid_sentences: 4'
expect 0 "$INGOT" train folded.yml
has err "warning: the target's text: normalization writes"
has err "'？' 110, '，' 28, '：' 2; data.sentencepiece.normalization: identity keeps them"

# --- Scripts in which BLEU has no words are measured by chrF; what is given stays.
printf 'a b\nc d\n' >kana.en
printf 'これは文です。\nあれも文です。\n' >kana.ja
k='{source: kana.en, target: kana.ja}'
recipe kana "{train: $k, valid: $k}" 'updates: 1'
expect 0 "$INGOT" train kana.yml
has err 'valid_tokenize char, and best_metric is chrf'
given=(--set train.output=given_metric --set train.best_metric=bleu)
expect 0 "$INGOT" train kana.yml "${given[@]}" --set train.valid_tokenize=13a
has err 'valid_tokenize 13a'
! grep -q 'best_metric is chrf' err || fail "best_metric was given"
# Another tokenizer begins another comparison.
expect 0 "$INGOT" train kana.yml "${given[@]}" --set train.updates=2
has err 'train.valid_tokenize has changed'
expect 0 "$INGOT" train kana.yml "${given[@]}" --set train.updates=3 --set train.valid_tokenize=13a
has err 'train.valid_tokenize has changed'

# --- The default number of pieces is an upper bound; a number that is given is not.
small="train: {source: $cases/small.en, target: $cases/small.de}"
recipe soft "{$small}" 'updates: 1'
expect 0 "$INGOT" train soft.yml
has err 'at most 8000 pieces'
has err 'all that the text gives'
for type in bpe word char; do
  expect 0 "$INGOT" train soft.yml -q --set "train.output=soft-$type" \
    --set "data.sentencepiece={model_type: $type}"
done
recipe hard "{$small,
  sentencepiece: {
    vocab_size: 8000}}" 'updates: 1'
expect 1 "$INGOT" train hard.yml
has err 'hard.yml:3: data.sentencepiece.vocab_size: expected at most 1'
has err 'found 8000'
[ ! -e hard ] || fail "a start that failed has left its directory"
expect 1 "$INGOT" train hard.yml --set data.sentencepiece.vocab_size=20
has err 'data.sentencepiece.vocab_size: expected at least '
! grep -q -- '--' err || fail "the message names an option of another command"
[ ! -e hard ] || fail "a start that failed has left its directory"

# --- The same run goes on, with its own pieces; another normalization is another run.
expect 0 "$INGOT" train folded.yml --set train.updates=2
has err 'resuming from'
expect 1 "$INGOT" train folded.yml --set data.sentencepiece.normalization=identity
has err 'data.sentencepiece.normalization is nothing there, "identity" now'
expect 1 "$INGOT" train folded.yml --set 'data.sentencepiece.user_defined_symbols=[<x>]'
has err 'data.sentencepiece.user_defined_symbols'
expect 1 "$INGOT" train folded.yml --set data.sentencepiece.byte_fallback=true
has err 'data.sentencepiece.byte_fallback'
