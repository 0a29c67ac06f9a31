#!/usr/bin/env bash
# A draft for models/en-de (docs/drafts.md): the model's own translations of its training text, a
# small model trained on them, and how often it is right on the test set. About a quarter of an hour
# on one core. The same command goes on with a RUN.
# Usage: draft.sh DATA RUN [OPTIONS OF TRAIN...]
# DATA: train.{en,de}.gz, {dev,test}.{en,de} of Tatoeba. The result: RUN/draft/best.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
ingot=${INGOT:-$root/build/ingot}
[ $# -ge 2 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
data=$1 run=$2 model=$root/models/en-de
shift 2
mkdir -p "$run"
# own FILE OUT: what the model says, as a draft is asked for it: greedily, and each line at once.
own() {
  [ -e "$2" ] || "$ingot" translate -m "$model" --beam-size 1 --split-sentences off -i "$1" -o "$2"
}
own "$data/train.en.gz" "$run/train.own.de"
own "$data/dev.en" "$run/dev.own.de"
"$ingot" train "$root/bench/tatoeba/draft.yml" --set "data.train.source=$data/train.en.gz" \
  --set "data.train.target=$run/train.own.de" --set "data.valid.source=$data/dev.en" \
  --set "data.valid.target=$run/dev.own.de" --set "data.sentencepiece=$model/source.spm" \
  --set "train.output=$run/draft" "$@"
"$root/bench/draft.sh" "$model" "$run/draft/best" "$data/test.en" --ingot "$ingot"
