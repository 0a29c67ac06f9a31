#!/usr/bin/env bash
# No C file is longer than 800 lines. Usage: check_sizes.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
limit=800 failed=0
while IFS= read -r -d '' file; do
  lines=$(wc -l < "$file")
  if [ "$lines" -gt "$limit" ]; then
    echo "$file:$lines: longer than $limit lines"
    failed=1
  fi
done < <(find src cli plugins include tests fuzz examples bench -type f \
  \( -name '*.[ch]' -o -name '*.cc' -o -name '*.inc' \) -print0 2>/dev/null | sort -z)
if [ "$failed" = 0 ]; then echo "sizes: fine"; fi
exit "$failed"
