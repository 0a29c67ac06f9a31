# What the scripts here share. INGOT: the command (default: build/ingot); THREADS: of everything
# (default: all cores); COMPUTE: what training multiplies in (default: float32).
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ingot=${INGOT:-$root/build/ingot}
threads=(${THREADS:+--threads "$THREADS"})
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is there already goes on, or is done.
train() {
  "$ingot" train -q ${threads[@]+"${threads[@]}"} "$@" \
    ${COMPUTE:+--set train.compute="$COMPUTE"} >&2
}
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

# sets KEY PAIRS...: writes `work/sets`, what a recipe has under `data`; the pairs of each model of
# `models`, with the model as KEY of its own pairs, or without.
sets() {
  for ((i = 0; i < $# - 1; i++)); do
    echo "    - {${@:i + 2:1}${1:+, $1: ${models[i]}}}"
  done >"$work/sets"
}

# with_pairs WHAT METHOD BLOCK [KEY...]: the scores (`row`) of `models`, fused by a method that has
# its data and keys under BLOCK, with the sets of pairs that were written last.
with_pairs() {
  {
    echo "merge_method: $2" && echo "models:"
    for model in "${models[@]}"; do echo "  - {model: $model}"; done
    [ "$2" != learned ] || echo "base_model: $base"
    echo "$3:" && echo "  data:" && cat "$work/sets"
    [ $# -eq 3 ] || printf '  %s\n' "${@:4}"
  } >"$work/recipe.yml"
  rm -rf "$work/fused"
  fuse "$work/recipe.yml" "$work/fused"
  row "$1" "$work/fused"
}
