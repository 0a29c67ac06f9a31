// Stretches of rows, taken and left.
#include "model/run/seats.h"

#include <assert.h>
#include <string.h>

void ig_seats_carve(ig_seats *seats, ig_arena *arena, int count, int rows) {
  *seats = (ig_seats){.count = count, .rows = rows};
  seats->begin = IG_TAKE(arena, int, count);
  seats->length = IG_TAKE(arena, int, count);
  seats->by_row = IG_TAKE(arena, int, count);
}

// The rows between by_row[i - 1] and by_row[i], and *begin, the first of them. For i = taken: those
// after the last seat.
static int gap_before(const ig_seats *seats, int i, int *begin) {
  *begin = 0;
  if (i > 0) {
    const int before = seats->by_row[i - 1];
    *begin = seats->begin[before] + seats->length[before];
  }
  return (i < seats->taken ? seats->begin[seats->by_row[i]] : seats->rows) - *begin;
}

int ig_seats_largest_gap(const ig_seats *seats) {
  int most = 0;
  for (int i = 0; i <= seats->taken; i++) {
    int begin;
    const int gap = gap_before(seats, i, &begin);
    if (gap > most) most = gap;
  }
  return most;
}

int ig_seats_take(ig_seats *seats, const int *numbered, const ig_ragged *sentences) {
  const int count = sentences->sequences, rows = ig_ragged_rows(sentences);
  assert(seats->taken + count <= seats->count && rows <= ig_seats_largest_gap(seats));
  int at = 0, begin;
  while (gap_before(seats, at, &begin) < rows) at++;
  memmove(seats->by_row + at + count, seats->by_row + at,
          (size_t)(seats->taken - at) * sizeof *seats->by_row);
  seats->taken += count;
  for (int s = 0; s < count; s++) {
    const int seat = numbered ? numbered[s] : s;
    seats->by_row[at + s] = seat;
    seats->begin[seat] = begin + sentences->offsets[s];
    seats->length[seat] = sentences->offsets[s + 1] - sentences->offsets[s];
  }
  return begin;
}

void ig_seats_leave(ig_seats *seats, int seat) {
  int at = 0;
  while (seats->by_row[at] != seat) at++;
  seats->taken--;
  memmove(seats->by_row + at, seats->by_row + at + 1,
          (size_t)(seats->taken - at) * sizeof *seats->by_row);
}

void ig_seats_leave_all(ig_seats *seats) { seats->taken = 0; }
