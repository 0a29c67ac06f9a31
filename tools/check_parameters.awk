# No function, function type or slot of a table has more than six parameters: see check_laws.sh.
# Definitions, declarations and function pointers are looked at, not calls: those begin with a
# lower-case letter in the first column or declare a pointer, "(*name)(".
function commas(text,    i, c, depth, n) {
  n = 0
  depth = 0
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == "(") depth++
    else if (c == ")") {
      if (--depth == 0) return text ~ /^\((void)?\)/ ? -1 : n
    } else if (c == "," && depth == 1) n++
  }
  return -2  # it goes on in the next line
}

{
  code = strip($0, 0)
  if (pending != "") {
    pending = pending " " code
  } else if (code ~ /^[a-z][a-zA-Z0-9_ *]*[ *][a-zA-Z_0-9]+\(/ &&
             code !~ /^(return|else|typedef) /) {
    match(code, /[a-zA-Z_0-9]+\(/)
    name = substr(code, RSTART, RLENGTH - 1)
    pending = substr(code, RSTART + RLENGTH - 1)
    place = FILENAME ":" FNR
  } else if (code ~ /\(\*[a-z_0-9]+\)\(/) {
    match(code, /\(\*[a-z_0-9]+\)\(/)
    name = substr(code, RSTART + 2, RLENGTH - 4)
    pending = substr(code, RSTART + RLENGTH - 1)
    place = FILENAME ":" FNR
  }
  if (pending == "") next
  count = commas(pending)
  if (count == -2) next
  if (count + 1 > 6)
    report(place, name " has " count + 1 " parameters; a struct beats the seventh")
  pending = ""
}

END { conclude("parameters") }
