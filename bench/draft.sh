#!/usr/bin/env bash
# Greedy translation of single sentences with a draft and without, in turns: the smallest seconds of
# several rounds, tokens a step, and whether the output is the same. Keep the machine quiet.
# Usage: draft.sh MODEL DRAFT SOURCE [--rounds N] [--ingot FILE] [-- OPTION ...]
#   OPTION ...: of ingot translate, for both, such as --threads 1 --type int8
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 3 ] || { sed -n 's/^# Usage: /usage: /p' "$0" >&2 && exit 2; }
model=$1 draft=$2 source=$3 rounds=5 ingot=$root/build/ingot options=(--threads 1)
shift 3
while [ $# -gt 0 ]; do
  case "$1" in
    --rounds) rounds=$2 && shift 2 ;;
    --ingot) ingot=$2 && shift 2 ;;
    --) shift && options=("$@") && break ;;
    *) echo "draft.sh: unknown option '$1'" >&2 && exit 2 ;;
  esac
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# run NAME [OPTION ...]: translates, and keeps the statistics with the fewest seconds.
run() {
  local name=$1
  shift
  "$ingot" translate -m "$model" -i "$source" -o "$work/$name.out" --stats "$work/stats" --quiet \
    --ids --split-sentences off --beam-size 1 --batch-tokens 1 "${options[@]}" "$@"
  if ! [ -e "$work/$name" ] ||
    awk "BEGIN { exit !($(number seconds "$work/stats") < $(number seconds "$work/$name")) }"; then
    cp "$work/stats" "$work/$name"
  fi
}
# number NAME FILE: of statistics.
number() { sed -nE "s/.*\"$1\": ([0-9.]+).*/\1/p" "$2"; }

draft_options=(--draft "$draft")
for ((i = 0; i < rounds; i++)); do
  run plain
  run draft "${draft_options[@]}"
done
cmp "$work/plain.out" "$work/draft.out"
value() { number "$1" "$work/$2"; }
awk -v plain="$(value seconds plain)" -v seconds="$(value seconds draft)" \
  -v tokens="$(value target_tokens draft)" -v steps="$(value draft_steps draft)" \
  -v drafted="$(value drafted_tokens draft)" -v accepted="$(value accepted_tokens draft)" 'BEGIN {
    printf "without   %.3f s, %.3f ms a token\n", plain, 1000 * plain / tokens
    printf "with      %.3f s, %.3f ms a token: %.2f times\n", seconds, 1000 * seconds / tokens,
           plain / seconds
    printf "drafted   %d tokens, %d accepted (%.1f %%)\n", drafted, accepted,
           drafted ? 100 * accepted / drafted : 0
    printf "steps     %d for %d tokens: %.2f a step\n", steps, tokens, tokens / steps
  }'
