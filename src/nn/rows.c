// Stretches of rows over the pool.
#include "nn/rows.h"

#include "nn/blocks.h"

enum { STRETCH_WORK = 1 << 14 };  // floats worth a task of their own

typedef struct split {
  ig_rows_task task;
  const void *context;
  size_t rows, stretch;
} split;

static void run_stretch(void *context, size_t index, int worker) {
  (void)worker;
  const split *s = context;
  const size_t first = index * s->stretch,
               last = first + s->stretch < s->rows ? first + s->stretch : s->rows;
  s->task(s->context, first, last);
}

void ig_rows_run(ig_nn *nn, size_t rows, size_t work, ig_rows_task task, const void *context) {
  if (rows == 0) return;
  const size_t stretch = work >= STRETCH_WORK ? 1 : STRETCH_WORK / (work ? work : 1);
  if (!nn->pool || stretch >= rows) {
    task(context, 0, rows);
    return;
  }
  split s = {task, context, rows, stretch};
  ig_pool_run(nn->pool, ig_blocks_parts(rows, stretch), run_stretch, &s);
}
