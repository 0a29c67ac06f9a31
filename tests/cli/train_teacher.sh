#!/usr/bin/env bash
# train.teacher: a student learns what its teacher knows even where the references are wrong, from
# one teacher or from several; the same bytes after interruptions, with any number of threads and
# in bfloat16; what is told, and what is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"

# A teacher of another size than the student, another one, and a start for students that has not
# learned anything.
toy first 1000
expect 0 "$INGOT" train toy.yml -q --set model.d_model=64
toy second 100
expect 0 "$INGOT" train toy.yml -q --set model.encoder_layers=2
toy start 1
expect 0 "$INGOT" train toy.yml -q

# References of the right length whose digits have nothing to do with the source.
reversed toy.src >toy.right
digits 2000 99 random.trg
paste -d'|' toy.right random.trg | awk -F'|' '{
  n = split($1, right, " "); m = split($2, wrong, " "); line = ""
  for (i = 1; i <= n; i++) line = line (i > 1 ? " " : "") wrong[(i - 1) % m + 1]
  print line }' >toy.wrong

# student OUTPUT UPDATES [LINE...]: writes student.yml.
student() {
  local output=$1 updates=$2 line
  shift 2
  cat >student.yml <<END
data: {train: {source: toy.src, target: toy.wrong}}
model: {init: start/latest, dropout: 0.1}
train:
  output: $output
  updates: $updates
  batch_tokens: 160
  learning_rate: 0.005
  schedule: inverse_sqrt
  warmup: 50
END
  for line in "$@"; do echo "  $line" >>student.yml; done
}
# bleu MODEL: of the right translations.
head -n 200 toy.src >few.src
head -n 200 toy.right >few.right
bleu() {
  "$INGOT" translate -q -m "$1" -i few.src -o few.out &&
    "$INGOT" score bleu --tokenize none --hypothesis few.out --reference few.right |
    sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'
}
above() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }

# Without a share of the loss a teacher teaches nothing, and the wrong references teach nothing
# right. With all of it the references count only as what the next token is asked after.
student without 600 'teacher: first/latest' 'teacher_share: 0'
expect 0 "$INGOT" train student.yml -q
student taught 800 'teacher: first/latest'
expect 0 "$INGOT" train student.yml --set model.dropout=0
has err '1 teacher, '
has err 'share 1 of the loss, temperature 1'
has err ', KL divergence '
without=$(bleu without/latest) taught=$(bleu taught/latest)
above 5 "$without" || fail "$without BLEU of wrong references"
above "$taught" 60 || fail "$taught BLEU of a teacher"
divergences=$(grep -oE '"kl_divergence":[0-9.e-]+' taught/metrics.jsonl | cut -d: -f2)
[ "$(wc -l <<<"$divergences")" -eq 8 ] || fail "not every line of metrics has a divergence"
awk 'NR == 1 { first = $1 } { last = $1 } END { exit !(last < first / 3) }' <<<"$divergences" ||
  fail "the divergence does not fall: $divergences"
! grep -q kl_divergence start/metrics.jsonl || fail "a divergence without a teacher"

# Several teachers, with all keys: in parts, with one thread and accumulated, the same bytes.
keys=('accumulate: 2' 'log_every: 7' 'label_smoothing: 0.1' 'teacher_share: 0.9'
  'teacher_temperature: 2' 'teacher_top_k: 4'
  'teacher: [first/latest, {model: second/latest, weight: 0.5}]')
student whole 30 "${keys[@]}"
expect 0 "$INGOT" train student.yml --threads 2
has err '2 teachers, '
has err 'share 0.9 of the loss, temperature 2, the 4 most likely tokens'
student parts 30 "${keys[@]}"
for part in 1 2 3 4; do
  expect 0 "$INGOT" train student.yml -q --set train.max_seconds=0.000001 --threads $part
done
expect 0 "$INGOT" train student.yml -q
student one 30 "${keys[@]}"
expect 0 "$INGOT" train student.yml -q --threads 1
for output in parts one; do
  same whole/latest/model.safetensors $output/latest/model.safetensors
