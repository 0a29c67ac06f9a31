#!/usr/bin/env bash
# Completion in the shells themselves, each on a terminal of its own: verbs, options, choices,
# directories, files. The line is completed with all candidates and run; a function in place of the
# command writes down the words that it got. A shell that is not here is left out, with a word.
. "$INGOT_SOURCE/tests/cli/common.bash"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }

for shell in bash zsh fish; do
  expect 0 "$INGOT" help --completion "$shell"
  cp out "$shell"
  [ -s "$shell" ] || fail "nothing for $shell"
done
expect 2 "$INGOT" help --completion csh
has err "expected bash, zsh or fish, found csh"
expect 2 "$INGOT" help --completion
expect 2 "$INGOT" help --completion bash zsh
has err "one shell, found 'zsh' after 'bash'"
# Each choice of an operand is one that the verb knows: it asks for something else then.
for metric in $(sed -n "/'score')/,/esac/s/^ *words='\(.*\)' ;;/\1/p" bash); do
  [ "$metric" != squad ] || continue
  expect 2 "$INGOT" score "$metric"
  has err "--reference FILE is missing"
done

mkdir -p place/models place/"two words" place/runs
touch place/mine.yml place/rumour.jsonl
# wants SHELL LINE WORD...: these candidates of LINE's last word, in any order, and no others.
wants() {
  local shell=$1 line=$2
  shift 2
  python3 "$INGOT_SOURCE/tests/cli/completion.py" "$shell" "$shell" "$line" found || fail "$line"
  sed 's,/$,,' found | sort >have  # a shell may write the slash of a directory later
  printf '%s\n' "$@" | sort >want
  cmp -s have want || fail "$shell completes '$line' to: $(tr '\n' ' ' <have)"
}
ran=0
for shell in bash zsh fish; do
  command -v "$shell" >/dev/null || { echo "not tried: $shell is not here"; continue; }
  ran=$((ran + 1))
  wants $shell "ingot tra" train translate
  wants $shell "ingot help o" optimize
  wants $shell "ingot help --" --completion --man
  wants $shell "ingot help --completion " bash zsh fish
  wants $shell "ingot help --man tra" train translate
  wants $shell "ingot help score " squad
  wants $shell "ingot help --man score " squad
  wants $shell "ingot help optimize pl" pl
  wants $shell "ingot report place/ru" place/runs place/rumour.jsonl
  wants $shell "ingot translate --beam" --beam-size
  wants $shell "ingot translate --type " fp32 bf16 int8
  wants $shell "ingot translate --type b" bf16
  wants $shell "ingot translate --type=b" "--type=bf16"
  wants $shell "ingot score rougeL" rougeL rougeLsum
  wants $shell "ingot score squ" squad
  wants $shell "ingot score squad --null" --null-odds --null-threshold
  wants $shell "ingot score --null" "--null"
  wants $shell "ingot score squad --version " 1 2
  wants $shell "ingot translate -m place/m" place/models
  wants $shell "ingot inspect place/m" place/models
  wants $shell "ingot train place/min" place/mine.yml
  wants $shell "ingot inspect place/tw" "place/two words"
  wants $shell "ingot translate --beam-size pl" pl
  cp $shell kept
  sed 's/bf16//g' kept >$shell  # a choice that is missing is found
  if (wants $shell "ingot translate --type " fp32 bf16 int8) 2>/dev/null; then
    fail "$shell: a missing choice passes"
  fi
  cp kept $shell
done
[ "$ran" -gt 0 ] || { echo "skipped: no shell to try"; exit 77; }
