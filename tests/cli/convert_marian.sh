#!/usr/bin/env bash
# Models of Marian (tests/golden/marian_npz/make_goldens.py): converted, they give Marian's
# translations and log-probabilities; what is not built is refused by its name.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/marian_npz

# equal MODEL NAME: its translations are those of NAME/expected.tsv, and so are the scores of them.
equal() {
  cut -f 1 "$golden/$2/expected.tsv" >source
  cut -f 2 "$golden/$2/expected.tsv" >target
  expect 0 "$INGOT" translate -m "$1" -i source -o got
  same got target
  expect 0 "$INGOT" translate -m "$1" -i source --score-target target -o scores
  paste scores <(cut -f 3 "$golden/$2/expected.tsv") |
    awk '{ d = $1 - $2; if (d > 1e-4 || d < -1e-4 || NF != 2) bad = 1 }
      END { exit bad || NR < 20 }' ||
    fail "$1: other log-probabilities"
}

for name in tied apart head ssru tiny binary; do
  expect 0 "$INGOT" convert "$golden/$name" -o "$name"
  equal "$name" "$name"
done
has tied/config.json '"sinusoid_inclusive": true'
[ ! -e tied/target_vocab.json ] && [ -e apart/target_vocab.json ] || fail "vocabularies of sides"
has tied/generation_config.json '"length_penalty": 0.6'

# Half the bytes, nearly the same; and once more through the program, which keeps the keys.
expect 0 "$INGOT" convert "$golden/tied" -o half --type float16
has half/config.json '"dtype": "float16"'
expect 0 "$INGOT" translate -m half -i source
expect 0 "$INGOT" convert tied -o again
equal again tied

# Recurrent decoders: the same for any beams, threads and batches; a score is that of its text.
has ssru/config.json '"model_type": "marian_ssru"'
cut -f 1 "$golden/ssru/expected.tsv" >source
expect 0 "$INGOT" translate -m ssru -i source --beam-size 4 --n-best 4 --length-penalty 0 -o best
expect 0 "$INGOT" translate -m ssru -i source --beam-size 4 --n-best 4 --length-penalty 0 \
  --threads 1 --batch-tokens 20 -o again_best
same best again_best
awk -F '\t' 'NR % 4 == 1 { print $2 }' best >first
expect 0 "$INGOT" translate -m ssru -i source --score-target first -o scores
paste scores <(awk -F '\t' 'NR % 4 == 1 { print $1 }' best) |
  awk '{ d = $1 - $2; if (d > 1e-3 || d < -1e-3) bad = 1 } END { exit bad || NR < 20 }' ||
  fail "scores of beams are not those of their texts"

# They train on, are fused, timed and shown.
head -n 8 source >train.src && cut -f 2 "$golden/ssru/expected.tsv" | head -n 8 >train.trg
cat >train.yml <<END
data: {train: {source: train.src, target: train.trg}}
model: {init: ssru}
train: {output: run, updates: 6, batch_tokens: 200, learning_rate: 0.001, save_every: 6}
END
expect 0 "$INGOT" train train.yml
expect 0 "$INGOT" translate -m run/latest -i source
has run/latest/config.json '"sinusoid_inclusive": true'
cat >recipe.yml <<END
merge_method: linear
models: [{model: ssru, parameters: {weight: 1}}, {model: run/latest, parameters: {weight: 1}}]
END
expect 0 "$INGOT" fuse recipe.yml -o mean
expect 0 "$INGOT" translate -m mean -i source
expect 0 "$INGOT" inspect ssru
has out 'marian_ssru'
expect 0 "$INGOT" bench -m ssru --only layer --repeat 1
has out 'recurrent unit'

# A directory of Marian opens as it is, wherever a model is taken; what is not kept is told.
for name in tied apart head ssru tiny binary; do
  equal "$golden/$name" "$name"
done
expect 0 "$INGOT" translate -m "$golden/tied" -i source --beam-size 3 --n-best 3 -o direct
expect 0 "$INGOT" translate -m tied -i source --beam-size 3 --n-best 3 -o converted
same direct converted
expect 0 "$INGOT" translate -m "$golden/tied" -m binary -i source
expect 0 "$INGOT" inspect "$golden/binary"
has out 'family        marian'
expect 0 "$INGOT" bench -m "$golden/ssru" --only layer --repeat 1
has out 'recurrent unit'
sed "s|init: ssru|init: $golden/ssru|; s|output: run|output: direct_run|" train.yml >direct.yml
expect 0 "$INGOT" train direct.yml
same direct_run/latest/model.safetensors run/latest/model.safetensors
same direct_run/latest/vocab.json run/latest/vocab.json
cp -r "$golden/tied" penalty
sed 's/word-penalty: 0/word-penalty: 0.5/' "$golden/tied/decoder.yml" >penalty/decoder.yml
expect 0 "$INGOT" translate -m penalty -i source
has err 'word-penalty 0.5 is not kept'
expect 0 "$INGOT" inspect penalty
has out 'word-penalty 0.5 is not kept'
expect 0 "$INGOT" inspect penalty --json
has out '"notes"'
rm penalty/vocab.spm
expect 1 "$INGOT" translate -m penalty -i source
has err 'no vocabularies with SentencePiece models'
echo '3 4 5 0' >ids
expect 0 "$INGOT" translate -m penalty -i ids --ids-in --ids
# A recipe takes converted ones only, and says so.
echo "{merge_method: linear, models: [{model: $golden/tied, parameters: {weight: 1}}]}" >recipe.yml
expect 1 "$INGOT" fuse recipe.yml -o fused
has err 'ingot convert'
# A directory with a model of another kind inside is none of Marian's.
mkdir other && cp "$golden/tied/model.npz" other/a.optimizer.npz
expect 1 "$INGOT" translate -m other -i source
has err 'config.json'

