// Norms, forward and backward. With xhat = (x - mean) rstd and g = dy weight:
//   dx = rstd (g - mean(g) - xhat mean(g xhat)), an RMS norm's without mean(g)
//   dweight += sum over rows of dy xhat
//   dbias += sum over rows of dy
#include "nn/norm.h"

#include <assert.h>

#include "nn/blocks.h"
#include "nn/rows.h"

enum { PARAMETER_COLUMNS = 64 };  // columns of a task of the parameters' gradients

void ig_norm_carve(ig_norm_state *state, ig_arena *arena, int rows) {
  state->mean = IG_TAKE(arena, float, rows);
  state->rstd = IG_TAKE(arena, float, rows);
}

typedef struct norm_rows_work {
  const ig_kernels *kernels;
  const ig_norm *norm;
  const ig_norm_state *state;
  const float *input;    // (rows, d)
  const float *doutput;  // (rows, d)
  float *output;         // (rows, d): the output, or dinput
  size_t rows;
} norm_rows_work;

static void norm_forward_rows(const void *context, size_t first, size_t last) {
  const norm_rows_work *w = context;
  const size_t d = (size_t)w->norm->size;
  const ig_norm_weights weights = {w->norm->weight, w->norm->bias, w->norm->eps};
  for (size_t r = first; r < last; r++)
    w->kernels->layer_norm(d, &weights, w->input + r * d, w->output + r * d, &w->state->mean[r],
                           &w->state->rstd[r]);
}

static void rms_forward_rows(const void *context, size_t first, size_t last) {
  const norm_rows_work *w = context;
  const size_t d = (size_t)w->norm->size;
  const ig_norm_weights weights = {.gamma = w->norm->weight, .eps = w->norm->eps};
  for (size_t r = first; r < last; r++) {
    w->state->mean[r] = 0;
    w->kernels->rms_norm(d, &weights, w->input + r * d, w->output + r * d, &w->state->rstd[r]);
  }
}

void ig_norm_forward(ig_nn *nn, const ig_norm *norm, const ig_norm_state *state, int rows,
                     const float *input, float *output) {
  const norm_rows_work w = {
      .kernels = nn->kernels, .norm = norm, .state = state, .input = input, .output = output};
  ig_rows_run(nn, (size_t)rows, 2 * (size_t)norm->size,
              norm->rms ? rms_forward_rows : norm_forward_rows, &w);
}

static ig_norm_moments moments_of(const norm_rows_work *w, size_t row) {
  return (ig_norm_moments){w->state->mean[row], w->state->rstd[row]};
}

static void norm_backward_rows(const void *context, size_t first, size_t last) {
  const norm_rows_work *w = context;
  const size_t d = (size_t)w->norm->size;
  for (size_t r = first; r < last; r++)
    w->kernels->layer_norm_backward(d, w->norm->weight, moments_of(w, r), w->input + r * d,
                                    w->doutput + r * d, w->output + r * d);
}

static void rms_backward_rows(const void *context, size_t first, size_t last) {
  const norm_rows_work *w = context;
  const size_t d = (size_t)w->norm->size;
  for (size_t r = first; r < last; r++)
    w->kernels->rms_norm_backward(d, w->norm->weight, w->state->rstd[r], w->input + r * d,
                                  w->doutput + r * d, w->output + r * d);
}

// Adds one stretch of columns of all rows, in row order.
static void norm_parameter_columns(void *context, size_t index, int worker) {
  (void)worker;
  const norm_rows_work *w = context;
  const size_t d = (size_t)w->norm->size, first = index * PARAMETER_COLUMNS,
               count = ig_blocks_at_most(d - first, PARAMETER_COLUMNS);
  float *dbias = w->norm->bias_gradient ? w->norm->bias_gradient + first : NULL;
  for (size_t r = 0; r < w->rows; r++)
    w->kernels->layer_norm_parameters(count, moments_of(w, r), w->input + r * d + first,
                                      w->doutput + r * d + first, w->norm->weight_gradient + first,
                                      dbias);
}

void ig_norm_backward(ig_nn *nn, const ig_norm *norm, const ig_norm_state *state, int rows,
                      const float *input, const ig_layer_gradient *gradient) {
  assert(!gradient->accumulate);
  norm_rows_work w = {.kernels = nn->kernels,
                      .norm = norm,
                      .state = state,
                      .input = input,
                      .doutput = gradient->doutput,
                      .output = gradient->dinput,
                      .rows = (size_t)rows};
  // The parameters come first, because dinput may be doutput.
  if (norm->weight_gradient)
    ig_pool_run(nn->pool, ig_blocks_parts((size_t)norm->size, PARAMETER_COLUMNS),
                norm_parameter_columns, &w);
  ig_rows_run(nn, (size_t)rows, 2 * (size_t)norm->size,
              norm->rms ? rms_backward_rows : norm_backward_rows, &w);
}
