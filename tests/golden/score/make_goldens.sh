#!/usr/bin/env bash
# What sacreBLEU 2.6.0 prints for hypothesis.de against examples/sample.de, beside the options of
# `ingot score` that must print the same.
set -euo pipefail
cd "$(dirname "$0")"
line() {
  printf '%s\t%s\n' "$1" \
    "$(sacrebleu ../../../examples/sample.de -i hypothesis.de --format text "${@:2}")"
}
{
  line "bleu" -m bleu
  line "bleu --lowercase" -m bleu --lowercase
  line "bleu --tokenize char" -m bleu --tokenize char
  line "bleu --tokenize intl" -m bleu --tokenize intl
  line "bleu --tokenize none" -m bleu --tokenize none
  line "chrf" -m chrf
  line "chrf --chrf-word-order 2" -m chrf --chrf-word-order 2
  line "chrf --lowercase" -m chrf --chrf-lowercase
  line "ter" -m ter
} >expected.tsv

# Each sentence alone, three metrics one after the other.
for metric in bleu chrf ter; do
  sacrebleu ../../../examples/sample.de -i hypothesis.de --format text -m $metric --sentence-level
done >sentences.txt
