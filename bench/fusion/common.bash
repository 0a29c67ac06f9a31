# What the scripts here share. INGOT: the command (default: build/ingot); THREADS: of everything (default: all cores).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ingot=${INGOT:-$root/build/ingot}
threads=(${THREADS:+--threads "$THREADS"})
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fuse() { "$ingot" fuse -q ${threads[@]+"${threads[@]}"} "$1" -o "$2" >&2; }

# A recipe of `method`, and of models with equal weights: average METHOD MODEL ...
recipe() {
  echo "merge_method: $1" && shift
  echo "models:"
  for model in "$@"; do echo "  - {model: $model, parameters: {weight: 1}}"; done
}

