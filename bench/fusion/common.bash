# What the scripts here share. INGOT: the command (default: build/ingot); THREADS: of everything
# (default: all cores).
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ingot=${INGOT:-$root/build/ingot}
threads=(${THREADS:+--threads "$THREADS"})
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fuse() { "$ingot" fuse -q ${threads[@]+"${threads[@]}"} "$1" -o "$2" >&2; }

# recipe METHOD EACH ALL MODEL...: with parameters of each model, and of all together.
recipe() {
  echo "merge_method: $1" && echo "parameters: {$3}" && echo "models:"
  for model in "${@:4}"; do echo "  - {model: $model, parameters: {$2}}"; done
}

# fused WHAT METHOD [EACH [ALL]]: the scores (`row`) of `models`, fused; differences are those from
# `base`.
fused() {
  recipe "$2" "${3-weight: 1}" "${4-}" "${models[@]}" >"$work/recipe.yml"
  case "$2" in linear | karcher) ;; *) echo "base_model: $base" >>"$work/recipe.yml" ;; esac
  rm -rf "$work/fused"
  fuse "$work/recipe.yml" "$work/fused"
  row "$1" "$work/fused"
}
