#!/usr/bin/env bash
# BLEU as the recipe publishes it: on lower-cased, tokenized text, BPE removed from both sides,
# nothing tokenized again (what multi-bleu.perl computes).
# Usage: score.sh HYPOTHESIS REFERENCE [INGOT]; "-": standard input
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
ingot=${3:-$root/build/ingot}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unsplit() { sed -E 's/@@( |$)//g'; }
cat "$1" | unsplit >"$work/hypothesis"
unsplit <"$2" >"$work/reference"
"$ingot" score bleu --reference "$work/reference" --hypothesis "$work/hypothesis" --tokenize none
