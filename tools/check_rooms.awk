# The rules of docs/rooms.txt (see docs/rooms.md), applied to the tables that tools/check_rooms.sh
# prints. A unit is what has a line: a room ("fuse": the files directly in src/fuse, and its folders
# without a line) or a folder of a room ("fuse/plan").

BEGIN {
  law = " (docs/rooms.txt)"
  intrinsics = "^([a-z0-9]*mmintrin|x86intrin|x86gprintrin|avx[a-z0-9]*intrin|cpuid|" \
               "arm_(neon|sve|acle))\\.h$"
}

function report(place, text) {
  print place ": " text
  violations++
}

function report_line(unit, text) {
  report("docs/rooms.txt:" line_of[unit], text)
}

function room_of(unit) {
  sub(/\/.*/, "", unit)
  return unit
}

# The unit that owns a file of src/: the longest folder that has a line; "" where there is none.
function unit_of(path) {
  sub(/^src\//, "", path)
  while (sub(/\/[^\/]*$/, "", path))
    if (path in line_of) return path
  return ""
}

# "src/fuse/plan/../cut.h" -> "src/fuse/cut.h"
function tidy(path) {
  while (sub(/[^\/]+\/\.\.\//, "", path)) {}
  gsub(/\/\.\//, "/", path)
  return path
}

# The path of the repository that an include of `header` in `file` means; "" where there is none.
function resolve(file, header,    folder, path) {
  folder = file
  sub(/[^\/]*$/, "", folder)
  path = tidy(folder header)
  if (path in files) return path
  path = tidy("src/" header)
  if (path in files) return path
  path = tidy("include/" header)
  if (path in files) return path
  path = tidy("tests/" header)
  if (file ~ /^tests\// && path in files) return path
  return ""
}

# The name by which the line of `unit` permits the unit `target`; "-" where that needs no name; ""
# where it does not permit it.
function permission(unit, target) {
  if (unit == target) return "-"
  if ((unit, target) in names) return target
  if (room_of(unit) != room_of(target))
    return (unit, room_of(target)) in names ? room_of(target) : ""
  # The files directly in a room see its folders that do not see them.
  return unit == room_of(unit) && !leads_to(target, unit) ? "-" : ""
}

# May `from`, following lines, come to `to`? A room that is named by another means all of its units;
# from the files directly in a room the way does not go into its folders: that is being decided.
function leads_to(from, to,    seen) { return walk(from, to, seen) }
function walk(from, to, seen,    i, unit, folder, list, n) {
  if (from in seen) return 0
  seen[from] = 1
  n = split(named[from], list, " ")
  for (i = 1; i <= n; i++) {
    unit = list[i]
    if (unit == to || walk(unit, to, seen)) return 1
    if (unit ~ /\// || unit == room_of(from)) continue
    for (folder in line_of)
      if (folder ~ /\// && room_of(folder) == unit)
        if (folder == to || walk(folder, to, seen)) return 1
  }
  return 0
}

# May a test of `room` include the unit `target`? Yes where any unit of its room may.
function test_may(room, target,    unit) {
  if (room_of(target) == room) return 1
  for (unit in line_of)
    if (room_of(unit) == room && permission(unit, target) != "") return 1
  return 0
}

function test_may_call(room, target,    unit) {
  if (room_of(target) == room) return 1
  for (unit in line_of)
    if (room_of(unit) == room)
      if (permission(unit, target) != "" || leads_to(unit, target)) return 1
  return 0
}

# tests/unit/ROOM_SUBJECT.c
function test_room(file) {
  sub(/^tests\/unit\//, "", file)
  sub(/[_.].*/, "", file)
  return file
}

/^room / {
  room_lines++
  text = substr($0, 6)
  if (text == "" || text ~ /^#/) next
  if (text !~ /^[a-z_]+(\/[a-z_]+)*:/) {
    report("docs/rooms.txt:" room_lines, "a line that cannot be read: " text)
    next
  }
  unit = text
  sub(/:.*/, "", unit)
  sub(/^[^:]*:/, "", text)
  line_of[unit] = room_lines
  named[unit] = text
  count = split(text, list, " ")
  for (i = 1; i <= count; i++) names[unit, list[i]] = 1
  next
}

/^file / {
  files[substr($0, 6)] = 1
  next
}

/^include / {
  all[++includes] = substr($0, 9)
  next
}

# A function of the public headers is implemented in the room whose subject it is; a call of it must
# lead down too, though not to a room that the caller's line names. In a public header and where it
# is implemented it begins a line; where it is called, blanks do.
/^mention / {
  text = substr($0, 9)
  match(text, /^[^:]*:[0-9]+:/)
  place = substr(text, 1, RLENGTH - 1)
  text = substr(text, RLENGTH + 1)
  sub(/\/\/.*/, "", text)
  file = place
  sub(/:.*/, "", file)
  if (file ~ /^include\// && text !~ /^[a-z]/) next
  while (match(text, /ig_[a-z0-9_]+\(/)) {
    name = substr(text, RSTART, RLENGTH - 1)
    if (file ~ /^include\//) is_public[name] = 1
    else if (file ~ /^src\/.*\.cc?$/ && is_public[name] &&
             substr(text, 1, RSTART) ~ /^[a-z][^({=;]*$/)
      implemented[name] = unit_of(file)
    else if (is_public[name]) { called[++calls] = name; called_at[calls] = place }
    text = " " substr(text, RSTART + RLENGTH)
  }
  next
}

function check_calls(    i, file, owner, target, by) {
  for (i = 1; i <= calls; i++) {
    file = called_at[i]
    sub(/:.*/, "", file)
    if (!(called[i] in implemented)) continue
    target = implemented[called[i]]
    if (file ~ /^tests\//) {
      owner = test_room(file)
      if (test_may_call(owner, target)) continue
    } else {
      owner = unit_of(file)
      if (owner == "") continue
      by = permission(owner, target)
      if (by != "") used[owner, by] = 1
      if (by != "" || leads_to(owner, target)) continue
    }
    report(called_at[i], called[i] ": '" owner "' may not call what '" target "' implements" law)
  }
}

function check_lines(    unit, i, n, list, path) {
  for (unit in line_of) {
    n = split(named[unit], list, " ")
    for (i = 1; i <= n; i++)
      if (!(list[i] in line_of)) report_line(unit, "'" list[i] "' has no line")
      else if (list[i] == unit) report_line(unit, "'" unit "' names itself")
    if (!(room_of(unit) in line_of)) report_line(unit, "room '" room_of(unit) "' has no line")
    if (leads_to(unit, unit)) report_line(unit, "'" unit "' is part of a circle")
  }
  for (path in files)
    if (path ~ /^src\//) has_files[unit_of(path)] = 1
}

# Every permission that nobody uses would let the first careless line in.
function check_unused(    unit, i, n, list) {
  for (unit in line_of) {
    if (!(unit in has_files)) {
      if (unit ~ /\//) report_line(unit, "src/" unit " has no files")
      continue
    }
    n = split(named[unit], list, " ")
    for (i = 1; i <= n; i++)
      if (list[i] in line_of && !((unit, list[i]) in used))
        report_line(unit, "no file of '" unit "' includes '" list[i] "': strike it")
  }
}

# A test's includes, those of headers of tests/ too.
function check_test(place, file, room, through,    i, target) {
  for (i = 1; i <= include_count[file]; i++) {
    target = include_target[file, i]
    if (target ~ /^src\// && !test_may(room, unit_of(target)))
      report(place == "" ? include_place[file, i] : place,
             through "\"" target "\": a test of room '" room "' may not include '" \
             unit_of(target) "'" law)
    if (target ~ /^tests\// && target != file)
      check_test(place == "" ? include_place[file, i] : place, target, room,
                 "through " target ": ")
  }
}

function check_include(place, file, owner, form, header,    target, unit, by) {
  if (form == "<") {
    if (header ~ intrinsics && file ~ /^(src|cli|examples|include)\// &&
        room_of(owner) != "kernel") {
      report(place, "<" header ">: intrinsics belong to src/kernel")
      return
    }
    if (!(("src/" header) in files)) return
  }
  target = resolve(file, header)
  include_target[file, ++include_count[file]] = target
  include_place[file, include_count[file]] = place
  if (file ~ /^tests\//) return
  if (target == "") {
    report(place, "\"" header "\": no such file")
  } else if (target ~ /^include\//) {
    return
  } else if (file ~ /^include\//) {
    report(place, "\"" header "\": a public header includes public headers only")
  } else if (target ~ /^src\//) {
    unit = unit_of(target)
    if (owner == "") {
      report(place, "\"" header "\": only public headers may be included here")
      return
    }
    by = permission(owner, unit)
    if (by != "") used[owner, by] = 1
    else if (owner ~ /\// || room_of(unit) == room_of(owner))
      report(place, "\"" header "\": '" owner "' may not include '" unit "'" law)
    else
      report(place, "\"" header "\": room '" owner "' may not include room '" room_of(unit) "'" law)
  } else if (owner != "" || room_of(target) != room_of(file)) {
    report(place, "\"" header "\": outside of src")
  }
}

END {
  check_lines()
  for (i = 1; i <= includes; i++) {
    match(all[i], /^[^:]*:[0-9]+/)
    place = substr(all[i], 1, RLENGTH)
    text = substr(all[i], RLENGTH + 2)
    file = place
    sub(/:.*/, "", file)
    owner = ""
    if (file ~ /^src\//) {
      owner = unit_of(file)
      if (owner == "") {
        report(place, "room '" room_of(substr(file, 5)) "' is not in docs/rooms.txt")
        continue
      }
    }
    if (!match(text, /[<"][^>"]+[>"]/)) {
      report(place, "an #include that cannot be read: " text)
      continue
    }
    check_include(place, file, owner, substr(text, RSTART, 1),
                  substr(text, RSTART + 1, RLENGTH - 2))
  }
  for (file in files) {
    if (file !~ /^tests\/unit\//) continue
    room = test_room(file)
    if (room in line_of) check_test("", file, room, "")
    else report(file ":1", "its name begins with no room")
  }
  check_calls()
  check_unused()
  if (violations) {
    print "rooms: " violations " violations"
    exit 1
  }
  print "rooms: fine"
}
