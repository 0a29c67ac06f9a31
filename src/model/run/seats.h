// Seats of encoded sentences. Each seat that is taken owns a stretch of the memory's rows; rows
// never move, so that a sentence that leaves makes a gap, which those that come later may fill.
//
// For example, of 10 rows and sentences of 3, 4 and 2: after the second has left, the gaps are
// rows 3 to 6 and row 9. A sentence of up to 4 rows can come, one of 5 cannot.
#ifndef IG_MODEL_RUN_SEATS_H
#define IG_MODEL_RUN_SEATS_H
#include "nn/nn.h"

typedef struct ig_seats {
  int count;    // seats
  int rows;     // of the memory
  int *begin;   // (count): first row of each seat that is taken
  int *length;  // (count): its rows
  int *by_row;  // (taken): seats that are taken, in the order of their rows
  int taken;
} ig_seats;

// Takes the buffers of `count` seats from the arena; all are free.
void ig_seats_carve(ig_seats *seats, ig_arena *arena, int count, int rows);
// Rows of the largest gap.
int ig_seats_largest_gap(const ig_seats *seats);
// Takes the seats numbered[0], numbered[1], … (NULL: 0, 1, …) for the sentences. Their rows lie
// back to back in the first gap that holds them all: there must be one, and the seats must be free.
// Returns their first row.
int ig_seats_take(ig_seats *seats, const int *numbered, const ig_ragged *sentences);
// seat: one that is taken.
void ig_seats_leave(ig_seats *seats, int seat);
void ig_seats_leave_all(ig_seats *seats);
#endif
