# Shared by tests/cli/golden_*.sh: a directory of tests/golden with a random model of a family and
# what transformers gives for source.ids: greedy.ids, beam4.ids, and log_probs.txt for the tokens of
# greedy.ids.
. "$INGOT_SOURCE/tests/cli/common.bash"

# golden_isas DIR: the reference and the instruction sets of this machine (of $INGOT_ISAS alone).
# The others are named.
golden_isas() {
  local isa
  echo reference
  for isa in ${INGOT_ISAS:-avx2 avx512}; do
    if IG_ISA=$isa "$INGOT" translate -m "$1" -i /dev/null --ids --ids-in >out 2>err; then
      echo $isa; else echo "$isa: not run" >&2; fi
  done
}

# golden_score DIR MODEL OPTION...: log-probabilities of the greedy translations of DIR.
golden_score() {
  local directory=$1 model=$2
  shift 2
  expect 0 "$INGOT" translate -m "$model" -i "$directory/source.ids" --ids --ids-in \
    --score-target "$directory/greedy.ids" "$@"
}

# golden_search DIR MODEL OPTION...: translations and the log-probabilities of their tokens.
golden_search() {
  local directory=$1 model=$2
  shift 2
  expect 0 "$INGOT" translate -m "$model" -i "$directory/source.ids" --ids --ids-in \
    --max-length 32 --beam-size 4 --scores tokens "$@"
}

# golden_agrees DIR [MODEL]: with IG_ISA's instruction set the tokens are the same and the
# log-probabilities within 1e-4, whatever the batch and the threads. MODEL: DIR, if it is not given.
golden_agrees() {
  local batch threads run model=${2:-$1}
  for batch in 1 40 2048; do
    for threads in 1 2; do
      run=("$INGOT" translate -m "$model" -i "$1/source.ids" --ids --ids-in
        --batch-tokens $batch --threads $threads)
      expect 0 "${run[@]}" --max-length 32 --beam-size 1
      same out "$1/greedy.ids"
      expect 0 "${run[@]}" --max-length 32 --beam-size 4
      same out "$1/beam4.ids"
      expect 0 "${run[@]}" --score-target "$1/greedy.ids"
      [ -e "scores.$IG_ISA" ] || cp out "scores.$IG_ISA"
      same out "scores.$IG_ISA"
    done
  done
  paste -d' ' out "$1/log_probs.txt" | awk '
    {
      n = NF / 2
      for (i = 1; i <= n; i++) {
        d = $i - $(i + n)
        if (d < 0) d = -d
        if (d > 1e-4) {
          print "line " NR ": " $i " " $(i + n)
          exit 1
        }
      }
      checked += n
    }
    END { exit checked < 200 }' >differences || fail "log-probabilities: $(cat differences)"
}
