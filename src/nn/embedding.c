// Embedding look-up plus positions, and its gradient.
#include "nn/embedding.h"

#include <math.h>

#include "nn/blocks.h"
#include "nn/rows.h"

enum { GRADIENT_COLUMNS = 64 };  // columns a task of the gradient

typedef struct embedding_work {
  const ig_kernels *kernels;
  const ig_embedding *embedding;
  const int *ids;          // (rows)
  const int *position;     // (rows)
  const float *positions;  // (max, d)
  const float *doutput;    // (rows, d)
  float *output;           // (rows, d)
  size_t rows;
} embedding_work;

static void forward_rows(const void *context, size_t first, size_t last) {
  const embedding_work *w = context;
  const size_t d = (size_t)w->embedding->size;
  for (size_t r = first; r < last; r++) {
    float *to = w->output + r * d;
    w->kernels->scale(d, w->embedding->scale, w->embedding->weight + (size_t)w->ids[r] * d, to);
    w->kernels->add(d, to, w->positions + (size_t)w->position[r] * d, to);
  }
}

void ig_embedding_forward(ig_nn *nn, const ig_embedding *embedding, int rows, const int *ids,
                          const int *position, const float *positions, float *output) {
  const embedding_work w = {.kernels = nn->kernels,
                            .embedding = embedding,
                            .ids = ids,
                            .position = position,
                            .positions = positions,
                            .output = output};
  ig_rows_run(nn, (size_t)rows, 2 * (size_t)embedding->size, forward_rows, &w);
}

// One stretch of columns over all rows, in row order: rows of one id add up in the order of the
// batch.
static void gradient_task(void *context, size_t index, int worker) {
  (void)worker;
  const embedding_work *w = context;
  const ig_embedding *e = w->embedding;
  const size_t d = (size_t)e->size, first = index * GRADIENT_COLUMNS,
               count = d - first < GRADIENT_COLUMNS ? d - first : GRADIENT_COLUMNS;
  for (size_t r = 0; r < w->rows; r++)
    if (w->ids[r] != e->frozen_id)
      w->kernels->axpy(count, e->scale, w->doutput + r * d + first,
                       e->weight_gradient + (size_t)w->ids[r] * d + first);
}

void ig_embedding_backward(ig_nn *nn, const ig_embedding *embedding, int rows, const int *ids,
                           const float *doutput) {
  if (!embedding->weight_gradient) return;
  embedding_work w = {.kernels = nn->kernels,
                      .embedding = embedding,
                      .ids = ids,
                      .doutput = doutput,
                      .rows = (size_t)rows};
  ig_pool_run(nn->pool, ig_blocks_parts((size_t)embedding->size, GRADIENT_COLUMNS), gradient_task,
              &w);
}

// Interleaved: the angle is rounded to float as in the tutorials' code, so that the table is
// theirs. Halves: in double, as in transformers.
void ig_sinusoids(ig_positions kind, int positions, int d, float *table) {
  for (int i = 0; i < d / 2; i++) {
    const float rate = expf((float)(2 * i) * (float)(-log(10000.0) / d));
    const double exact = pow(10000.0, -2.0 * i / d);
    for (int p = 0; p < positions; p++) {
      const double angle = kind == IG_POSITIONS_INTERLEAVED ? (double)((float)p * rate) : p * exact;
      float *row = table + (size_t)p * (size_t)d;
      const int sine = kind == IG_POSITIONS_INTERLEAVED ? 2 * i : i,
                cosine = kind == IG_POSITIONS_INTERLEAVED ? 2 * i + 1 : d / 2 + i;
      row[sine] = (float)sin(angle);
      row[cosine] = (float)cos(angle);
    }
  }
}
