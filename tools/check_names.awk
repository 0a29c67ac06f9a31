# Names of src/ and include/: see check_laws.sh. Headers come first, public ones before all.
function base_of(path) {
  sub(/.*\//, "", path)
  sub(/\.[a-z]+$/, "", path)
  return path
}

# Does `name` begin with ig_BASE, as a word?
function begins(name, base) {
  return name == "ig_" base || index(name, "ig_" base "_") == 1
}

# The enum's name in capitals, which its values begin with; a closing _kind is left out.
function prefix_of(enum) {
  sub(/_kind$/, "", enum)
  return toupper(enum) "_"
}

function check_function(name, is_static) {
  if (FILENAME ~ /^include\//) {
    public_function[name] = 1
  } else if (FILENAME ~ /\.h$/) {
    if (is_static && name !~ /^ig_/) return
    if (!(name in public_function) && !begins(name, base))
      report(FILENAME ":" FNR, name ": a function of this header begins with ig_" base "_")
  } else if (is_static && name ~ /^ig_/) {
    report(FILENAME ":" FNR, name ": what is private to a file has no ig_")
  }
}

function check_type(name) {
  if (name in type_place && type_file[name] != FILENAME && !(name in public_type))
    report(FILENAME ":" FNR, name ": a type of this name is at " type_place[name] " too")
  type_place[name] = FILENAME ":" FNR
  type_file[name] = FILENAME
  if (FILENAME ~ /^include\//) public_type[name] = 1
}

function check_values(code,    n, i, list, value) {
  gsub(/=[^,}]*/, "", code)
  n = split(code, list, /[,{} \t;]+/)
  for (i = 1; i <= n; i++) {
    value = list[i]
    if (value ~ /^[A-Z][A-Z0-9_]*$/ && index(value, prefix_of(enum)) != 1 && enum != "ig_status")
      report(FILENAME ":" FNR, value ": a value of " enum " begins with " prefix_of(enum))
  }
}

FNR == 1 {
  base = base_of(FILENAME)
  folder = FILENAME
  sub(/\/[^\/]*$/, "", folder)
  enum = ""
  if (FILENAME ~ /^src\// && base in base_folder && base_folder[base] != folder)
    report(FILENAME ":1", base ": files in " base_folder[base] " have this name too")
  if (FILENAME ~ /^src\//) base_folder[base] = folder
}

{
  code = strip($0, 0)
  if (FILENAME ~ /\.h$/) {
    rest = code
    while (match(rest, /ig_[a-z0-9_]+/)) {
      in_header[substr(rest, RSTART, RLENGTH)] = 1
      rest = substr(rest, RSTART + RLENGTH)
    }
  }
  if (enum != "") {
    check_values(code)
    if (code ~ /}/) enum = ""
    next
  }
  if (code ~ /^(typedef )?enum [a-z_0-9]+ *{/) {
    enum = code
    sub(/^(typedef )?enum /, "", enum)
    sub(/ *{.*/, "", enum)
    if (enum !~ /_enum$/) check_type(enum)
    if (FILENAME ~ /\.c$/ && enum ~ /^ig_/ && !(enum in in_header))
      report(FILENAME ":" FNR, enum ": what is private to a file has no ig_")
    sub(/^[^{]*{/, "", code)
    text = code
    sub(/}.*/, "", text)
    check_values(text)
    if (code ~ /}/) enum = ""
    next
  }
  if (code ~ /^(typedef )?(struct|union) [a-z_0-9]+ *{/) {
    name = code
    sub(/^(typedef )?(struct|union) /, "", name)
    sub(/ *{.*/, "", name)
    check_type(name)
    if (FILENAME ~ /\.c$/ && name ~ /^ig_/ && !(name in in_header))
      report(FILENAME ":" FNR, name ": what is private to a file has no ig_")
    next
  }
  if (code ~ /^typedef (struct|union|enum) *{/) report(FILENAME ":" FNR, "a type without a tag")
  if (code ~ /^[a-z]/ && code !~ /^(typedef|return|else|extern "C")/) {
    head = code
    if (!match(head, /\(/)) next
    head = substr(head, 1, RSTART - 1)
    if (head ~ /[={]/) next
    if (!match(head, /[a-zA-Z_0-9]+$/)) next
    name = substr(head, RSTART)
    # One word before "(": a macro that makes a function.
    if (head !~ /[ *]/) next
    check_function(name, head ~ /^static/)
  }
}

END { conclude("names") }
