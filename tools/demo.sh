#!/usr/bin/env bash
# The demonstration: the shipped models turn English into German, which is scored on a sample, and
# answer questions; two children of the first are tuned, fused and scored.
set -euo pipefail
cd "$(dirname "$0")/.."
ingot=${INGOT:-build/ingot}
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
paste -d '\n' <(sed 's/^/  en  /' <<<"$sentences") <("$ingot" translate -m "$model" \
  --beam-size 4 --quiet <<<"$sentences" | sed 's/^/  de  /')

printf '\nQuestions on examples/passage.txt, with the model in models/qa-en. On articles that it
never saw it gives exactly the right words 33 times of 100 (models/qa-en/README.md):\n\n'
fold -s -w 96 examples/passage.txt | sed 's/^/  /'
printf '\n'
for question in 'When was the first one built?' 'Who designed the third one?' \
  'How many candles lit it?' 'Where was the upper part rebuilt?'; do
  printf '  %-36s ' "$question"
  "$ingot" answer -m models/qa-en --quiet --question "$question" --context examples/passage.txt
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bleu() {  # MODEL SAMPLE
  "$ingot" translate -m "$1" --beam-size 4 --quiet -i "$2.en" -o "$work/output"
  "$ingot" score bleu --reference "$2.de" --hypothesis "$work/output"
}
printf '\nThe twenty lines of examples/sample.en, scored against those of examples/sample.de.
BLEU counts the words, pairs, threes and fours of words that agree with the reference, from 0 to
100. These lines are short and easy; on other texts good translations rarely agree by more than
50, and at 40 most sentences say what they should (models/en-de/README.md). With one reference a
line, a right sentence in other words scores low.\n\n'
bleu "$model" examples/sample

printf '\nA recogniser of speech writes no capitals and no marks, and the model has hardly seen
such lines:\n'
head -n 2 examples/fusion/test.en | sed 's/^/  /'
printf 'Two children of it are tuned on 400 of them each, for some seconds, and fused. Each learned
the task and some noise of its own; their average keeps the first and halves the second, at the size
and the speed of one model. How much of each child is good in each layer can also be learned, from
other lines (examples/fusion/README.md). BLEU of all five on the same 216 lines:\n\n'
for child in first second; do
  "$ingot" train --quiet examples/fusion/child.yml \
    --set data.train.source=examples/fusion/$child.en \
    --set data.train.target=examples/fusion/$child.de \
    --set train.output="$work/runs/$child"
done
for way in average learned; do
  sed "s|runs/|$work/runs/|" examples/fusion/$way.yml >"$work/$way.yml"
  "$ingot" fuse --quiet "$work/$way.yml" -o "$work/runs/$way"
done
for scored in "$model" "$work"/runs/{first/latest,second/latest,average,learned}; do
  printf '  %-14s ' "$(sed "s|^$work/runs/||" <<<"$scored")"
  bleu "$scored" examples/fusion/test
done
printf '\nYour turn: echo "…" | %s translate -m %s\n' "$ingot" "$model"
