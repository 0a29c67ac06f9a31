// Pointwise activations.
#include "nn/activation.h"

#include <assert.h>

#include "nn/rows.h"

typedef struct activation_work {
  const ig_kernels *kernels;
  ig_activation kind;
  size_t columns;
  const float *input;    // (rows, columns)
  const float *doutput;  // (rows, columns)
  float *output;         // (rows, columns): the output, or dinput
} activation_work;

static void activation_forward_rows(const void *context, size_t first, size_t last) {
  const activation_work *w = context;
  const size_t skip = first * w->columns;
  w->kernels->activation(w->kind, (last - first) * w->columns, w->input + skip, w->output + skip);
}

void ig_activation_forward(ig_nn *nn, ig_activation kind, int rows, int columns, const float *input,
                           float *output) {
  const activation_work w = {.kernels = nn->kernels,
                             .kind = kind,
                             .columns = (size_t)columns,
                             .input = input,
                             .output = output};
  ig_rows_run(nn, (size_t)rows, 4 * w.columns, activation_forward_rows, &w);
}

static void activation_backward_rows(const void *context, size_t first, size_t last) {
  const activation_work *w = context;
  const size_t skip = first * w->columns;
  w->kernels->activation_backward(w->kind, (last - first) * w->columns, w->input + skip,
                                  w->doutput + skip, w->output + skip);
}

void ig_activation_backward(ig_nn *nn, ig_activation kind, int rows, int columns,
                            const float *input, const ig_layer_gradient *gradient) {
  assert(!gradient->accumulate);
  const activation_work w = {.kernels = nn->kernels,
                             .kind = kind,
                             .columns = (size_t)columns,
                             .input = input,
                             .doutput = gradient->doutput,
                             .output = gradient->dinput};
  ig_rows_run(nn, (size_t)rows, 4 * w.columns, activation_backward_rows, &w);
}
