#!/usr/bin/env bash
# Runs the benchmarks of build/: the kernels, then the shipped model.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in build/bench/bench_*; do
  if [ -x "$program" ]; then printf '\n== %s\n' "$program"; "$program"; fi
done
if [ -e models/en-de/config.json ]; then
  printf '\n== build/ingot bench -m models/en-de\n'
  build/ingot bench -m models/en-de
fi
