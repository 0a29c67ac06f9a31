#!/usr/bin/env bash
# The shared library exports every function of the public headers and nothing else, each with the
# version of ingot/core.h: ig_version@@INGOT_0.2.
# Usage: check_exports.sh LIBRARY [INCLUDE]
set -euo pipefail
include=${2:-$(dirname "$0")/../include}
declared=$(grep -rhoE '^[a-z][a-z0-9_ ]*[ *]ig_[a-z0-9_]+\(' "$include" |
  grep -oE 'ig_[a-z0-9_]+\($' | tr -d '(' | sort -u)
# Symbols of the linker and of sanitizers are not ours.
versioned=$(nm -D --defined-only "$1" | awk '$2 ~ /^[TDBRVWi]$/ {print $3}' |
  grep -vE '^(_init|_fini|_edata|_end|__bss_start|__asan.*|__odr_asan.*|_Z.*)(@.*)?$' | sort -u ||
  true)
exported=$(sed 's/@.*//' <<<"$versioned")
version=$(awk '/^#define INGOT_VERSION_M(AJOR|INOR) / {v = v sep $3; sep = "."} END {print v}' \
  "$include/ingot/core.h")
strangers=$(grep -v "@@INGOT_$version\$" <<<"$versioned" || true)
missing=$(comm -23 <(echo "$declared") <(echo "$exported"))
superfluous=$(comm -13 <(echo "$declared") <(echo "$exported"))
if [ -n "$missing" ]; then echo "declared but not exported:" $missing; fi
if [ -n "$superfluous" ]; then echo "exported but not declared:" $superfluous; fi
if [ -n "$strangers" ]; then echo "not of the version INGOT_$version:" $strangers; fi
[ -z "$missing$superfluous$strangers" ]
