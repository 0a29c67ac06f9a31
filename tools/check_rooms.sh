#!/usr/bin/env bash
# Reads every #include and checks it against docs/rooms.txt, as docs/rooms.md explains: what files
# of src/, unit tests, the command, examples and the public headers may include. Prints each
# violation as file:line.
# Usage: check_rooms.sh [ROOT]
set -euo pipefail
rules=$(cd "$(dirname "$0")" && pwd)/check_rooms.awk
cd "${1:-$(dirname "$0")/..}"

sources() {
  { find src include cli examples tests -type f \
    \( -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.inc' \) -print0 2>/dev/null ||
    true; } | sort -z
}

# Four tables in one stream: the lines of rooms.txt, the files, the includes and the mentions of
# functions (file:line:text).
{
  sed 's/^/room /' docs/rooms.txt
  sources | tr '\0' '\n' | sed 's/^/file /'
  sources | xargs -0 -r grep -nHE '^[[:space:]]*#[[:space:]]*include' | sed 's/^/include /'
  sources | grep -zE '^(include|src|tests/unit)/' | xargs -0 -r grep -nHE '\<ig_[a-z0-9_]+\(' |
    sed 's/^/mention /'
} | awk -f "$rules"
