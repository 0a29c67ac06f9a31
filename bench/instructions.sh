#!/usr/bin/env bash
# Counts the instructions of small translations (fp32 and int8) and of small training steps
# (callgrind, one thread, AVX2 kernels), ours alone, no library's, and compares them with
# bench/results/instructions.csv: more than TOLERANCE percent above is an error. A count, not a
# time: the same on a busy machine.
# Usage: instructions.sh [--update | --plant] [--against FILE] [--counts FILE] [INGOT]
#   --update   writes what was counted to the file instead
#   --plant    one sentence and one update more than the file knows: must fail, and is the negative
# control
#   --counts   takes counts from a file instead of counting
# Exit code 77: not run, because valgrind or AVX2 is missing or another compiler built the command.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
tolerance=3 against=$root/bench/results/instructions.csv counts="" update=0 lines=5 updates=3
while [ $# -gt 0 ]; do
  case "$1" in
    --update) update=1 ;;
    --plant) lines=$((lines + 1)) updates=$((updates + 1)) ;;
    --against) against=$2 && shift ;;
    --counts) counts=$2 && shift ;;
    -*) echo "instructions: unknown option '$1'" >&2 && exit 2 ;;
    *) break ;;
  esac
  shift
done
ingot=${1:-$root/build/ingot}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

not_run() { echo "instructions: not run: $*" && exit 77; }

# count WHAT COMMAND...: appends "what,isa,compiler,instructions".
count() {
  local what=$1 sum
  shift
  IG_ISA=avx2 valgrind --tool=callgrind --callgrind-out-file="$work/$what.out" \
    "$@" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
  sum=$(awk -v object="$(basename "$ingot")" -f "$root/bench/callgrind_sum.awk" "$work/$what.out")
  echo "$what,avx2,$compiler,$sum" >>"$work/counts.csv"
}

count_all() {
  compiler=$(readelf -p .comment "$ingot" |
    grep -oE 'GCC: .* [0-9]+\.[0-9]+\.[0-9]+|clang version [0-9.]+' |
    sed -E 's/GCC: .* ([0-9]+)\..*/gcc \1/; s/clang version ([0-9]+).*/clang \1/' | sort -u |
    head -n 1)
  if [ "$update" = 0 ] && ! grep -q ",$compiler," "$against"; then not_run \
    "built by $compiler; $against holds other compilers' counts"; fi
  head -n "$lines" "$root/examples/sample.en" >"$work/source"
  cat >"$work/train.yml" <<YML
data:
  train: {source: $root/examples/sample.en, target: $root/examples/sample.de}
  tokens: whitespace
model: {family: marian, d_model: 64, encoder_layers: 2, decoder_layers: 2,
        encoder_attention_heads: 4, decoder_attention_heads: 4,
        encoder_ffn_dim: 128, decoder_ffn_dim: 128, dropout: 0.1}
train: {output: $work/run, seed: 1, batch_tokens: 256, updates: $updates, learning_rate: 0.001,
        label_smoothing: 0.1, clip_norm: 1.0, save_every: 0}
YML
  local translate=("$ingot" translate -m "$root/models/en-de" -i "$work/source"
    -o "$work/translation" --threads 1)
  for beam in 1 4; do
    count "translate-beam-$beam" "${translate[@]}" --beam-size $beam
  done
  count translate-int8 "${translate[@]}" --beam-size 1 --type int8
  count train "$ingot" train "$work/train.yml" --threads 1 --quiet
}

if [ -n "$counts" ]; then
  cp "$counts" "$work/counts.csv"
else
  command -v valgrind >/dev/null || not_run "valgrind is not installed"
  grep -qw avx2 /proc/cpuinfo 2>/dev/null || not_run "this CPU lacks AVX2"
  count_all
fi
if [ "$update" = 1 ]; then
  { echo "what,isa,compiler,instructions" && cat "$work/counts.csv"; } >"$against"
  cat "$against"
  exit 0
fi

# Every line of the file against its count.
if awk -F, -v tolerance="$tolerance" '
  FNR == NR { counted[$1 "," $2 "," $3] = $4; next }
  FNR == 1 { next }
  {
    key = $1 "," $2 "," $3
    if (!(key in counted)) { print "instructions: " key ": not counted"; bad = 1; next }
    change = 100 * (counted[key] / $4 - 1)
    verdict = "fine"
    if (change > tolerance) verdict = "TOO MANY"
    if (change < -tolerance) verdict = "fewer: commit them with --update"
    if (change > tolerance) bad = 1
    printf "instructions: %-18s %14d, committed %14d: %+.1f%%  %s\n",
      $1, counted[key], $4, change, verdict
  }
  END { exit bad }' "$work/counts.csv" "$against"; then
  exit 0
fi
for out in "$work"/*.out; do
  if [ -e "$out" ]; then echo "-- most instructions: $(basename "$out" .out)" &&
    callgrind_annotate "$out" | grep -F "$(basename "$ingot")" | head -n 12; fi
done
echo "instructions: where this is meant, commit the new counts: bench/instructions.sh --update"
exit 1
