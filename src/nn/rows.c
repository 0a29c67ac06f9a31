// Stretches of rows over the pool.
#include "nn/rows.h"

#include "nn/blocks.h"

enum { STRETCH_WORK = 1 << 14 };  // work that is worth a task of its own

typedef struct row_split {
  ig_rows_task task;
  const void *context;
  size_t rows, stretch;
} row_split;

static void run_stretch(void *context, size_t index, int worker) {
  (void)worker;
  const row_split *s = context;
  const size_t first = index * s->stretch;
  s->task(s->context, first, ig_blocks_at_most(first + s->stretch, s->rows));
}

void ig_rows_run(ig_nn *nn, size_t rows, size_t work, ig_rows_task task, const void *context) {
  if (rows == 0) return;
  const size_t stretch = work >= STRETCH_WORK ? 1 : STRETCH_WORK / (work ? work : 1);
  if (!nn->pool || stretch >= rows) {
    task(context, 0, rows);
    return;
  }
  row_split s = {task, context, rows, stretch};
  ig_pool_run(nn->pool, ig_blocks_parts(rows, stretch), run_stretch, &s);
}
