// Dropout by rows.
#include "nn/dropout.h"

#include <math.h>
#include <string.h>

#include "nn/rows.h"

static uint32_t threshold_of(float probability) { return (uint32_t)lrintf(probability * 65536.0f); }

bool ig_dropout_active(const ig_nn *nn, const ig_dropout *dropout) {
  return nn->training && threshold_of(dropout->probability) > 0;
}

ig_dropout_row ig_dropout_key(const ig_nn *nn, const ig_dropout *dropout, uint32_t row) {
  const uint32_t threshold = threshold_of(dropout->probability);
  return (ig_dropout_row){.key = {(uint32_t)nn->seed, (uint32_t)(nn->seed >> 32)},
                          .counter = {0, nn->first_row + row, dropout->stream, nn->update},
                          .threshold = threshold,
                          .scale = 65536.0f / (65536.0f - (float)threshold)};
}

typedef struct dropout_work {
  const ig_nn *nn;
  const ig_dropout *dropout;
  const float *input;  // (rows, columns)
  float *output;       // (rows, columns)
  size_t columns;
} dropout_work;

static void drop_rows(const void *context, size_t first, size_t last) {
  const dropout_work *w = context;
  for (size_t r = first; r < last; r++) {
    const ig_dropout_row key = ig_dropout_key(w->nn, w->dropout, (uint32_t)r);
    w->nn->kernels->dropout(&key, w->columns, w->input + r * w->columns,
                            w->output + r * w->columns);
  }
}

void ig_dropout_forward(ig_nn *nn, const ig_dropout *dropout, int rows, int columns,
                        const float *input, float *output) {
  const dropout_work w = {
      .nn = nn, .dropout = dropout, .input = input, .output = output, .columns = (size_t)columns};
  if (ig_dropout_active(nn, dropout))
    ig_rows_run(nn, (size_t)rows, 4 * w.columns, drop_rows, &w);
  else if (output != input)
    memcpy(output, input, (size_t)rows * w.columns * sizeof *output);
}
