#!/usr/bin/env bash
# A multilingual model reads and writes the languages that it is told, text in and text out, as
# transformers; it lists them, and codes that it lacks are errors.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/language_text
tokenizer=$INGOT_SOURCE/tests/golden/language_tokenizer
mkdir model
cp "$golden"/*.json "$golden/model.safetensors" "$tokenizer"/{vocab.json,sentencepiece.bpe.model} \
  model
echo '{"tokenizer_class": "M2M100Tokenizer", "src_lang": "fr"}' \
  >model/tokenizer_config.json
run=("$INGOT" translate -q -m model -i "$golden/source.txt" --split-sentences off)
run+=(--beam-size 2 --no-repeat-ngram-size 1 --max-length 24)

for pair in en-de en-zu fr-de; do
  expect 0 "${run[@]}" --source-language "${pair%-*}" --target-language "${pair#*-}"
  same out "$golden/$pair.txt"
  expect 0 "${run[@]}" --source-language "${pair%-*}" --target-language "${pair#*-}" --ids
  same out "$golden/$pair.ids"
done

# What is not told comes from the model's files.
expect 0 "${run[@]}" --target-language de
same out "$golden/fr-de.txt"
zulu=$(head -n 1 "$golden/en-zu.ids")
sed "s/^{/{\"forced_bos_token_id\": ${zulu%% *},/" "$golden/generation_config.json" \
  >model/generation_config.json
expect 0 "${run[@]}" --source-language en
same out "$golden/en-zu.txt"
expect 0 "${run[@]}" --source-language en --target-language de
same out "$golden/en-de.txt"

# Negative control: another source language, other words.
! cmp -s "$golden/en-de.txt" "$golden/fr-de.txt" || fail "the source language makes no difference"

expect 1 "${run[@]}" --target-language dee
has err "no language 'dee'; did you mean 'de'?"
expect 1 "${run[@]}" --source-language en_XX --target-language de
has err "no language 'en_XX'"
expect 0 "$INGOT" inspect model
grep -q '^  codes  .* de .* en .* zu$' out || fail "the languages are not listed"

# NLLB: its codes, and a directory with a SentencePiece model alone.
golden=$INGOT_SOURCE/tests/golden/nllb_text
mkdir nllb
cp "$golden"/{config.json,generation_config.json,model.safetensors,sentencepiece.bpe.model} nllb
run=("$INGOT" translate -q -m nllb -i "$golden/source.txt" --split-sentences off)
run+=(--beam-size 2 --no-repeat-ngram-size 1 --max-length 24)
for pair in eng_Latn-deu_Latn eng_Latn-zul_Latn fra_Latn-deu_Latn; do
  expect 0 "${run[@]}" --source-language "${pair%-*}" --target-language "${pair#*-}"
  same out "$golden/$pair.txt"
  expect 0 "${run[@]}" --source-language "${pair%-*}" --target-language "${pair#*-}" --ids
  same out "$golden/$pair.ids"
done
! cmp -s "$golden/eng_Latn-deu_Latn.txt" "$golden/fra_Latn-deu_Latn.txt" ||
  fail "the source language of NLLB makes no difference"
expect 1 "${run[@]}" --target-language deu
has err "no language 'deu'; did you mean 'deu_Latn'?"
expect 0 "$INGOT" inspect nllb
grep -q '^  codes  .*ace_Arab .* eng_Latn .* zul_Latn$' out ||
  fail "NLLB's languages are not listed"

# The same with tokenizer.json alone, as transformers 5 saves it, and what is trained from there: it
# keeps that file through its checkpoints.
saved=$INGOT_SOURCE/tests/golden/tokenizer_json/nllb
mv nllb/sentencepiece.bpe.model .
cp "$saved"/{tokenizer.json,tokenizer_config.json} nllb
expect 0 "${run[@]}" --source-language eng_Latn --target-language zul_Latn
same out "$golden/eng_Latn-zul_Latn.txt"
yes 'The cat reads a letter.' | head -n 4 >lines
cat >train.yml <<EOF
data: {train: {source: lines, target: lines}}
model: {init: nllb}
train: {output: trained, updates: 3, save_every: 1, keep: 1, batch_tokens: 50}
EOF
expect 0 "$INGOT" train train.yml -q --set data.source_language=eng_Latn \
  --set data.target_language=fra_Latn
same trained/latest/tokenizer.json "$saved/tokenizer.json"
! grep layerdrop err || fail "layers that are never left out are warned of"

# Layers that transformers would leave out now and then in training: told once, and kept.
sed -i 's/"decoder_layerdrop": 0,/"decoder_layerdrop": 0.05,/' nllb/config.json
expect 0 "$INGOT" train train.yml -q --set data.source_language=eng_Latn \
  --set data.target_language=fra_Latn --set train.output=dropping
has err "warning: nllb/config.json: decoder_layerdrop: 0.05 is not built: training uses every layer"
[ "$(grep -c layerdrop err)" -eq 1 ] || fail "not told once: $(cat err)"
has dropping/latest/config.json '"decoder_layerdrop": 0.05'
has dropping/latest/config.json '"encoder_layerdrop": 0'
[ -z "$(find trained -name '*~*')" ] || fail "a tokenizer.json is taken for somebody else's file"
expect 0 "$INGOT" translate -q -m trained/latest -i lines --target-language fra_Latn --max-length 4
# A tokenizer that does as its file says.
echo '{"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>", "unk_token": "<unk>"}' \
  >nllb/tokenizer_config.json
expect 0 "$INGOT" translate -q -m nllb -i "$golden/source.txt" --max-length 8
expect 1 "${run[@]}" --target-language fra_Latn
has err "the model has no tokens of languages"
