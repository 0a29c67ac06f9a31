#!/usr/bin/env bash
# Reads every #include and checks it against docs/rooms.txt: a file of src/ROOM may include ingot.h, its own room and the rooms its line names;
# intrinsics only in src/kernel; cli/ and examples/ see ingot.h only. Prints each violation as file:line. Usage: check_rooms.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

declare -A allowed
while IFS=: read -r room others; do
  case "$room" in ''|'#'*) continue ;; esac
  allowed[$room]=" $room $others "
done < docs/rooms.txt

violations=0
report() { echo "$1: $2"; violations=$((violations + 1)); }

# Prints the repository path that an include of $2 in file $1 means; nothing for a system header.
resolve() {
  local candidate
  for candidate in "$(dirname "$1")/$2" "src/$2" "include/$2"; do
    if [ -e "$candidate" ]; then realpath --relative-to=. "$candidate"; return; fi
  done
}

check_include() {  # place file owner form header
  local place=$1 file=$2 owner=$3 form=$4 header=$5 target room
  if [[ $form == '<' ]]; then
    if [[ $header =~ ^([a-z0-9]*mmintrin|x86intrin|x86gprintrin|avx[a-z0-9]*intrin|cpuid|arm_(neon|sve|acle))\.h$ && $owner != kernel ]]; then
      report "$place" "<$header>: intrinsics belong to src/kernel"
      return
    fi
    if [ ! -e "src/$header" ]; then return; fi
  fi
  target=$(resolve "$file" "$header")
  case "$target" in
    '') report "$place" "\"$header\": no such file" ;;
    include/ingot.h) ;;
    src/*)
      room=${target#src/} room=${room%%/*}
      if [ -z "$owner" ]; then
        report "$place" "\"$header\": only ingot.h may be included here"
      elif [[ ${allowed[$owner]} != *" $room "* ]]; then
        report "$place" "\"$header\": room '$owner' may not include room '$room' (docs/rooms.txt)"
      fi ;;
    *)
      if [ -n "$owner" ] || [ "${target%%/*}" != "${file%%/*}" ]; then report "$place" "\"$header\": outside of src"; fi ;;
  esac
}

pattern='^[[:space:]]*#[[:space:]]*include[[:space:]]*([<"])([^>"]+)[>"]'
while IFS= read -r found; do
  file=${found%%:*} rest=${found#*:}
  line=${rest%%:*} text=${rest#*:}
  if ! [[ $text =~ $pattern ]]; then report "$file:$line" "an #include that cannot be read: $text"; continue; fi
  form=${BASH_REMATCH[1]} header=${BASH_REMATCH[2]} owner=""
  if [[ $file == src/* ]]; then
    owner=${file#src/} owner=${owner%%/*}
    if [ -z "${allowed[$owner]:-}" ]; then report "$file:$line" "room '$owner' is not in docs/rooms.txt"; continue; fi
  fi
  check_include "$file:$line" "$file" "$owner" "$form" "$header"
done < <(find src cli examples -type f \( -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.inc' \) -print0 2>/dev/null |
         sort -z | xargs -0 -r grep -nHE '^[[:space:]]*#[[:space:]]*include')

if [ "$violations" -gt 0 ]; then
  echo "rooms: $violations violations"
  exit 1
fi
echo "rooms: fine"
