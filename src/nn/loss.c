// Output layer and cross-entropy by blocks of rows. The order and the size of the blocks are fixed,
// so that sums over rows do not depend on threads.
#include "nn/loss.h"

#include <string.h>

#include "nn/rows.h"

enum { FEWEST_ROWS = 256, MOST_ROWS = 512, ROWS_STEP = 16, LOGITS = 1 << 22 };

int ig_loss_block(int vocabulary) {
  const int rows = LOGITS / vocabulary / ROWS_STEP * ROWS_STEP;
  return rows < FEWEST_ROWS ? FEWEST_ROWS : rows > MOST_ROWS ? MOST_ROWS : rows;
}

typedef struct loss_work {
  const ig_kernels *kernels;
  const ig_loss_args *args;
  const int *targets;  // (rows of the block)
  float *logits;       // (rows of the block, V): becomes their gradient
  float *loss, *nll;   // (rows of the block)
  float *log_probs;    // (rows of the block)
  bool *correct;       // (rows of the block)
} loss_work;

static bool is_largest(const float *logits, size_t vocabulary, size_t target) {
  for (size_t i = 0; i < vocabulary; i++)
    if (logits[i] > logits[target] || (logits[i] == logits[target] && i < target)) return false;
  return true;
}

static void loss_rows(const void *context, size_t first, size_t last) {
  const loss_work *w = context;
  const size_t vocabulary = (size_t)w->args->output.out;
  for (size_t r = first; r < last; r++) {
    float *logits = w->logits + r * vocabulary;
    if (w->targets[r] < 0) {
      memset(logits, 0, vocabulary * sizeof *logits);
      w->loss[r] = 0;
      w->nll[r] = 0;
      w->correct[r] = false;
      continue;
    }
    w->correct[r] =
        w->args->counts_correct && is_largest(logits, vocabulary, (size_t)w->targets[r]);
    const ig_cross_entropy row = {w->targets[r], w->args->label_smoothing, w->args->gradient_scale};
    w->kernels->cross_entropy(&row, vocabulary, logits, &w->loss[r], &w->nll[r]);
  }
}

// Rows of the next block when `left` are left.
static int next_rows(const ig_loss_args *args, int left) {
  const int block = ig_loss_block(args->output.out);
  return left < block ? left : block;
}

ig_loss_sums ig_loss_run(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden,
                         float *dhidden) {
  const size_t d = (size_t)args->output.in, vocabulary = (size_t)args->output.out,
               mark = ig_arena_mark(nn->scratch);
  const int most = next_rows(args, rows);
  loss_work w = {.kernels = nn->kernels, .args = args};
  w.logits = IG_TAKE(nn->scratch, float, (size_t)most *vocabulary);
  w.loss = IG_TAKE(nn->scratch, float, most);
  w.nll = IG_TAKE(nn->scratch, float, most);
  w.correct = IG_TAKE(nn->scratch, bool, most);
  ig_loss_sums sums = {0};
  for (int first = 0, count; first < rows; first += count) {
    count = next_rows(args, rows - first);
    const float *input = hidden + (size_t)first * d;
    w.targets = args->targets + first;
    ig_linear_forward(nn, &args->output, count, input, IG_ACTIVATION_NONE, w.logits);
    ig_rows_run(nn, (size_t)count, 8 * vocabulary, loss_rows, &w);
    for (int r = 0; r < count; r++) {
      sums.loss += (double)w.loss[r];
      sums.nll += (double)w.nll[r];
      sums.tokens += w.targets[r] >= 0;
      sums.correct += w.correct[r];
    }
    if (dhidden)
      ig_linear_backward(
          nn, &args->output, count, input,
          &(ig_layer_gradient){.doutput = w.logits, .dinput = dhidden + (size_t)first * d});
  }
  ig_arena_release(nn->scratch, mark);
  return sums;
}

static void log_prob_rows(const void *context, size_t first, size_t last) {
  const loss_work *w = context;
  const size_t vocabulary = (size_t)w->args->output.out;
  for (size_t r = first; r < last; r++) {
    const float *logits = w->logits + r * vocabulary;
    const int target = w->targets[r];
    w->log_probs[r] = target < 0 ? 0 : logits[target] - w->kernels->log_sum_exp(vocabulary, logits);
  }
}

void ig_loss_log_probs(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden,
                       float *log_probs) {
  const size_t vocabulary = (size_t)args->output.out, mark = ig_arena_mark(nn->scratch);
  const int most = next_rows(args, rows);
  loss_work w = {.kernels = nn->kernels,
                 .args = args,
                 .logits = IG_TAKE(nn->scratch, float, (size_t)most *vocabulary)};
  for (int first = 0, count; first < rows; first += count) {
    count = next_rows(args, rows - first);
    w.targets = args->targets + first;
    w.log_probs = log_probs + first;
    ig_linear_forward(nn, &args->output, count, hidden + (size_t)first * (size_t)args->output.in,
                      IG_ACTIVATION_NONE, w.logits);
    ig_rows_run(nn, (size_t)count, 4 * vocabulary, log_prob_rows, &w);
  }
  ig_arena_release(nn->scratch, mark);
}

size_t ig_loss_scratch(const ig_nn *nn, const ig_loss_args *args, int rows) {
  const size_t most = (size_t)next_rows(args, rows);
  ig_arena plan = ig_arena_measure();
  ig_arena_take(&plan, most * (size_t)args->output.out, sizeof(float));
  ig_arena_take(&plan, most, sizeof(float));
  ig_arena_take(&plan, most, sizeof(float));
  ig_arena_take(&plan, most, sizeof(bool));
  return plan.peak + ig_linear_scratch(nn, &args->output, (int)most);
}
