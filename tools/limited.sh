#!/usr/bin/env bash
# limited.sh SECONDS COMMAND...: runs it for at most so long, with whatever it started; after that
# the exit code is 124. For what waits for a network: a registry that takes a connection and never
# answers holds pip and apt for hours, whose own limits count from one try to the next. Where
# `timeout` is missing (macOS) there is no limit.
set -euo pipefail
seconds=$1
shift
if ! command -v timeout >/dev/null; then exec "$@"; fi
code=0
timeout --kill-after=10 "$seconds" "$@" || code=$?
# 137: it did not heed SIGTERM and was killed.
if [ "$code" = 124 ] || [ "$code" = 137 ]; then
  echo "limited: '$1' was ended after $seconds s" >&2
  exit 124
fi
exit "$code"
