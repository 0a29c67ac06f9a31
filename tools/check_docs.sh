#!/usr/bin/env bash
# What the documents name exists: links to files, paths in `…` (also those after a middle dot in the
# headings of tours), and names ig_… of the source. docs/hardness.md names every fuzz target. The
# changelog tells of the past and is not read; nor are the names in docs/decisions, which may be
# those of the past. Usage: check_docs.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
documents=$({ ls ./*.md docs/*.md docs/decisions/*.md 2>/dev/null || true; } |
  grep -v CHANGELOG | sed 's|^\./||')
known=$(mktemp)
trap 'rm -f "$known"' EXIT
{ grep -rhoE '\<ig_[a-z0-9_]+' src include || true; } | sort -u >"$known"
failed=0
report() { echo "$1: $2"; failed=1; }

# DOCUMENT:LINE:NAME
while IFS=: read -r file line name; do
  case $name in
    *'*'* | *'…'* | *'<'* | *TARGET* | *NAME* | *SUBJECT* | *ROOM* | *N) ;;
    *) [ -e "$name" ] || report "$file:$line" "\`$name\`: no such file" ;;
  esac
done < <(grep -noHE '`(src|include|cli|tests|docs|tools|bench|fuzz|cmake|examples)/[^` ,;]+`' \
  $documents | tr -d '`')
while IFS=: read -r file line link; do
  [ -e "$(dirname "$file")/$link" ] || report "$file:$line" "($link): a link to no file"
done < <(grep -noHE '\]\([^)#:]+' $documents | sed 's/](//')
while IFS=: read -r file line name; do
  report "$file:$line" "\`$name\`: no such name in src or include"
done < <(grep -noHE '`ig_[a-z0-9_]+[`(]' $documents | tr -d '`(' | grep -v '^docs/decisions/' |
  awk -F: 'NR == FNR { known[$0] = 1; next } !($3 in known)' "$known" -)
for file in fuzz/*.c; do
  name=$(basename "$file" .c)
  case $name in '*' | replay) continue ;; esac
  grep -qs "\`$name\`" docs/hardness.md ||
    report "$file" "docs/hardness.md does not say what this target is for"
done
[ "$failed" = 1 ] || echo "documents: fine"
exit "$failed"