# Matrices of 8-bit integers (tests/golden/marian_packed/make_goldens.py), in both programs' forms:
# what they mean as floats, told; so is what speeds up Marian alone.
golden=$INGOT_SOURCE/tests/golden/marian_packed
for name in packed student; do
  equal "$golden/$name" "$name"
  expect 0 "$INGOT" convert "$golden/$name" -o "$name"
  has err 'are read as floats'
  equal "$name" "$name"
done
has student/generation_config.json '"num_beams": 1'
expect 0 "$INGOT" inspect "$golden/student"
has out '23 matrices of integers'
cp -r "$golden/student" browser
: >browser/lex.50.50.enxx.s2t.bin
cp browser/vocab.enxx.spm browser/srcvocab.enxx.spm
mv browser/vocab.enxx.spm browser/trgvocab.enxx.spm
equal browser student
has err 'the shortlist is not used'
has err '23 tensors that only speed up Marian'
head -c 60000 "$golden/packed/model.bin" >listed.bin
cp -r "$golden/packed" short && mv listed.bin short/model.bin
expect 1 "$INGOT" translate -m short -i source
has err 'its values are cut short'
# A kind that one processor alone can read: type 0x10001 becomes 0x12001.
cp -r "$golden/packed" prepared
LC_ALL=C sed 's/\x01\x00\x01\x00\x00\x00\x00\x00/\x01\x20\x01\x00\x00\x00\x00\x00/g' \
  "$golden/packed/model.bin" >prepared/model.bin
expect 1 "$INGOT" translate -m prepared -i source
has err 'intgemm8avx512'
has err 'gemm-type intgemm8 or float32'
golden=$INGOT_SOURCE/tests/golden/marian_npz

# A vocabulary of Marian's own: tokens with ids, beside SentencePiece models.
mkdir listed
cp "$golden/tied/model.npz" listed
cp "$golden/tied/vocab.spm" listed/source.spm
cp "$golden/tied/vocab.spm" listed/target.spm
tr -d '\n {}' <tied/vocab.json | tr ',' '\n' | grep -v '"<pad>"' | sed 's/":/": /' >listed/vocab.yml
expect 0 "$INGOT" convert listed -o from_list
same from_list/vocab.json tied/vocab.json
# Without decoder.yml: Marian's own beam of 12.
has from_list/generation_config.json '"num_beams": 12'
echo '"broken: 3' >>listed/vocab.yml
expect 1 "$INGOT" convert listed -o broken
has err 'vocab.yml:'
has err 'quoted token'
rm listed/vocab.yml
expect 0 "$INGOT" convert listed -o ids_only
has err 'token ids only'

# Options of the file that are not built. It is stored, so that they can be written over.
refused() { # FROM TO MESSAGE
  rm -rf changed && mkdir changed
  LC_ALL=C sed "s/$1/$2/" "$golden/tied/model.npz" >changed/model.npz
  ! cmp -s changed/model.npz "$golden/tied/model.npz" || fail "'$1' is not in the file"
  expect 1 "$INGOT" convert changed -o x
  has err "$3"
  [ ! -e x ] && [ ! -e x.partial ] || fail "a refused conversion left something"
}
refused 'autoreg: self-attention' 'autoreg: aver-attention' "'aver-attention' is not built"
refused 'right-left: false' 'right-left: true ' "right-left: 'true' is not built"
refused 'postprocess: dan' 'postprocess: dar' "transformer-postprocess: 'dar' is not built"
refused 'type: transformer' 'type: nematusrnn1' "type: 'nematusrnn1' is not built"
refused 'activation: relu' 'activation: tanh' "transformer-ffn-activation: 'tanh' is not built"
refused 'enc-depth: 2' 'enc-depth: 1' 'tensor encoder_l2_'
refused 'enc-depth: 2' 'enc-depth: 3' 'tensor encoder_l3_self_Wq is missing'
refused 'dim-emb: 12' 'dim-emb: 14' 'dim-emb: 14, but tensor Wemb has 12 columns'
refused 'transformer-dim-ffn: 16' 'transformer-dim-ffn: 99' 'tensor encoder_l1_ffn_W1 has 16'
refused 'transformer-heads: 2' 'transformer-heads: 5' 'heads'
refused 'decoder_l1_context_bq' 'decoder_l1_context_bx' 'decoder_l1_context_bq is missing'
refused 'special:model.yml' 'special:model.yaa' 'special:model.yml is missing'

# A beam that no search has is refused where it is read.
mkdir wide
cp "$golden"/tied/* wide
sed -i '/beam-size/d' wide/decoder.yml
echo 'beam-size: 1000000' >>wide/decoder.yml
expect 1 "$INGOT" convert wide -o new
has err 'beam-size of its decoder.yml or config.yml: expected 1 to 1024, found 1000000'
