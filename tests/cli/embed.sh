#!/usr/bin/env bash
# ingot embed: the vectors of transformers (tests/golden/embeddings/make_goldens.py), for each
# pooling; the same bytes whatever runs beside them; what is cut is told, what is not built refused.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/embeddings

# near FILE EXPECTED: the same numbers within 1e-5.
near() {
  paste -d ' ' "$1" "$2" | awk '{
    if (NF != 24) exit 1
    for (i = 1; i <= NF / 2; i++) {
      d = $i - $(i + NF / 2)
      if (d > 1e-5 || d < -1e-5) exit 1
    }
  }' || fail "$1 differs from $2"
  [ "$(wc -l <"$1")" -eq "$(wc -l <"$2")" ] || fail "not a vector for each line"
}

expect 0 "$INGOT" embed -m "$golden" -i "$golden/texts.txt" -o own --stats stats.json
near own "$golden/expected.txt"
has err 'warning: 1 texts are longer than the model reads'
has stats.json '"texts": 7'
has stats.json '"cut": 1'
for pooling in mean first max; do
  expect 0 "$INGOT" embed -m "$golden" -q -i "$golden/texts.txt" --pooling $pooling --unit-length no
  near out "$golden/expected-$pooling.txt"
done
# A control: another pooling's vectors are not near.
! (near out "$golden/expected-mean.txt") 2>/dev/null || fail "the comparison sees no difference"

# Weights rounded to bfloat16 (tests/golden/bf16/make_goldens.py), and a control.
expect 0 "$INGOT" embed -m "$golden" -q -i "$golden/texts.txt" --type bf16
near out "$INGOT_SOURCE/tests/golden/bf16/embeddings.txt"
! (near own "$INGOT_SOURCE/tests/golden/bf16/embeddings.txt") 2>/dev/null ||
  fail "--type bf16 makes no difference"

for options in '--threads 1' '--threads 2 --workers 2 --batch-tokens 1'; do
  # shellcheck disable=SC2086
  expect 0 "$INGOT" embed -m "$golden" -q $options <"$golden/texts.txt"
  same out own
done
# Fewer bits a weight: other numbers, but not by much.
for type in bf16 int8; do
  expect 0 "$INGOT" embed -m "$golden" -q --type $type -i "$golden/texts.txt"
  ! cmp -s out own || fail "$type: the vectors of fp32"
  paste -d' ' out own | awk '{
    dot = a = b = 0; n = NF / 2
    for (i = 1; i <= n; i++) { dot += $i * $(i + n); a += $i ^ 2; b += $(i + n) ^ 2 }
    if (!(dot > 0.999 * sqrt(a * b))) exit 1
  }' || fail "$type: another direction than fp32"
done

expect 0 "$INGOT" embed -m "$golden" -q --format binary -o floats <"$golden/texts.txt"
[ "$(wc -c <floats)" -eq $((7 * 12 * 4)) ] || fail "not 7 vectors of 12 floats"
head -n 1 "$golden/texts.txt" | "$INGOT" embed -m "$golden" -q --format binary >first
cmp -s -n 48 first floats || fail "a vector depends on the others"

# A directory that says nothing: the mean, as it is; one that asks for what is not built.
mkdir plain
cp "$golden"/{config.json,model.safetensors,vocab.txt,tokenizer_config.json} plain
expect 0 "$INGOT" embed -m plain -q --max-length 10 -i "$golden/texts.txt"
near out "$golden/expected-mean.txt"
mkdir plain/1_Pooling
echo '{"pooling_mode_lasttoken": true}' >plain/1_Pooling/config.json
expect 1 "$INGOT" embed -m plain -i "$golden/texts.txt"
has err 'pooling_mode_lasttoken is not built'
echo '[{"type": "sentence_transformers.models.Dense"}]' >plain/modules.json
rm -r plain/1_Pooling
expect 1 "$INGOT" embed -m plain -i "$golden/texts.txt"
has err 'sentence_transformers.models.Dense is not built'
expect 1 "$INGOT" embed -m "$INGOT_SOURCE/models/en-de" -i "$golden/texts.txt"
has err 'has a decoder'
expect 1 "$INGOT" embed -m "$golden" --max-length 17 -i "$golden/texts.txt"
expect 2 "$INGOT" embed -m "$golden" -i texts -o "$golden/vocab.txt"
printf 'a\n\xff\n' >bad
expect 0 "$INGOT" embed -m "$golden" -i bad
has err 'U+FFFD'
expect 1 "$INGOT" embed -m "$golden" -i bad --strict
