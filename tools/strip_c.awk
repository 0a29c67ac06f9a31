# For checkers of C: awk -f strip_c.awk -f CHECK.awk FILES. strip() returns the line without its
# comments and, unless keep_strings is 1, with its string and character literals emptied; a comment
# that goes on is remembered. A check calls it once a line.
function strip(line, keep_strings,    out, rest, end, quote) {
  if (FNR == 1) in_comment = 0
  out = ""
  rest = line
  while (rest != "") {
    if (in_comment) {
      end = index(rest, "*/")
      if (!end) return out
      rest = substr(rest, end + 2)
      in_comment = 0
      continue
    }
    if (!match(rest, /\/\/|\/\*|["']/)) return out rest
    out = out substr(rest, 1, RSTART - 1)
    quote = substr(rest, RSTART, RLENGTH)
    rest = substr(rest, RSTART + RLENGTH)
    if (quote == "//") return out
    if (quote == "/*") {
      in_comment = 1
      continue
    }
    out = out quote
    while (match(rest, /\\.|["']/)) {
      if (keep_strings) out = out substr(rest, 1, RSTART + RLENGTH - 1)
      end = substr(rest, RSTART, RLENGTH)
      rest = substr(rest, RSTART + RLENGTH)
      if (end == quote) break
    }
    if (!keep_strings) out = out quote
  }
  return out
}

function report(place, text) {
  print place ": " text
  violations++
}

function conclude(name) {
  if (violations) {
    print name ": " violations " violations"
    exit 1
  }
  print name ": fine"
}