done
for output in whole one; do
  sed -E 's/,"(target_tokens_per_second|seconds)":[^,}]*//g' $output/metrics.jsonl >$output.lines
done
same whole.lines one.lines

# In bfloat16 the teachers still compute in float32, and the bytes are the same for any threads.
for threads in 1 2; do
  student bf16_$threads 10 'compute: bfloat16' 'teacher: first/latest'
  expect 0 "$INGOT" train student.yml -q --threads $threads
done
same bf16_1/latest/model.safetensors bf16_2/latest/model.safetensors

# Another teaching is another run, and so is a teacher that has changed.
student whole 30 "${keys[@]}"
for key in teacher=second/latest teacher_share=0.5 teacher_temperature=1 teacher_top_k=0 \
  'teacher=[first/latest, {model: second/latest, weight: 0.6}]'; do
  expect 1 "$INGOT" train student.yml --set "train.$key" --set train.updates=40
  has err "train.${key%%=*}"
  has err 'another run'
done
expect 1 "$INGOT" train student.yml --set train.updates=40 --set train.teacher='~' \
  --set train.teacher_share='~' --set train.teacher_temperature='~' --set train.teacher_top_k='~'
has err 'nothing now'
cp second/latest/model.safetensors kept
cp start/latest/model.safetensors second/latest/model.safetensors
cp second/latest/config.json config
cp start/latest/config.json second/latest/config.json
expect 1 "$INGOT" train student.yml --set train.updates=40
has err "a teacher's configuration or weights are no longer what they were (student.yml:"
cp kept second/latest/model.safetensors
cp config second/latest/config.json
expect 0 "$INGOT" train student.yml -q --set train.updates=31

# refused MESSAGE [ASSIGNMENT...]: the start fails and leaves nothing.
refused() {
  local message=$1 keys=()
  shift
  for key; do keys+=(--set "$key"); done
  expect 1 "$INGOT" train toy.yml --set train.output=x "${keys[@]}"
  has err "$message"
  [ ! -e x ] || fail "a start that failed left something"
}
refused "train.techer: unknown key; did you mean 'teacher'?" train.techer=first/latest
refused "train.teacher.modle: unknown key; did you mean 'model'?" \
  'train.teacher={modle: first/latest}'
refused 'train.teacher_share: expected a number from 0 to 1, found 2' \
  train.teacher=first/latest train.teacher_share=2
refused 'train.teacher_temperature: expected a number from 0.01 to 100, found 0' \
  train.teacher=first/latest train.teacher_temperature=0
refused 'train.teacher_top_k: there is no teacher' train.teacher_top_k=4
refused 'train.teacher_top_k: expected at most the 13 tokens of the vocabulary, found 14' \
  train.teacher=first/latest train.teacher_top_k=14
refused 'train.teacher: expected at least one model' 'train.teacher=[]'
refused 'train.teacher: expected a model directory, or a map of model and weight' \
  'train.teacher={weight: 1}'
refused 'train.teacher[0].weight: expected a finite number from 0 on, found -1' \
  'train.teacher=[{model: first/latest, weight: -1}]'
refused 'train.teacher: expected weights with a finite sum above 0, found 0' \
  'train.teacher={model: first/latest, weight: 0}'
refused 'train.teacher: nowhere/config.json: cannot open' train.teacher=nowhere
refused "train.teacher: first/latest: source id 3 is '3', but in x it is '4': a teacher needs the \
vocabulary of the model that learns" train.teacher=first/latest data.train.source=toy.wrong
refused 'first/latest: this teacher has 512 positions, but data.max_length is 600' \
  train.teacher=first/latest model.max_position_embeddings=1024 data.max_length=600

# An encoder has no next token, and teaches none.
cat >text.yml <<'END'
data: {train: {text: toy.src}}
model: {family: bert, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2,
        intermediate_size: 32}
train: {output: x, updates: 2, teacher: first/latest}
END
expect 1 "$INGOT" train text.yml
has err 'text.yml:4: train.teacher: learning from a teacher is built for models with a decoder'
