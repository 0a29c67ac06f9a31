#!/usr/bin/env bash
# Runs the benchmarks of build/: the row kernels, the products of real models, then the machine and the shipped model.
set -euo pipefail
cd "$(dirname "$0")/.."
run() { printf '\n== %s\n' "$*"; "$@"; }
run build/bench/bench_kernels
run build/bench/bench_gemm bench/shapes/*.csv
if [ -e models/en-de/config.json ]; then run build/ingot bench -m models/en-de; fi
