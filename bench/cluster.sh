#!/usr/bin/env bash
# What several ranks cost: the share of an update's time that goes into telling other ranks and
# waiting for them, for models of the sizes small and base, on this machine and, as root on Linux,
# between two network namespaces with 1 Gbit/s between them. The bits must be those of one process.
# Usage: cluster.sh [UPDATES]; $INGOT: the command, default build/ingot. Prints CSV.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ingot=$(realpath "${INGOT:-$root/build/ingot}")
updates=${1:-6}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
work=$(mktemp -d)
spaces="ingot-bench-a ingot-bench-b"
clean_up() {
  for space in $spaces; do ip netns del $space 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
cd "$work"

# Pairs of 8 to 31 words of 8000, the same on every machine.
awk 'BEGIN {
  state = 7
  for (i = 0; i < 4000; i++) {
    state = (state * 16807) % 2147483647; n = 8 + state % 24; line = ""
    for (j = 0; j < n; j++) {
      state = (state * 16807) % 2147483647
      line = line (j ? " " : "") "w" int(state / 1000) % 8000
    }
    print line
  }
}' >text
small="d_model: 256, encoder_layers: 3, decoder_layers: 3, encoder_attention_heads: 4,
  decoder_attention_heads: 4, encoder_ffn_dim: 1024, decoder_ffn_dim: 1024"
base="d_model: 512, encoder_layers: 6, decoder_layers: 6, encoder_attention_heads: 8,
  decoder_attention_heads: 8, encoder_ffn_dim: 2048, decoder_ffn_dim: 2048"

configure() {  # NAME SIZES
  cat >"$1.yml" <<YAML
data: {train: {source: text, target: text}, tokens: whitespace}
model: {family: marian, $2}
train: {output: none, accumulate: 4, batch_tokens: 1000, updates: $updates, learning_rate: 0.0001}
YAML
}
configure small "$small"
configure base "$base"

of_stats() { sed -n "s/^ *\"$2\": \([0-9.e+-]*\),\{0,1\}$/\1/p" "$1"; }
tell() {  # SIZE PLACE RANKS: a line, from stats.json
  local parameters seconds communication
  parameters=$(of_stats stats.json parameters)
  seconds=$(of_stats stats.json seconds)
  communication=$(of_stats stats.json communication_seconds)
  awk -v head="$1,$2,$3,$parameters" -v s="$seconds" -v c="${communication:-0}" -v u="$updates" \
    'BEGIN { printf "%s,%.4f,%.4f,%.1f\n", head, s / u, c / u, 100 * c / s }'
}
same() { cmp -s "$1/latest/model.safetensors" "$2/latest/model.safetensors" || {
  echo "$1 and $2 differ" >&2
  exit 1
}; }
train() { "$ingot" train "$1.yml" --threads 1 --quiet --stats stats.json --set "train.output=$2"; }
train_ranks() {  # N SIZE OUTPUT OPTION...
  local n=$1 size=$2 output=$3
  shift 3
  mpirun -n "$n" "$@" "$ingot" train "$work/$size.yml" --threads 1 --quiet \
    --stats "$work/stats.json" --set "train.output=$work/$output" \
    --set "data.train={source: $work/text, target: $work/text}"
}

# Two namespaces with a cable between them. Their processes find each other by "ssh", which here
# enters the other namespace, with a host name of its own.
connect() {
  local a=ingot-bench-a b=ingot-bench-b
  ip netns add $a && ip netns add $b || return 1
  ip link add ib-a netns $a type veth peer name ib-b netns $b || return 1
  ip -n $a addr add 10.99.0.1/24 dev ib-a && ip -n $b addr add 10.99.0.2/24 dev ib-b
  for end in "$a ib-a" "$b ib-b"; do
    # shellcheck disable=SC2086  # a namespace and its device
    set -- $end
    ip -n "$1" link set lo up && ip -n "$1" link set "$2" up
    ip netns exec "$1" tc qdisc add dev "$2" root tbf rate 1gbit burst 256kb latency 50ms ||
      return 1
  done
  cat >agent <<'SH'
#!/bin/sh
shift
exec ip netns exec ingot-bench-b unshare --uts sh -c "hostname ingot-b; $*"
SH
  chmod +x agent
  printf '10.99.0.1 slots=1\n10.99.0.2 slots=1\n' >hosts
}
between_spaces() {  # SIZE OUTPUT
  local options=(--hostfile "$work/hosts" --mca plm rsh --mca plm_rsh_agent "$work/agent"
    --mca btl tcp,self --mca pml ob1 --mca btl_tcp_if_include 10.99.0.0/24
    --mca oob_tcp_if_include 10.99.0.0/24)
  export -f train_ranks
  ip netns exec ingot-bench-a unshare --uts bash -c 'hostname ingot-a; work=$1 ingot=$2
    shift 2; train_ranks "$@"' sh "$work" "$ingot" 2 "$1" "$2" "${options[@]}"
}

echo "size,place,ranks,parameters,seconds_an_update,communication_an_update,percent"
connected=false
if [ "$(id -u)" = 0 ] && command -v ip tc unshare >/dev/null && connect >connect.log 2>&1; then
  connected=true
else
  echo "no network namespaces: $(tail -n 1 connect.log 2>/dev/null)" >&2
fi
for size in small base; do
  train $size one-$size && tell $size alone 1
  for n in 2 4; do
    train_ranks $n $size of-$size-$n && tell $size machine $n
    same one-$size of-$size-$n
  done
  $connected || continue
  between_spaces $size apart-$size && tell $size "1 Gbit/s" 2
  same one-$size apart-$size
done
