#!/usr/bin/env bash
# Paragraphs of five sentences a line, beside the same sentences in lines of their own: the words of
# both translations, and their BLEU against the references joined. Fails if a paragraph has less
# than 95% of the words, or its BLEU is more than 0.5 away.
# Usage: paragraphs.sh [PARAGRAPHS [SOURCE REFERENCE]]
#   default: 4 paragraphs of examples/sample.en and .de. Of a longer text, sentences are taken from
#   lines spread evenly over it, those only that end in . ! or ? as their references do.
# INGOT: the command, default build/ingot; MODEL: default models/en-de; OPTIONS: of translate.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ingot=${INGOT:-$root/build/ingot} model=${MODEL:-$root/models/en-de} options=${OPTIONS:-}
paragraphs=${1:-4} source=${2:-$root/examples/sample.en} reference=${3:-$root/examples/sample.de}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

paste "$source" "$reference" | awk -F'\t' '$1 ~ /[.!?]$/ && $2 ~ /[.!?]$/' >"$work/all"
awk -v wanted=$((5 * paragraphs)) -v all="$(wc -l <"$work/all")" '
  int(NR * wanted / all) > int((NR - 1) * wanted / all)' "$work/all" >"$work/pairs"
cut -f 1 "$work/pairs" >"$work/sentences.src"
cut -f 2 "$work/pairs" >"$work/sentences.ref"
join_five() { paste -d ' ' - - - - - <"$1"; }
join_five "$work/sentences.src" >"$work/paragraphs.src"
join_five "$work/sentences.ref" >"$work/paragraphs.ref"
[ "$(wc -l <"$work/paragraphs.src")" -eq "$paragraphs" ] ||
  { echo "paragraphs: $source has too few sentences for $paragraphs paragraphs" >&2 && exit 1; }

translate() {
  # shellcheck disable=SC2086
  "$ingot" translate -m "$model" -i "$work/$1.src" -o "$work/$2" --quiet $options "${@:3}"
}
translate sentences sentences.out --split-sentences off
join_five "$work/sentences.out" >"$work/joined.out"
translate paragraphs whole.out --split-sentences off
translate paragraphs paragraphs.out

report() {
  local bleu
  bleu=$("$ingot" score bleu -r "$work/paragraphs.ref" -i "$work/$2" |
    sed -E 's/^[^=]* = ([0-9.]+) .*/\1/')
  printf '%-34s %6d words, BLEU %s\n' "$1" "$(wc -w <"$work/$2")" "$bleu"
}
report "sentences in lines of their own" joined.out | tee "$work/expected"
report "paragraphs" paragraphs.out | tee "$work/found"
report "paragraphs, not split" whole.out
cmp -s "$work/joined.out" "$work/paragraphs.out" && echo "the same bytes"
cat "$work/expected" "$work/found" | awk '{
    for (i = 1; i < NF; i++) { if ($(i + 1) == "words,") words[NR] = $i }
    bleu[NR] = $NF
  }
  END {
    distance = bleu[2] - bleu[1]
    if (words[2] >= 0.95 * words[1] && distance <= 0.5 && distance >= -0.5) exit 0
    print "paragraphs: too few words, or another BLEU"
    exit 1
  }'
