#!/usr/bin/env bash
# ingot bench: every group of figures, in every format (what the figures are is the machine's
# affair); and the scripts that score benchmarks.
. "$INGOT_SOURCE/tests/cli/common.bash"
model=$INGOT_SOURCE/tests/golden/marian_tiny

# The machine alone: arithmetic of each instruction set in fp32, bf16 and int8, then two bandwidths.
# All are above 0.
expect 0 "$INGOT" bench --threads 1 --csv
headings=version,cpu,isa,type,threads,model,group,name,m,n,k,value,unit,share_of_peak
[ "$(head -n 1 out)" = "$headings" ] || fail "other headings"
for type in fp32 bf16 int8; do has out ",reference,$type,1,\"\",machine,\"arithmetic\",0,0,0,"; done
[ "$(grep -c ',GFLOP/s,$' out)" -eq $((2 * $(grep -c ',GOP/s,$' out))) ] ||
  fail "peaks without bf16's or int8's"
[ "$(grep -c ',GB/s,$' out)" -eq 2 ] || fail "not two bandwidths"
awk -F, 'NR > 1 && $(NF - 2) <= 0 { exit 1 }' out || fail "a figure that is not above 0"

# With a model: all groups, in this order, and shares of the peak for what multiplies.
expect 0 "$INGOT" bench -m "$model" --sentences 4 --length 6 --repeat 1 --threads 2 --csv --only run
[ "$(grep -c ',run,' out)" -eq 5 ] || fail "not five figures of runs"
for type in fp32 bf16; do has out ",$type,2,\"$model\",run,\"training step, 4 sentences\""; done
for group in product layer; do
  expect 0 "$INGOT" bench -m "$model" --repeat 1 --threads 2 --csv --only $group
  awk -F, -v group=$group 'NR > 1 && index($0, "," group ",") == 0 { exit 1 }' out ||
    fail "figures of other groups than $group"
  grep -q ',[0-9.e+-]*,GFLOP/s,[0-9.]*$\|,ms,[0-9.]*$' out ||
    fail "no shares of the peak among $group"
  ! grep -q ',int8,\|,GOP/s,' out || fail "int8 among $group, unasked"
done

# --type int8: what decodes, and nothing of training.
expect 0 "$INGOT" bench -m "$model" --repeat 1 --threads 2 --csv --only product --type int8
grep -q ',int8,2,.*"output layer, packed, 32 rows",.*,GOP/s,[0-9.]*$' out ||
  fail "no shares in int8"
awk -F, 'NR > 1 && (/packed/ ? $4 != "int8" : $4 != "fp32") { exit 1 }' out ||
  fail "products of another type"
expect 0 "$INGOT" bench -m "$model" --sentences 4 --length 6 --repeat 1 --csv --only run --type int8
[ "$(grep -c ',int8,.*,run,' out)" -eq 3 ] || fail "not three figures of runs in int8"
grep -q ',fp32,.*,run,"training step, 4 sentences"' out || fail "a training step of another type"

# A directory in int8 is decoded as it is, unless another type is asked for.
expect 0 "$INGOT" optimize "$model" -o int8 --quiet
expect 0 "$INGOT" bench -m int8 --repeat 1 --csv --only product
grep -q ',int8,' out || fail "a directory in int8 is not decoded in int8"
expect 0 "$INGOT" bench -m int8 --repeat 1 --csv --only product --type fp32
! grep -q ',int8,.*,product,' out || fail "int8 in place of fp32"

expect 0 "$INGOT" bench -m "$model" --sentences 4 --length 6 --repeat 1 --only run --json
has out '"group": "run", "name": "loading"'
has out '"unit": "tokens/s"'
has out '"type": "fp32"'
[ "$(tail -n 1 out)" = "]}" ] || fail "an object without an end"
expect 0 "$INGOT" bench -m "$model" --sentences 4 --length 6 --repeat 1 --only run
has out "of the peak"

expect 2 "$INGOT" bench --csv --json
expect 2 "$INGOT" bench --only layer
has err "needs a model"
expect 2 "$INGOT" bench --only kernels
# Options that would have no effect.
for option in --beam-size --sentences --workers --batch-tokens --length; do
  expect 2 "$INGOT" bench $option 2
  has err "$option has no effect on the machine alone"
done
expect 2 "$INGOT" bench -m "$model" --only machine --type int8
has err "--type has no effect on the machine alone"
expect 2 "$INGOT" bench -m "$model" --only layer --beam-size 4
has err "--beam-size has no effect on products and layers"
expect 2 "$INGOT" bench --type int7
expect 1 "$INGOT" bench -m nowhere

# Curves of seconds: a row for each point and type. What is known is not measured again, and a point
# that is missing is. A model has one vocabulary.
if command -v python3 >/dev/null; then
  curves() {
    python3 "$INGOT_SOURCE/bench/curves.py" "$INGOT" curves.csv --curves beam,vocabulary \
      --model "$model" --sentences 2 --length 4 --threads 1 --repeat 1 2>said
  }
  curves || fail "curves.py: $(cat said)"
  has said "--model has one vocabulary"
  cp curves.csv whole
  [ "$(grep -c ',beam,int8,1,2,4,[0-9]*,' curves.csv)" -eq 5 ] || fail "not five beams in int8"
  curves && same curves.csv whole
  sed -i '/,beam,fp32,1,2,4,8,/d' curves.csv
  curves || fail "curves.py: $(cat said)"
  [ "$(wc -l <curves.csv)" -eq 11 ] || fail "a missing point was not measured"
fi
expect 0 "$INGOT" bench -m "$model" --repeat 1 --threads 2 --csv --only product --type bf16
awk -F, 'NR > 1 && (/packed/ ? $4 != "bf16" : $4 != "fp32") { exit 1 }' out ||
  fail "products of another type than bf16"

# The published Multi30k score: BPE removed on both sides, at the ends of lines too, case and tokens
# left as they are.
printf 'ein mann@@ s hund , im sch@@\nzwei hunde . A B\n' >hypothesis
printf 'ein manns hund , im sch\nzwei h@@ unde . a b\n' >reference
expect 0 bash "$INGOT_SOURCE/bench/multi30k/score.sh" hypothesis reference "$INGOT"
cp out published
printf 'ein manns hund , im sch\nzwei hunde . A B\n' >hypothesis
printf 'ein manns hund , im sch\nzwei hunde . a b\n' >reference
expect 0 "$INGOT" score bleu --reference reference --hypothesis hypothesis --tokenize none
same out published
has out 'hyp_len = 11'

# Committed results have a value for each name of their heading: commas within quotes do not count.
ragged() {
  awk '{ gsub(/"[^"]*"/, ""); n = gsub(/,/, "") }
    FNR == 1 { columns = n }
    n != columns { print FILENAME ":" FNR }' "$@"
}
printf 'a,b\n"1,2",3\n1,2,3\n' >planted.csv
[ "$(ragged planted.csv)" = planted.csv:3 ] || fail "a row too long was not reported"
rows=$(ragged "$INGOT_SOURCE"/bench/results/*.csv "$INGOT_SOURCE"/bench/results/*/*.csv)
[ -z "$rows" ] || fail "columns without a name: $rows"
