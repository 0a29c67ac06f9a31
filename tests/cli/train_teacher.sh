#!/usr/bin/env bash
# train.teacher: a student learns what its teachers know, from the first of them alone and from an
# ensemble; the same bytes after interruptions, with any number of threads and in bfloat16; what is
# told, and what is refused.
. "$INGOT_SOURCE/tests/cli/common.bash"

# Two teachers of other sizes than the student, and of other families than one another.
toy first 400
expect 0 "$INGOT" train toy.yml -q --set model.d_model=64
toy second 250 'label_smoothing: 0.1'
expect 0 "$INGOT" train toy.yml -q --set train.seed=4 --set model.encoder_layers=2

# student OUTPUT UPDATES [LINE...]: writes student.yml. The references are of no use: rows of digits
# that have nothing to do with the sources, of the same lengths.
reversed toy.src >toy.right
digits 2000 99 random.trg
paste -d'|' toy.right random.trg | awk -F'|' '{
  n = split($1, right, " "); split($2, wrong, " "); line = ""
  for (i = 1; i <= n; i++) line = line (i > 1 ? " " : "") (i <= length(wrong) ? wrong[i] : right[i])
  print line }' >toy.wrong
student() {
  toy "$@"
  cp toy.yml student.yml
}

# From references that are right a student learns the same faster; its divergence falls.
student taught 120 'log_every: 20' 'teacher: first/latest'
expect 0 "$INGOT" train student.yml --stats stats.json
has err '1 teacher, '
has err 'share 1 of the loss, temperature 1'
has err ', divergence '
divergences=$(grep -oE '"divergence":[0-9.e-]+' taught/metrics.jsonl | cut -d: -f2)
[ "$(wc -l <<<"$divergences")" -eq 6 ] || fail "not every line of metrics has a divergence"
awk 'NR == 1 { first = $1 } { last = $1 } END { exit !(last < first / 3) }' <<<"$divergences" ||
  fail "the divergence does not fall: $divergences"

# bleu MODEL: of the first lines.
head -n 200 toy.src >few.src
head -n 200 toy.right >few.right
bleu() {
  "$INGOT" translate -q -m "$1" -i few.src -o few.out &&
    "$INGOT" score bleu --tokenize none --hypothesis few.out --reference few.right |
    sed -E 's/^BLEU[^=]*= ([0-9.]+) .*/\1/'
}
above() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }
