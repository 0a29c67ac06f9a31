# The picture docs/rooms.svg, drawn from docs/rooms.txt (which room may include which) and the table
# of docs/rooms.md (a phrase for each): see draw_rooms.sh. A box says all that its room may include.
# Arrows lead to the rooms just below; one that others imply is left out.

function room_of(unit) {
  sub(/\/.*/, "", unit)
  return unit
}

# Can `from` come to `to` by lines?
function reaches(from, to,    i, n, list) {
  n = split(needs[from], list, " ")
  for (i = 1; i <= n; i++)
    if (list[i] == to || reaches(list[i], to)) return 1
  return 0
}

# Longest way down; folders count what their own room names only.
function level(unit,    i, n, list, l, most) {
  if (unit in level_of) return level_of[unit]
  most = -1
  n = split(needs[unit], list, " ")
  for (i = 1; i <= n; i++) {
    if (unit ~ /\// && (room_of(list[i]) != room_of(unit) || list[i] == room_of(unit))) continue
    l = level(list[i])
    if (l > most) most = l
  }
  return level_of[unit] = most + 1
}

function implied(from, to,    i, n, list) {
  n = split(needs[from], list, " ")
  for (i = 1; i <= n; i++)
    if (list[i] != to && reaches(list[i], to)) return 1
  return 0
}

function text(x, y, class, string) {
  gsub(/&/, "\\&amp;", string)
  gsub(/</, "\\&lt;", string)
  printf "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, class, string
}

function place(unit, x, y, w, h) {
  left[unit] = x
  top[unit] = y
  wide[unit] = w
  high[unit] = h
}

function box(unit, class) {
  printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" class=\"%s\"/>\n",
    left[unit], top[unit], wide[unit], high[unit], class
}

# From the lower edge of `from` to the upper edge of `to`; `share` of several arrows are spread.
function arrow(from, to, position, count,    x1, y1, x2, y2, bend) {
  if (to in inner) {  # it stands beside the others: the way is to its side
    x1 = left[from] + wide[from]
    y1 = top[from] + high[from] / 2
    y2 = y1
    if (y2 > top[to] + high[to] - 12) y2 = top[to] + high[to] - 12
    if (y2 < top[to] + 12) y2 = top[to] + 12
    bend = (left[to] - x1) / 2
    printf "<path d=\"M%d %d C%d %d %d %d %d %d\" class=\"arrow\"/>\n",
      x1, y1, x1 + bend, y1, left[to] - 3 - bend, y2, left[to] - 3, y2
    return
  }
  x1 = left[from] + wide[from] * (position + 0.5) / count
  y1 = top[from] + high[from]
  arrived[to]++
  x2 = left[to] + wide[to] * (arrived[to] - 0.5) / arrivals[to]
  y2 = top[to] - 3
  bend = (y2 - y1) / 2
  printf "<path d=\"M%d %d C%d %d %d %d %d %d\" class=\"arrow\"/>\n",
    x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2
}

function label(unit,    name, list) {
  name = unit
  sub(/.*\//, "", name)
  text(left[unit] + wide[unit] / 2, top[unit] + 18, "name", name)
  if (unit in phrase) text(left[unit] + wide[unit] / 2, top[unit] + 33, "phrase", phrase[unit])
  list = line[unit]
  gsub(room_of(unit) "/", "", list)
  if (all_see_base) sub(/^base */, "", list)
  if (list != "") label_lines(left[unit] + wide[unit] / 2, top[unit], "sees " list)
}

# One line, or two if it is too long for its box.
function label_lines(x, y, string,    cut) {
  if (length(string) <= 48) {
    text(x, y + 48, "sees", string)
    return
  }
  cut = int(length(string) / 2)
  while (substr(string, cut, 1) != " ") cut++
  text(x, y + 44, "sees", substr(string, 1, cut - 1))
  text(x, y + 54, "sees", substr(string, cut + 1))
}

FILENAME ~ /\.md$/ {
  # | `room/` | phrase | ...
  if (split($0, cell, "|") >= 4 && cell[2] ~ /`[a-z_\/]+\/`/) {
    unit = cell[2]
    gsub(/[` ]/, "", unit)
    sub(/\/$/, "", unit)
    gsub(/^ +| +$/, "", cell[3])
    phrase[unit] = cell[3]
  }
  next
}

/^[a-z]/ {
  unit = $0
  sub(/:.*/, "", unit)
  line[unit] = $0
  sub(/^[^:]*: */, "", line[unit])
  order[++units] = unit
  needs[unit] = needs[unit] " " line[unit]
  if (unit ~ /\//) {
    inner[room_of(unit)] = inner[room_of(unit)] " " unit
    # The room as a whole needs what its folders need of other rooms.
    n = split(line[unit], list, " ")
    for (i = 1; i <= n; i++)
      if (room_of(list[i]) != room_of(unit) && (" " line[room_of(unit)] " ") !~ (" " list[i] " ")) {
        line[room_of(unit)] = line[room_of(unit)] " " list[i]
        needs[room_of(unit)] = needs[room_of(unit)] " " list[i]
      }
  }
}

END {
  width = 232
  height = 58
  gap = 22
  step = 104
  margin = 24
  inner_width = 2 * width + 3 * gap
  # The rooms by level; those with folders stand apart, on the right.
  for (i = 1; i <= units; i++) {
    unit = order[i]
    if (unit ~ /\//) continue
    l = level(unit)
    if (unit in inner) large[++larges] = unit
    else row[l] = row[l] " " unit
    if (l > highest) highest = l
  }
  for (l = 0; l <= highest; l++) {
    n = split(row[l], list, " ")
    if (n > widest) widest = n
  }
  rows = highest
  for (g = 1; g <= larges; g++) {
    n = split(inner[large[g]], folders, " ")
    for (i = 1; i <= n; i++) {
      l = level(folders[i])
      inner_row[g, l] = inner_row[g, l] " " folders[i]
      if (l > inner_highest[g]) inner_highest[g] = l
    }
    if (inner_highest[g] + level(large[g]) > rows) rows = inner_highest[g] + level(large[g])
  }
  total_width = margin * 2 + widest * (width + gap) + larges * (inner_width + gap)
  total_height = margin * 2 + rows * step + height + 30

  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" ",
    total_width, total_height
  print "font-family=\"sans-serif\">"
  print "<!-- Drawn by tools/draw_rooms.sh from docs/rooms.txt and docs/rooms.md: do not edit. -->"
  print "<title>The rooms of Ingot's source, and what each may include</title>"
  print "<style>"
  print "rect.room { fill: #eef3f8; stroke: #4a6a8a; }"
  print "rect.folder { fill: #fff; stroke: #4a6a8a; }"
  print "text { text-anchor: middle; fill: #1c2b3a; }"
  print ".name { font-size: 15px; font-weight: bold; }"
  print ".phrase { font-size: 11px; }"
  print ".sees { font-size: 9.5px; fill: #5b6b7b; }"
  print ".arrow { fill: none; stroke: #8296aa; stroke-width: 1.3; marker-end: url(#tip); }"
  print "</style>"
  print "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\""
  print "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#8296aa\"/>"
  print "</marker></defs>"
  printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", total_width, total_height

  base_y = total_height - margin - height
  for (l = 0; l <= highest; l++) {
    n = split(row[l], list, " ")
    span = widest * (width + gap)
    for (i = 1; i <= n; i++)
      place(list[i], margin + span * (i - 0.5) / n - width / 2, base_y - l * step, width, height)
  }
  for (g = 1; g <= larges; g++) {
    x = margin + widest * (width + gap) + gap + (g - 1) * (inner_width + gap)
    y = base_y - (inner_highest[g] + level(large[g])) * step
    place(large[g], x, y - 44, inner_width, inner_highest[g] * step + height + 58)
    for (l = 0; l <= inner_highest[g]; l++) {
      n = split(inner_row[g, l], list, " ")
      for (i = 1; i <= n; i++)
        place(list[i], x + inner_width * (i - 0.5) / n - width / 2,
              y + (inner_highest[g] - l) * step, width, height)
    }
  }
  # How many arrows come to and leave each.
  for (i = 1; i <= units; i++) {
    n = split(needs[order[i]], list, " ")
    for (j = 1; j <= n; j++)
      if (is_drawn(order[i], list[j])) {
        arrivals[list[j]]++
        leaving[order[i]]++
      }
  }
  for (g = 1; g <= larges; g++) box(large[g], "room")
  for (i = 1; i <= units; i++) {
    n = split(needs[order[i]], list, " ")
    count = 0
    for (j = 1; j <= n; j++)
      if (is_drawn(order[i], list[j])) arrow(order[i], list[j], count++, leaving[order[i]])
  }
  all_see_base = 1
  for (i = 1; i <= units; i++)
    if (order[i] != "base" && (" " line[order[i]] " ") !~ / base /) all_see_base = 0
  for (i = 1; i <= units; i++)
    if (!(order[i] in inner)) {
      box(order[i], order[i] ~ /\// ? "folder" : "room")
      label(order[i])
    }
  if (all_see_base)
    text(left["base"] + width / 2, top["base"] + 48, "sees", "seen by all: not said again")
  for (g = 1; g <= larges; g++) {
    unit = large[g]
    text(left[unit] + wide[unit] / 2, top[unit] + 18, "name", unit)
    text(left[unit] + wide[unit] / 2, top[unit] + 33, "phrase", phrase[unit])
  }
  print "</svg>"
}

# Arrows are drawn between rooms, and between folders of a room.
function is_drawn(from, to) {
  if (to !~ /\// && from ~ /\//) return 0
  return !implied(from, to)
}
