// The residual sum.
#include "nn/residual.h"

#include "nn/blocks.h"
#include "nn/dropout.h"
#include "nn/rows.h"

// Columns that are dropped at a time on the way to the sum, so that they stay in the closest cache.
// A multiple of KEY_COLUMNS.
enum { PIECE = 512 };
// The counter of a row's key grows by KEY_COUNTERS for KEY_COLUMNS columns (kernel/kernels.h).
enum { KEY_COLUMNS = 128, KEY_COUNTERS = 16 };

typedef struct residual_work {
  const ig_nn *nn;
  const ig_residual_args *args;
  size_t columns;
} residual_work;

static void add_rows(const void *context, size_t first, size_t last) {
  const residual_work *w = context;
  const ig_residual_args *a = w->args;
  const size_t skip = first * w->columns;
  w->nn->kernels->add((last - first) * w->columns, a->residual + skip, a->input + skip,
                      a->output + skip);
}

static void add_dropped_rows(const void *context, size_t first, size_t last) {
  const residual_work *w = context;
  const ig_residual_args *a = w->args;
  const ig_kernels *kernels = w->nn->kernels;
  for (size_t r = first; r < last; r++) {
    ig_dropout_row key = ig_dropout_key(w->nn, a->dropout, (uint32_t)r);
    for (size_t c = 0; c < w->columns; c += PIECE) {
      float dropped[PIECE];
      const size_t count = ig_blocks_at_most(w->columns - c, PIECE), at = r * w->columns + c;
      kernels->dropout(&key, count, a->input + at, dropped);
      kernels->add(count, a->residual + at, dropped, a->output + at);
      key.counter[0] += PIECE / KEY_COLUMNS * KEY_COUNTERS;
    }
  }
}

void ig_residual_forward(ig_nn *nn, const ig_residual_args *args) {
  const residual_work w = {.nn = nn, .args = args, .columns = (size_t)args->columns};
  const size_t rows = (size_t)args->rows;
  if (ig_dropout_active(nn, args->dropout))
    ig_rows_run(nn, rows, 4 * w.columns, add_dropped_rows, &w);
  else
    ig_rows_run(nn, rows, w.columns, add_rows, &w);
}
