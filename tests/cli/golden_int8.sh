#!/usr/bin/env bash
# --type int8 on every family: the log-probabilities of transformers with linear layers in int8, and
# the same bits whatever the batch and the threads.
. "$INGOT_SOURCE/tests/cli/golden.bash"
export INGOT_ISAS=${INGOT_ISAS:-avx2 avx_vnni avx512 avx512_vnni}
goldens=$INGOT_SOURCE/tests/golden

# near GOLDEN: nine of ten numbers of ./out differ from it by 1e-4 at most. A last bit of a norm may
# turn the rounding of a value, which moves the tokens of that sentence, but not by 0.05.
near() {
  paste -d' ' out "$1" | awk '
    {
      n = NF / 2
      for (i = 1; i <= n; i++) {
        d = $i - $(i + n)
        if (d < 0) d = -d
        if (d > 0.05) { print "line " NR ": " $i " " $(i + n); exit 1 }
        if (d > 1e-4) turned++
        checked++
      }
    }
    END { if (checked < 200 || turned > checked / 10) { print turned " of " checked; exit 1 } }' \
    >differences
}

for family in bart m2m_100 marian mbart mt5 pegasus t5 t5_v1_1 umt5; do
  tiny=$goldens/${family}_tiny
  for isa in $(golden_isas "$tiny"); do
    export IG_ISA=$isa
    golden_score "$tiny" "$tiny" --type int8
    near "$goldens/int8/$family.txt" || fail "$family, $isa: $(cat differences)"
    for run in golden_score golden_search; do
      $run "$tiny" "$tiny" --type int8
      cp out first
      $run "$tiny" "$tiny" --type int8 --batch-tokens 1 --threads 1
      same out first
      $run "$tiny" "$tiny" --type int8 --batch-tokens 40 --threads 2
      same out first
    done
  done
  # Negative control: other weights are seen.
  golden_score "$tiny" "$tiny" --type fp32
  ! near "$goldens/int8/$family.txt" || fail "$family: fp32 has the log-probabilities of int8"
  unset IG_ISA
done

expect 2 "$INGOT" translate -m "$tiny" -i /dev/null --type int4
has err int8
exit 0
