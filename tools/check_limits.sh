#!/usr/bin/env bash
# What CI asks of a network ends within its limit. The control is a registry that takes every
# connection and never answers, and a packager that waits forever without heeding SIGTERM.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap '[ -z "${registry:-}" ] || kill "$registry"; rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
command -v python3 >/dev/null || { echo "skipped: no python3" && exit 77; }

# expect CODE MOST COMMAND...: its exit code, in at most so many seconds.
expect() {
  local code=$1 most=$2 seen=0 start=$SECONDS
  shift 2
  "$@" >"$work/said" 2>&1 || seen=$?
  [ "$seen" = "$code" ] || { cat "$work/said" && fail "$*: exit code $seen, expected $code"; }
  [ $((SECONDS - start)) -le "$most" ] || fail "$*: $((SECONDS - start)) s, expected at most $most"
  echo "ok: $code, $*"
}

expect 0 5 "$root/tools/limited.sh" 30 true
expect 3 5 "$root/tools/limited.sh" 30 bash -c 'exit 3'
expect 124 10 "$root/tools/limited.sh" 1 sleep 60
# Also what a command has started ends.
expect 124 10 "$root/tools/limited.sh" 1 bash -c 'sleep 60; true'

python3 - "$work/port" <<'PYTHON' &
import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1], "w") as file:
    file.write(f"{listener.getsockname()[1]}\n")
held = []
while True:
    held.append(listener.accept())
PYTHON
registry=$!
for _ in $(seq 100); do [ -s "$work/port" ] || sleep 0.1; done
export INGOT_NETWORK_SECONDS=2 PIP_RETRIES=0 PIP_TIMEOUT=60
export PIP_INDEX_URL=http://127.0.0.1:$(cat "$work/port")/simple PIP_CONFIG_FILE=/dev/null
unset PIP_NO_INDEX PIP_FIND_LINKS PIP_EXTRA_INDEX_URL
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
expect 77 90 bash "$root/tests/python/wheel.sh" --packages "$work/tools"
grep -qE 'was ended after 2 s|makes no environment' "$work/said" ||
  { cat "$work/said" && fail "the registry that never answers was not waited for"; }

mkdir "$work/bin"
printf '#!/bin/sh\necho 12\n' >"$work/bin/aarch64-linux-gnu-g++"
printf '#!/bin/bash\ntrap "" TERM\nsleep 60\n' >"$work/bin/mmdebstrap"
printf '#!/bin/sh\n' >"$work/bin/qemu-aarch64"
chmod +x "$work"/bin/*
export PATH=$work/bin:$PATH
if [ -e /etc/os-release ]; then
  expect 77 30 bash "$root/tools/cross.sh" aarch64 --packages --build "$work/cross"
fi
