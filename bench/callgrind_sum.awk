# Instructions executed by the code of one object file itself, from callgrind's output (valgrind
# manual, "Callgrind Format Specification").
# Usage: awk -v object=ingot -f callgrind_sum.awk callgrind.out
function name_of(text,   id, rest) {  # "(3) /path/name" names number 3, "(3)" means it
  if (match(text, /^\([0-9]+\)/) == 0) return text
  id = substr(text, 1, RLENGTH)
  rest = substr(text, RLENGTH + 2)
  if (rest != "") names[id] = rest
  return names[id]
}
function base_of(path) { sub(/.*\//, "", path); return path }
/^ob=/ { counting = base_of(name_of(substr($0, 4))) == object; next }
/^cob=/ { name_of(substr($0, 5)); next }  # a callee's object: only its name may be new
# The line after "calls=" is what the callee cost: that is counted where the callee's own lines are.
/^calls=/ { inclusive = 1; next }
/^[0-9+*-]/ { if (!inclusive && counting) sum += $2; inclusive = 0 }
END { printf "%.0f\n", sum }
