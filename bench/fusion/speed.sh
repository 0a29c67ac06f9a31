#!/usr/bin/env bash
# Fusing beside mergekit by the peers' bench_fuse.py (random BARTs in bfloat16; whole processes,
# least of several), and `linear` beside reading its inputs with cat and writing as much with cp.
# Memory: the peak of resident pages, Ingot's by GNU time (what bench_fuse.py reports of it begins
# with the pages of the Python that starts it), and whether a limit of 64 MiB for all memory of its
# own is enough.
# Usage: speed.sh PEERS PYTHON [D_MODEL LAYERS] > RESULT.csv
source "$(dirname "$0")/common.bash"
peers=$1 python=$2 width=${3:-768} layers=${4:-6} repeat=${REPEAT:-3}
models=${INGOT_PEERS:-$HOME/.cache/ingot-peers}/fuse/bart-$width-$layers-bfloat16

echo "what,d_model,layers,mergekit_s,ingot_s,ratio,mergekit_mb,ingot_mb,own_memory_mib"
for method in linear slerp task_arithmetic ties dare_ties; do
  "$python" "$peers/bench_fuse.py" --ingot "$ingot" --methods "$method" --repeat "$repeat" \
    --d-model "$width" --layers "$layers" --keep "$work/out" >"$work/log"
  rm -rf "$work/limited"
  own="more than 64"
  if prlimit --data=$((64 << 20)) /usr/bin/time -f %M -o "$work/memory" "$ingot" fuse \
    -q ${threads[@]+"${threads[@]}"} "$work/out/$method.yml" -o "$work/limited" >&2; then
    own="under 64"
  fi
  awk -v method="$method" -v width="$width" -v layers="$layers" -v own="$own" \
    -v kilobytes="$(tail -n 1 "$work/memory")" '
    $1 == "mergekit" { theirs = $3; memory = $6 }
    $1 == "ingot" {
      printf "%s,%s,%s,%s,%s,%.1f,%s,%.0f,%s\n", method, width, layers, theirs, $3, theirs / $3,
        memory, kilobytes / 1024, own
    }' "$work/log"
  grep -h "relative" "$work/log" >&2 || true
  rm -rf "$work/limited" "$work"/out/*-mergekit
done

# The least seconds of a command.
least() {
  local best="" begin took i
  for ((i = 0; i < repeat + 2; i++)); do
    rm -rf "$work/written"
    begin=${EPOCHREALTIME/[.,]/}
    "$@"
    took=$((${EPOCHREALTIME/[.,]/} - begin))
    [ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
  done
  awk -v us="$best" 'BEGIN { printf "%.2f", us / 1e6 }'
}
copy() {
  cat "$models"/[abc]/*.safetensors >/dev/null
  cp "$work/out/linear-ingot/model.safetensors" "$work/written"
}
linear() { "$ingot" fuse -q ${threads[@]+"${threads[@]}"} "$work/out/linear.yml" \
  -o "$work/written"; }
copied=$(least copy) fused=$(least linear)
ratio=$(awk -v a="$copied" -v b="$fused" 'BEGIN { printf "%.2f", b / a }')
what="linear beside cat of its inputs and cp of its output"
echo "$what,$width,$layers,$copied,$fused,$ratio,,,"
