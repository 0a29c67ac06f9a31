#!/usr/bin/env bash
# Two models of different sizes decide together as PyTorch's mean of their probabilities under
# transformers' searches, whatever the batch, the threads and the instruction set.
. "$INGOT_SOURCE/tests/cli/common.bash"
golden=$INGOT_SOURCE/tests/golden/ensemble
one=$INGOT_SOURCE/tests/golden/marian_tiny other=$golden/other

together() { "$INGOT" translate -m "$one" -m "$other" -i "$one/source.ids" --ids --ids-in "$@"; }

# near FILE EXPECTED TOLERANCE FEWEST: numbers at the same places, none further than the tolerance;
# at least FEWEST of them.
near() {
  paste -d' ' "$1" "$2" | awk -v tolerance="$3" -v fewest="$4" '
    {
      n = NF / 2
      for (i = 1; i <= n; i++) {
        d = $i - $(i + n)
        if (d < 0) d = -d
        if (d > tolerance || $(i + n) == "") {
          print "line " NR ": " $i " instead of " $(i + n)
          exit 1
        }
      }
      checked += n
    }
    END { exit checked < fewest }' >differences || fail "$1 and $2 differ: $(cat differences)"
}

isas="reference"
for isa in avx2 avx512; do
  if IG_ISA=$isa "$INGOT" translate -m "$one" -i /dev/null --ids --ids-in >out 2>err; then
    isas="$isas $isa"; else echo "$isa: not run"; fi
done
for isa in $isas; do
  export IG_ISA=$isa
  while read -r name options; do
    for batch in "1 --threads 1" "40 --threads 2" "2048 --workers 2"; do
      # shellcheck disable=SC2086
      expect 0 together $options --beam-size 1 --max-length 32 --batch-tokens $batch
      same out "$golden/$name.greedy"
      # shellcheck disable=SC2086
      expect 0 together $options --beam-size 4 --n-best 3 --max-length 32 --batch-tokens $batch
      [ -e "$isa.$name.nbest" ] || cp out "$isa.$name.nbest"
      same out "$isa.$name.nbest"
      # shellcheck disable=SC2086
      expect 0 together $options --score-target "$golden/$name.greedy" --batch-tokens $batch
      [ -e "$isa.$name.log_probs" ] || cp out "$isa.$name.log_probs"
      same out "$isa.$name.log_probs"
    done
    cut -f2 "$isa.$name.nbest" >found
    cut -f2 "$golden/$name.nbest" >expected
    same found expected
    cut -f1 "$isa.$name.nbest" >found
    cut -f1 "$golden/$name.nbest" >expected
    near found expected 1e-5 72
    near "$isa.$name.log_probs" "$golden/$name.log_probs" 1e-5 100
    # shellcheck disable=SC2086
    expect 0 together $options --beam-size 3 --min-length 6 --max-length 9
    same out "$golden/$name.lengths"
  done <<'END'
arithmetic
geometric --ensemble geometric
arithmetic-1-4 --ensemble arithmetic --weights 1,4
geometric-3-1 --weights 0.75,.25 --ensemble geometric
END
done
unset IG_ISA

# Negative control: no two of the goldens are the same, nor either model's own.
for model in "$one" "$other"; do
  "$INGOT" translate -m "$model" -i "$one/source.ids" --ids --ids-in --max-length 32 \
    --beam-size 1 >"alone.$(basename "$model")"
done
for a in alone.* "$golden"/*.greedy; do
  for b in alone.* "$golden"/*.greedy; do
    [ "$a" = "$b" ] || ! cmp -s "$a" "$b" || fail "$a and $b agree: this golden proves nothing"
  done
done

# Twice the same model is that model, to the bit.
for beam in 1 4; do
  expect 0 "$INGOT" translate -m "$one" -i "$one/source.ids" --ids --ids-in --beam-size $beam \
    --n-best $beam
  cp out alone
  for options in "-m $one --ensemble geometric" "-m $other --weights 1,0" \
    "-m $other --weights 3,0 --ensemble geometric" "--ensemble geometric --weights 7"; do
    # shellcheck disable=SC2086
    expect 0 "$INGOT" translate -m "$one" $options -i "$one/source.ids" --ids \
      --ids-in --beam-size $beam --n-best $beam
    same out alone
  done
done
expect 0 together --stats stats.json
has stats.json '["'

# What does not go together.
for weights in 1 1,2,3 1,x 1, ,1 -1,2 0,0 nan,1 inf,1 1e999,1 "1 2" ""; do
  expect 2 together --weights "$weights"
  has err "--weights"
done
expect 2 together --ensemble harmonic
has err "arithmetic, geometric"
expect 1 together -m nowhere
has err nowhere
