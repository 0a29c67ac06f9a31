#!/usr/bin/env bash
# --type bf16 on every family: the log-probabilities of transformers with rounded weights, the same
# bits whatever the batch and the threads, and those of fp32 where the file holds bfloat16.
. "$INGOT_SOURCE/tests/cli/golden.bash"
goldens=$INGOT_SOURCE/tests/golden

# near GOLDEN: the numbers of ./out differ from it by 1e-4 at most.
near() {
  paste -d' ' out "$1" | awk '
    {
      n = NF / 2
      for (i = 1; i <= n; i++) {
        d = $i - $(i + n)
        if (d > 1e-4 || d < -1e-4) { print "line " NR ": " $i " " $(i + n); exit 1 }
      }
      checked += n
    }
    END { exit checked < 200 }' >differences
}

# check_family ISA FAMILY: on one instruction set.
check_family() {
  local isa=$1 family=$2 run
  golden_score "$tiny" "$tiny" --type bf16
  near "$goldens/bf16/$family.txt" || fail "$family, $isa: $(cat differences)"
  for run in golden_score golden_search; do
    $run "$tiny" "$tiny" --type bf16
    cp out first
    $run "$tiny" "$tiny" --type bf16 --batch-tokens 1 --threads 1
    same out first
    $run "$tiny" "$tiny" --type bf16 --batch-tokens 40 --threads 2
    same out first
    $run "$tiny" half --type fp32
    cp out exact
    $run "$tiny" half --type bf16
    same out exact
  done
}

for family in bart m2m_100 marian mbart mt5 pegasus t5 t5_v1_1 umt5; do
  tiny=$goldens/${family}_tiny
  expect 0 "$INGOT" convert "$tiny" -o half --type bfloat16
  for isa in $(golden_isas "$tiny"); do
    export IG_ISA=$isa
    check_family "$isa" "$family"
  done
  rm -rf half
  # Negative control: weights that are not rounded are seen.
  golden_score "$tiny" "$tiny" --type fp32
  ! near "$goldens/bf16/$family.txt" || fail "$family: fp32 has the log-probabilities of bf16"
  unset IG_ISA
done

expect 2 "$INGOT" translate -m "$tiny" -i /dev/null --type bf17
has err bf16
exit 0
