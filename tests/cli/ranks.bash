# What tests of several processes share, after common.bash: `ranks N COMMAND...`. They are skipped
# without Open MPI.
if ! command -v mpirun >/dev/null || [ ! -e "$(dirname "$INGOT")/ingot-openmpi.so" ]; then
  echo "skipped: Open MPI is missing, or the plugin was built without it"
  exit 77
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl_base_warn_component_unused=0
# Open MPI frees little of its own at the end, which is no leak of ours.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
ranks() { mpirun -n "$@"; }

# rank_process MPIRUN RANK: the process that has this rank.
rank_process() {
  local pid
  for pid in $(pgrep -P "$1"); do
    if tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "OMPI_COMM_WORLD_RANK=$2"; then
      echo "$pid"
    fi
  done
}
