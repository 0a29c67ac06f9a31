#!/usr/bin/env bash
# Draws docs/rooms.svg from docs/rooms.txt and docs/rooms.md. With --check it only says whether the
# committed picture is what it would draw. Usage: draw_rooms.sh [--check] [ROOT]
set -euo pipefail
tools=$(cd "$(dirname "$0")" && pwd)
check=false
if [ "${1:-}" = --check ]; then check=true && shift; fi
cd "${1:-$tools/..}"
draw() { awk -f "$tools/draw_rooms.awk" docs/rooms.md docs/rooms.txt; }
if ! $check; then
  draw >docs/rooms.svg
elif draw | cmp -s - docs/rooms.svg; then
  echo "picture: fine"
else
  echo "docs/rooms.svg: not what docs/rooms.txt says; run tools/draw_rooms.sh"
  exit 1
fi
