#!/usr/bin/env bash
# Parts that are not trained, not decayed, or trained with rates of their own: what the log and
# --stats tell, the same bits after interruptions and with any number of threads, and what is
# refused.
. "$INGOT_SOURCE/tests/cli/common.bash"

# tensors FILE: a line "NAME HASH" for each tensor of a .safetensors file of float32.
tensors() {
  local size header
  size=$(od -An -tu8 -N8 "$1")
  header=$(head -c $((8 + size)) "$1" | tail -c +9)
  grep -oE '"[^"]+":\{[^}]*"data_offsets":\[[0-9]+,[0-9]+\]' <<<"$header" |
    sed -E 's/^"([^"]+)".*\[([0-9]+),([0-9]+)\]$/\1 \2 \3/' |
    while read -r name begin end; do
      echo "$name $(tail -c +$((9 + size + begin)) "$1" | head -c $((end - begin)) | cksum)"
    done | sort
}

toy first 20 'weight_decay: 0.1'
expect 0 "$INGOT" train toy.yml -q

# From that model on, with the embeddings and the encoder as they are. The table is the output
# layer's too.
cat >frozen.yml <<END
data: {train: {source: toy.src, target: toy.trg}, valid: {source: toy.src, target: toy.trg}}
model: {init: first/latest}
train:
  output: frozen
  batch_tokens: 160
  updates: 30
  learning_rate: 0.005
  clip_norm: 0.5
  weight_decay: 0.1
  optimizer: adamw
  no_decay: [biases, norms]
  layer_decay: 0.8
  save_every: 10
  validate_every: 15
  valid_sentences: 10
  freeze:
    - embeddings
    - encoder.layers.0
END
expect 0 "$INGOT" train frozen.yml --stats stats.json
has err 'parameters stay as they are: embeddings, encoder.layers.0'
has err 'train.freeze: model.shared.weight is also of head, and frozen there too'
has err 'train.no_decay: '
has err 'train.layer_decay: the learning rate is times 0.64 in the lowest part that is trained'
frozen=$(sed -nE 's/.*"frozen_parameters": ?([0-9]+).*/\1/p' stats.json)
all=$(sed -nE 's/.*"parameters": ?([0-9]+).*/\1/p' stats.json | head -n 1)
has err "train.freeze: $frozen of "
[ "$frozen" -gt 0 ] && [ "$frozen" -lt "$all" ] || fail "$frozen of $all parameters are frozen"
tensors first/latest/model.safetensors >before
for model in latest best; do
  tensors frozen/$model/model.safetensors >after
  kept=$(comm -12 before after | cut -d' ' -f1)
  [ "$(grep -cE 'shared|encoder\.layers' <<<"$kept")" -eq 17 ] || fail "$model: kept $kept"
  ! grep -qE 'decoder\.layers|decoder.*norm' <<<"$kept" || fail "$model: $kept is not trained"
done

# In parts, and with one thread: the same bytes.
for output in parts one; do
  sed "s/output: frozen/output: $output/" frozen.yml >$output.yml
done
for part in 1 2 3 4; do
  expect 0 "$INGOT" train parts.yml -q --set train.max_seconds=0.000001
done
expect 0 "$INGOT" train parts.yml -q
expect 0 "$INGOT" train one.yml -q --threads 1
for output in parts one; do
  same frozen/latest/model.safetensors $output/latest/model.safetensors
done

# Another value of a key is another run.
for key in 'freeze=embeddings' 'layer_decay=0.9' 'no_decay=norms' 'layer_decay=1'; do
  expect 1 "$INGOT" train frozen.yml --set "train.$key" --set train.updates=40
  has err "train.${key%=*} is "
  has err 'another run'
done

# Norms are no reason to keep silent about ties.
expect 0 "$INGOT" train toy.yml --set train.output=norms --set train.updates=2 \
  --set 'train.freeze=[decoder.embeddings, norms]'
has err 'model.shared.weight is also of encoder.embeddings, head, and frozen there too'
! grep -q 'norm.* is also of' err || fail 'a norm is told as tied'

# refused MESSAGE KEY=VALUE...: the start fails, with the place, and leaves nothing.
refused() {
  local message=$1 keys=()
  shift
  for key; do keys+=(--set "train.$key"); done
  expect 1 "$INGOT" train toy.yml --set train.output=x "${keys[@]}"
  has err "$message"
  [ ! -e x ] || fail "a start that failed left something"
}
refused "train.freeze: the model has nothing of the name 'embedding'; what it has: embeddings, \
encoder, encoder.embeddings, encoder.layers (.0 to .0), decoder, decoder.embeddings, \
decoder.layers (.0 to .0), head, biases, norms" freeze=embedding
refused "nothing of the name 'encoder.norm'" freeze=encoder.norm
refused "'encoder.layers.0-3': the model has the layers 0 to 0 there" freeze=encoder.layers.0-3
refused "'encoder.layers.-1': expected the number of a layer" freeze=encoder.layers.-1
refused "'decoder.layers.3-1': expected the number" freeze=decoder.layers.3-1
refused 'train.freeze: nothing is left to train' 'freeze=[encoder, decoder]'
refused "train.no_decay: the model has nothing of the name 'all'" no_decay=all
refused 'weight_decay is 0' no_decay=norms weight_decay=0
refused 'train.layer_decay: expected a number above 0 and at most 1, found 0' layer_decay=0
refused 'found 1.5' layer_decay=1.5
refused "did you mean 'train.layer_decay'" llrd=0.8
sed 's/^train:/train:\n  freeze: [heads]/' toy.yml >line.yml
expect 1 "$INGOT" train line.yml --set train.output=x
has err 'line.yml:8: train.freeze: '
expect 1 "$INGOT" train frozen.yml --set train.output=x --set train.freeze=encoder.layers.7
has err "train.freeze: 'encoder.layers.7': the model has the layers 0 to 0 there"

# Layers that share weights have no rates of their own, and are frozen together.
mkdir albert
cp "$INGOT_SOURCE"/tests/golden/encoders/albert_none/{config.json,model.safetensors} albert
printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' the tower is green what '?' . u{1..28} |
  sed -n 1,40p >albert/vocab.txt
cat >squad.json <<'END'
{"data": [{"paragraphs": [{"context": "the tower is green .", "qas": [
 {"id": "a", "question": "what is green ?",
  "answers": [{"text": "the tower", "answer_start": 0}]}]}]}]}
END
cat >albert.yml <<'END'
data: {train: {squad: squad.json}, max_length: 16, stride: 2}
model: {init: albert}
train: {output: shared, updates: 2}
END
expect 1 "$INGOT" train albert.yml --set train.layer_decay=0.8
has err "albert.yml"
has err "train.layer_decay: the model's 3 layers share the weights of 2"
expect 1 "$INGOT" train albert.yml --set train.freeze=decoder
has err "nothing of the name 'decoder'; what it has: embeddings, encoder, encoder.embeddings, \
encoder.layers (.0 to .2), head, biases, norms"
expect 0 "$INGOT" train albert.yml --set train.freeze=encoder.layers.1
has err '3 layers share the weights of 2'
tensors albert/model.safetensors >before
tensors shared/latest/model.safetensors | sed 's/^albert\.//' | sort >after
comm -12 before after >kept
has kept 'albert_layer_groups.0'
! grep -q 'albert_layer_groups.1' kept || fail 'layer 2 is not trained'
