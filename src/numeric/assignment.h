// The linear assignment problem: each row gets a column of its own, so that the sum of what they
// gain is the largest that there is.
#ifndef IG_NUMERIC_ASSIGNMENT_H
#define IG_NUMERIC_ASSIGNMENT_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"

// Memory for problems of up to `capacity` rows.
typedef struct ig_assignment {
  size_t capacity;
  double *row_price, *column_price;  // (capacity): the dual variables
  double *distance;                  // (capacity): of each column from the row that searches
  size_t *reached_from;              // (capacity): the row before a column on its path
  size_t *row_of, *column_of;        // (capacity): partners; capacity: none
  unsigned char *is_settled;         // (capacity): of columns
} ig_assignment;

// ig_assignment_free in any case; start from {0}.
ig_status ig_assignment_create(size_t capacity, ig_assignment *out, ig_error *err);
void ig_assignment_free(ig_assignment *assignment);

// gain: finite. Row i of the n rows gains gain[i * stride + j] by column j.
typedef struct ig_assignment_gains {
  const double *gain;
  size_t n, stride;  // n: at most the capacity
} ig_assignment_gains;
// column_of[i]: the column of row i. Returns the sum of the gains, which is exact but for rounding:
// shortest augmenting paths in O(n^3)   (Jonker and Volgenant 1987; Crouse 2016, "On implementing
// 2D rectangular assignment algorithms"). Of assignments that gain as much, the order of rows and
// columns decides, so that the same gains always give the same one.
double ig_assignment_solve(ig_assignment *assignment, const ig_assignment_gains *gains,
                           uint32_t *column_of);
#endif
