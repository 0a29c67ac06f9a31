// Optimal transport between the rows and the columns of a square matrix of gains, softened by its
// entropy: the matrix T of
//   max over T of  sum T[i][j] gain[i][j] - regularization sum T[i][j] log T[i][j],
// whose rows and columns each sum to 1   (Cuturi 2013, "Sinkhorn Distances"). With a regularization
// towards 0 it is the linear assignment, with a large one everything is 1 / n.
#ifndef IG_NUMERIC_TRANSPORT_H
#define IG_NUMERIC_TRANSPORT_H
#include "base/interrupt.h"
#include "base/pool.h"
#include "numeric/assignment.h"

// Memory for problems of up to `capacity` rows.
typedef struct ig_transport {
  size_t capacity;
  double *row_price, *column_price;    // (capacity)
  double *next;                        // (capacity): prices of columns that are being found
  double *row_factor, *column_factor;  // (capacity): what prices have changed by since T was found
} ig_transport;

// ig_transport_free in any case; start from {0}.
ig_status ig_transport_create(size_t capacity, ig_transport *out, ig_error *err);
void ig_transport_free(ig_transport *transport);
size_t ig_transport_memory(size_t capacity);  // bytes

typedef struct ig_transport_problem {
  ig_assignment_gains gains;
  double regularization;  // above 0, in the unit of the gains
  ig_pool *pool;          // NULL: serially
  // NULL: nothing ends it early. What was cut short is of no use: ask the watch.
  ig_interrupt_watch *watch;
} ig_transport_problem;
// out (n, n) = T: rows sum to 1 but for rounding. Returns how far the sum of any column is from 1
// at most: below 1e-9, unless that takes too many rounds, as where gains differ by little more than
// the regularization. The same bits for any threads.
double ig_transport_solve(ig_transport *transport, const ig_transport_problem *problem,
                          double *out);
#endif
