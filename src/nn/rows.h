// Row-wise work split over threads by stretches of rows. A row's result does not depend on the
// split.
#ifndef IG_NN_ROWS_H
#define IG_NN_ROWS_H
#include "nn/nn.h"

// Does rows first .. last-1.
typedef void (*ig_rows_task)(const void *context, size_t first, size_t last);
// work: what a row costs, in vector operations on one float each, roughly. Where all rows together
// cost little, they run on the calling thread.
void ig_rows_run(ig_nn *nn, size_t rows, size_t work, ig_rows_task task, const void *context);
#endif
