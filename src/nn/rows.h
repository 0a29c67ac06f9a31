// Row-wise work split over threads: stretches of rows, each row the same whatever the split.
#ifndef IG_NN_ROWS_H
#define IG_NN_ROWS_H
#include "nn/nn.h"

typedef void (*ig_rows_task)(const void *context, size_t first,
                             size_t last);  // rows first .. last-1
// work: a row's cost in about one vector operation each; small totals run on the calling thread.
void ig_rows_run(ig_nn *nn, size_t rows, size_t work, ig_rows_task task, const void *context);
#endif
