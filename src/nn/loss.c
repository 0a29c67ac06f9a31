// Output layer and cross-entropy by blocks of rows. The order and the size of the blocks are fixed,
// so that sums over rows do not depend on threads.
#include "nn/loss.h"

#include <string.h>

#include "nn/blocks.h"
#include "nn/rows.h"

enum { FEWEST_ROWS = 256, MOST_ROWS = 512, ROWS_STEP = 16, LOGITS = 1 << 22 };

int ig_loss_block(int vocabulary) {
  const int rows = LOGITS / vocabulary / ROWS_STEP * ROWS_STEP;
  return rows < FEWEST_ROWS ? FEWEST_ROWS : rows > MOST_ROWS ? MOST_ROWS : rows;
}

typedef struct loss_work {
  const ig_kernels *kernels;
  const ig_loss_args *args;
  const int *targets;    // (rows of the block)
  float *logits;         // (rows of the block, V): becomes their gradient
  float *loss, *nll;     // (rows of the block)
  float *log_probs;      // (rows of the block)
  bool *correct;         // (rows of the block)
  ig_soft_block soft;    // where there are teachers
  float *kl_divergence;  // (rows of the block): the same
} loss_work;

// Memory of a block of rows.
static loss_work take_work(ig_arena *arena, const ig_loss_args *args, int rows) {
  loss_work w = {.args = args};
  w.logits = IG_TAKE(arena, float, (size_t)rows *(size_t)args->output.out);
  w.loss = IG_TAKE(arena, float, rows);
  w.nll = IG_TAKE(arena, float, rows);
  w.correct = IG_TAKE(arena, bool, rows);
  if (!args->soft) return w;
  w.soft = ig_soft_targets_take(args->soft, arena, rows);
  w.kl_divergence = IG_TAKE(arena, float, rows);
  return w;
}

static bool is_largest(const float *logits, size_t vocabulary, size_t target) {
  for (size_t i = 0; i < vocabulary; i++)
    if (logits[i] > logits[target] || (logits[i] == logits[target] && i < target)) return false;
  return true;
}

static void run_row(const loss_work *w, size_t r, const ig_cross_entropy *reference) {
  const size_t vocabulary = (size_t)w->args->output.out, begin = r * vocabulary;
  if (!w->args->soft) {
    w->kernels->cross_entropy(reference, vocabulary, w->logits + begin, &w->loss[r], &w->nll[r]);
    return;
  }
  ig_soft_row row = {.logs = w->soft.logs + begin,
                     .probabilities = w->soft.probabilities + begin,
                     .logits = w->logits + begin};
  ig_soft_targets_row(w->kernels, w->args->soft, reference, &row);
  w->loss[r] = row.loss;
  w->nll[r] = row.nll;
  w->kl_divergence[r] = row.kl_divergence;
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
      if (w->kl_divergence) w->kl_divergence[r] = 0;
      continue;
    }
    w->correct[r] =
        w->args->counts_correct && is_largest(logits, vocabulary, (size_t)w->targets[r]);
    const ig_cross_entropy reference = {w->targets[r], w->args->label_smoothing,
                                        w->args->gradient_scale};
    run_row(w, r, &reference);
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
               mark = ig_arena_mark(nn->scratch), work = args->soft ? 32 : 8;
  loss_work w = take_work(nn->scratch, args, next_rows(args, rows));
  w.kernels = nn->kernels;
  ig_loss_sums sums = {0};
  for (int first = 0, count; first < rows; first += count) {
    count = next_rows(args, rows - first);
    const float *input = hidden + (size_t)first * d;
    w.targets = args->targets + first;
    if (args->soft) ig_soft_targets_run(nn, args->soft, first, count, &w.soft);
    ig_linear_forward(nn, &args->output, count, input, IG_ACTIVATION_NONE, w.logits);
    ig_rows_run(nn, (size_t)count, work * vocabulary, loss_rows, &w);
    for (int r = 0; r < count; r++) {
      sums.loss += (double)w.loss[r];
      sums.nll += (double)w.nll[r];
      sums.tokens += w.targets[r] >= 0;
      sums.correct += w.correct[r];
      if (w.kl_divergence) sums.kl_divergence += (double)w.kl_divergence[r];
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
  const int most = next_rows(args, rows);
  ig_arena plan = ig_arena_measure();
  take_work(&plan, args, most);
  const size_t products = ig_linear_scratch(nn, &args->output, most),
               soft = args->soft ? ig_soft_targets_scratch(nn, args->soft, most) : 0;
  return plan.peak + ig_blocks_at_least(products, soft);
}
