// Embedding look-up plus positions, and its gradient.
#include "nn/embedding.h"

#include "nn/blocks.h"
#include "nn/gemm.h"
#include "nn/rows.h"

enum { GRADIENT_COLUMNS = 64 };  // columns of a task of the gradient

typedef struct embedding_forward_work {
  const ig_kernels *kernels;
  const ig_embedding *embedding;
  const ig_embedding_args *args;
  float *output;  // (rows, d)
} embedding_forward_work;

// scale * the row of one id.
static void look_up(const embedding_forward_work *w, size_t id, float *to) {
  const ig_embedding *e = w->embedding;
  const size_t d = (size_t)e->size;
  const float *row = to;
  if (e->weight)
    row = e->weight + id * d;
  else
    ig_gemm_unpack_column(w->kernels, e->packed, d, id, to);
  w->kernels->scale(d, e->scale, row, to);
}

static void embedding_forward_rows(const void *context, size_t first, size_t last) {
  const embedding_forward_work *w = context;
  const ig_embedding_args *a = w->args;
  const size_t d = (size_t)w->embedding->size;
  for (size_t r = first; r < last; r++) {
    float *to = w->output + r * d;
    look_up(w, (size_t)a->ids[r], to);
    if (a->types) w->kernels->add(d, to, a->types + (size_t)a->type[r] * d, to);
    if (a->positions) w->kernels->add(d, to, a->positions + (size_t)a->position[r] * d, to);
  }
}

void ig_embedding_forward(ig_nn *nn, const ig_embedding *embedding, const ig_embedding_args *args,
                          float *output) {
  const embedding_forward_work w = {nn->kernels, embedding, args, output};
  ig_rows_run(nn, (size_t)args->rows, 2 * (size_t)embedding->size, embedding_forward_rows, &w);
}

typedef struct embedding_backward_work {
  const ig_kernels *kernels;
  const ig_embedding *embedding;
  const int *ids;        // (rows)
  const float *doutput;  // (rows, d)
  size_t rows;
} embedding_backward_work;

// Adds one stretch of columns of all rows, in row order: rows of one id add up in the order of the
// batch.
static void embedding_gradient_columns(void *context, size_t index, int worker) {
  (void)worker;
  const embedding_backward_work *w = context;
  const ig_embedding *e = w->embedding;
  const size_t d = (size_t)e->size, first = index * GRADIENT_COLUMNS,
               count = ig_blocks_at_most(d - first, GRADIENT_COLUMNS);
  for (size_t r = 0; r < w->rows; r++)
    if (w->ids[r] != e->frozen_id)
      w->kernels->axpy(count, e->scale, w->doutput + r * d + first,
                       e->weight_gradient + (size_t)w->ids[r] * d + first);
}

void ig_embedding_backward(ig_nn *nn, const ig_embedding *embedding, int rows, const int *ids,
                           const float *doutput) {
  if (!embedding->weight_gradient) return;
  embedding_backward_work w = {nn->kernels, embedding, ids, doutput, (size_t)rows};
  ig_pool_run(nn->pool, ig_blocks_parts((size_t)embedding->size, GRADIENT_COLUMNS),
              embedding_gradient_columns, &w);
}
