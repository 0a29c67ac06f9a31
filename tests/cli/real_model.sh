#!/usr/bin/env bash
# A really trained MarianMT model with transformers' own output beside it: every line equal. Reads
# $INGOT_DATA/../models (default: ../shared/data).
. "$INGOT_SOURCE/tests/cli/common.bash"
model=${INGOT_DATA:-$INGOT_SOURCE/../shared/data}/../models/marian-ende
if [ ! -e "$model/expected-beam4.ids" ]; then
  echo "skipped: no $model"
  exit 77
fi
# transformers counts the start token: 128
translate() { "$INGOT" translate -m "$model" -i "$model/source.txt" --ids --max-length 127 "$@"; }
expect 0 translate --beam-size 1 --batch-tokens 64 --threads 1
same out "$model/expected-greedy.ids"
expect 0 translate --beam-size 4
same out "$model/expected-beam4.ids"
# Negative control: the two searches differ on these sentences.
! cmp -s out "$model/expected-greedy.ids" || fail "beam search gave what greedy search should"
