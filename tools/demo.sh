#!/usr/bin/env bash
# The demonstration: the shipped model turns English into German; where a sample with references lies in examples/, it is scored too.
set -euo pipefail
cd "$(dirname "$0")/.."
model=models/en-de
if [ ! -e "$model/config.json" ]; then
  echo "demo: $model holds no model (config.json is missing); is the checkout complete?" >&2
  exit 1
fi

sentences="Good morning!
How are you today?
I would like a cup of coffee, please.
The children are playing in the garden.
We learned a lot about the history of this town."
printf '\nEnglish to German, with the model in %s\n\n' "$model"
paste -d '\n' <(sed 's/^/  en  /' <<<"$sentences") <(build/ingot translate -m "$model" --beam-size 4 --quiet <<<"$sentences" | sed 's/^/  de  /')

if [ -e examples/sample.en ] && [ -e examples/sample.de ]; then
  output=$(mktemp)
  trap 'rm -f "$output"' EXIT
  printf '\nThe sample in examples/, scored against its references\n\n'
  build/ingot translate -m "$model" --beam-size 4 --quiet -i examples/sample.en -o "$output"
  build/ingot score bleu --reference examples/sample.de --hypothesis "$output"
fi
printf '\nYour turn: echo "…" | build/ingot translate -m %s\n' "$model"
