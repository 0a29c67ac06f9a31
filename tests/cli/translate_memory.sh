#!/usr/bin/env bash
# Any number of lines is translated in the memory of some thousands. The full claim, a million lines
# beside a thousand, on any model that takes ids:
#   INGOT=build/ingot INGOT_SOURCE=. bash tests/cli/translate_memory.sh 1000 1000000 [MODEL]
. "$INGOT_SOURCE/tests/cli/common.bash"
grep -qE "__[at]san_init" "$INGOT" && { echo "skipped: a sanitizer keeps freed memory"; exit 77; }
few=${1:-20000} many=${2:-200000} model=${3:-$INGOT_SOURCE/tests/golden/marian_tiny}
# bytes: what windows of different lengths and the allocator's habits come to; a kept line costs at
# least 100
allowed=$((8 << 20))

# peak LINES OPTION...: peak memory in bytes of translating so many lines.
digits 1000 7 block
peak() {
  local lines=$1
  shift
  for ((i = 0; i < lines; i += 1000)); do cat block; done >ids
  expect 0 "$INGOT" translate -m "$model" -i ids -o out.ids --ids --ids-in --beam-size 1 \
    --max-length 3 --stats stats.json "$@"
  [ "$(wc -l <out.ids)" -eq "$lines" ] || fail "$(wc -l <out.ids) lines instead of $lines"
  sed 's/.*"peak_rss_bytes": \([0-9]*\).*/\1/' stats.json
}

for threads in 1 2; do
  first=$(peak "$few" --threads $threads) || exit 1
  second=$(peak "$many" --threads $threads) || exit 1
  echo "$threads threads: $few lines $first bytes, $many lines $second bytes"
  [ "$second" -le $((first + allowed)) ] || fail "$many lines took $second bytes, $few took $first"
done

# A large program that starts the command is not counted.
if [ -r /proc/self/status ]; then
  head -8 ids >few.ids
  (
    large=$(head -c 150000000 /dev/zero | tr '\0' x)
    [ ${#large} -eq 150000000 ] || exit 1
    exec "$INGOT" translate -m "$model" -i few.ids -o out.ids --ids --ids-in --max-length 3 \
      --stats stats.json --quiet
  ) || fail "from a large program: $?"
  peak=$(sed 's/.*"peak_rss_bytes": \([0-9]*\).*/\1/' stats.json)
  [ "$peak" -gt 1000000 ] && [ "$peak" -lt 140000000 ] || fail "from a large program: $peak bytes"
fi
