#!/usr/bin/env bash
# No line of source, scripts or build files is longer than 100 columns: two of them fit side by
# side. Documents, data, goldens and the inputs of fuzz targets are free. Usage: check_widths.sh
# [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
places=$(
  find . \( -path './.git' -o -path './build*' -o -path './fuzz/corpus' -o -path './models' \) \
    -prune \
    -o -type f \( -name '*.[ch]' -o -name '*.cc' -o -name '*.inc' -o -name '*.sh' -o \
    -name '*.bash' \
    -o -name '*.py' -o -name '*.awk' -o -name '*.cmake' -o -name '*.in' -o -name 'CMakeLists.txt' \
    -o -name 'CMakePresets.json' -o -name 'Makefile' -o -name '*.yml' -o -name '*.yaml' \
    -o -path './.ci/*' -o -path './docs/rooms.txt' \) -print0 |
    grep -zvE '^\./tests/golden/.*\.ya?ml$' | sort -z |
    LC_ALL=C.UTF-8 xargs -0 grep -nHE '^.{101}' |
    sed -E 's|^\./([^:]*:[0-9]+):.*|\1: longer than 100 columns|'
) || true
if [ -n "$places" ]; then
  echo "$places"
  exit 1
fi
echo "widths: fine"
