// Teachers' distributions block by block, and the loss of a row.
#include "nn/soft_targets.h"

#include <math.h>
#include <string.h>

#include "nn/blocks.h"
#include "nn/rows.h"

static size_t vocabulary_of(const ig_soft_targets *soft) {
  return (size_t)soft->sources[0].output.out;
}

ig_soft_block ig_soft_targets_take(const ig_soft_targets *soft, ig_arena *arena, int rows) {
  const size_t values = (size_t)rows * vocabulary_of(soft);
  ig_soft_block block;
  block.logs = IG_TAKE(arena, float, values);
  block.probabilities = IG_TAKE(arena, float, values);
  return block;
}

// ---- the teachers' rows -------------------------------------------------------

typedef struct source_work {
  const ig_kernels *kernels;
  const ig_soft_targets *soft;
  int source;
  float *logits;  // (rows, V): of this source
  float *logs;    // (rows, V)
} source_work;

// Adds up the logarithms of weighted probabilities; logits are over T already. Those of one teacher
// alone stay as they are: log q and a number of the row.
static void add_row(const source_work *w, const float *logits, float *logs) {
  const size_t n = vocabulary_of(w->soft);
  if (w->soft->count == 1) {
    memcpy(logs, logits, n * sizeof *logs);
    return;
  }
  const float shift = logf(w->soft->sources[w->source].weight) - w->kernels->log_sum_exp(n, logits);
  if (w->source == 0)
    for (size_t i = 0; i < n; i++) logs[i] = logits[i] + shift;
  else
    w->kernels->log_add_exp(n, shift, logits, logs);
}

static void add_rows_of_source(const void *context, size_t first, size_t last) {
  const source_work *w = context;
  const size_t n = vocabulary_of(w->soft);
  for (size_t r = first; r < last; r++) {
    float *logits = w->logits + r * n;
    w->kernels->scale(n, 1.0f / w->soft->temperature, logits, logits);
    add_row(w, logits, w->logs + r * n);
  }
}

void ig_soft_targets_run(ig_nn *nn, const ig_soft_targets *soft, int first, int rows,
                         const ig_soft_block *block) {
  const bool training = nn->training;
  nn->training = false;  // teachers compute as they do where they translate
  for (int m = 0; m < soft->count; m++) {
    const ig_soft_source *source = &soft->sources[m];
    ig_linear_forward(nn, &source->output, rows,
                      source->hidden + (size_t)first * (size_t)source->output.in,
                      IG_ACTIVATION_NONE, block->probabilities);
    const source_work w = {nn->kernels, soft, m, block->probabilities, block->logs};
    ig_rows_run(nn, (size_t)rows, 8 * vocabulary_of(soft), add_rows_of_source, &w);
  }
  nn->training = training;
}

size_t ig_soft_targets_scratch(const ig_nn *nn, const ig_soft_targets *soft, int rows) {
  size_t most = 0;
  for (int m = 0; m < soft->count; m++)
    most = ig_blocks_at_least(most, ig_linear_scratch(nn, &soft->sources[m].output, rows));
  return most;
}

// ---- the k most likely --------------------------------------------------------

// Moves the value at `at` of a heap, whose smallest is the first, to its place.
static void sift_down(float *heap, size_t count, size_t at) {
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && heap[child + 1] < heap[child]) child++;
    if (!(heap[child] < heap[at])) return;
    const float value = heap[at];
    heap[at] = heap[child];
    heap[child] = value;
  }
}

// The smallest of the k largest values of x (n); heap (k) is overwritten.
static float smallest_kept(size_t n, const float *x, size_t k, float *heap) {
  memcpy(heap, x, k * sizeof *heap);
  for (size_t i = k; i-- > 0;) sift_down(heap, k, i);
  for (size_t i = k; i < n; i++) {
    if (!(x[i] > heap[0])) continue;
    heap[0] = x[i];
    sift_down(heap, k, 0);
  }
  return heap[0];
}

// Leaves the k largest values; of equal ones the first. The others become impossible.
static void keep_largest(size_t n, float *x, size_t k, float *heap) {
  const float limit = smallest_kept(n, x, k, heap);
  size_t equal = k;
  for (size_t i = 0; i < n; i++) equal -= x[i] > limit;
  for (size_t i = 0; i < n; i++) {
    if (x[i] == limit && equal > 0)
      equal--;
    else if (x[i] <= limit)
      x[i] = -INFINITY;
  }
}

// ---- the loss of a row ----------------------------------------------------------

// - sum q log softmax(x). x is overwritten: where q is 0 nothing is left of it, for 0 times
// -infinity would be no number.
static float cross_entropy(const ig_kernels *kernels, size_t n, const float *q, float *x) {
  const float log_sum = kernels->log_sum_exp(n, x);
  for (size_t i = 0; i < n; i++) x[i] = q[i] == 0 ? 0.0f : x[i];
  return log_sum - kernels->dot(n, q, x);
}

void ig_soft_targets_row(const ig_kernels *kernels, const ig_soft_targets *soft,
                         const ig_cross_entropy *reference, ig_soft_row *row) {
  const size_t n = vocabulary_of(soft);
  const float t = soft->temperature, share = soft->share;
  float *q = row->probabilities, *logs = row->logs, ce_of_reference;
  if (soft->top_k > 0 && (size_t)soft->top_k < n) keep_largest(n, logs, (size_t)soft->top_k, q);
  memcpy(q, logs, n * sizeof *q);
  kernels->softmax(n, q);
  const float entropy = cross_entropy(kernels, n, q, logs);
  kernels->scale(n, 1.0f / t, row->logits, logs);
  const float ce = cross_entropy(kernels, n, q, logs);
  kernels->scale(n, 1.0f / t, row->logits, logs);
  kernels->softmax(n, logs);  // the student's p
  ig_cross_entropy rest = *reference;
  rest.gradient_scale *= 1.0f - share;
  kernels->cross_entropy(&rest, n, row->logits, &ce_of_reference, &row->nll);
  const float scale = share * t * reference->gradient_scale;
  kernels->axpy(n, scale, logs, row->logits);
  kernels->axpy(n, -scale, q, row->logits);
  row->loss = share * t * t * ce + (1.0f - share) * ce_of_reference;
  row->kl_divergence = ce - entropy;
}
