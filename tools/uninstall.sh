#!/usr/bin/env bash
# uninstall.sh MANIFEST [DESTDIR]: removes the files that the last installation wrote, and the
# directories of ours that this leaves empty.
set -euo pipefail
manifest=$1 root=${2:-}
if [ ! -f "$manifest" ]; then
  echo "uninstall: there is no $manifest: nothing was installed from here" >&2
  exit 1
fi
while IFS= read -r file || [ -n "$file" ]; do
  rm -f -- "$root$file"
  directory=$(dirname "$root$file")
  while [[ "$directory" == */ingot || "$directory" == */ingot/* ]]; do
    rmdir -- "$directory" 2>/dev/null || break
    directory=$(dirname "$directory")
  done
done <"$manifest"
