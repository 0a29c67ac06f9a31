// Output layer and cross-entropy by blocks of rows. The order and the size of the blocks are fixed,
// so that sums over rows do not depend on threads.
#include "nn/loss.h"

#include <string.h>

#include "nn/agreement.h"
#include "nn/blocks.h"
#include "nn/entropy.h"
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
  float *probabilities;  // (rows of the block, V): where the loss is an entropy
} loss_work;

// Memory of a block of rows.
static loss_work take_work(ig_arena *arena, const ig_loss_args *args, int rows) {
  loss_work w = {.args = args};
  w.logits = IG_TAKE(arena, float, (size_t)rows *(size_t)args->output.out);
  w.loss = IG_TAKE(arena, float, rows);
  w.nll = IG_TAKE(arena, float, rows);
  w.correct = IG_TAKE(arena, bool, rows);
  if (args->entropy)
    w.probabilities = IG_TAKE(arena, float, (size_t)rows *(size_t)args->output.out);
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

static void run_entropy_row(const loss_work *w, size_t r) {
  const size_t vocabulary = (size_t)w->args->output.out, begin = r * vocabulary;
  float *logits = w->logits + begin;
  w->nll[r] = w->kernels->log_sum_exp(vocabulary, logits) - logits[w->targets[r]];
  ig_entropy_row row = {.probabilities = w->probabilities + begin,
                        .logits = logits,
                        .gradient_scale = w->args->gradient_scale};
  ig_entropy_run_row(w->kernels, vocabulary, &row);
  w->loss[r] = row.entropy;
}

static void run_row(const loss_work *w, size_t r, const ig_cross_entropy *reference) {
  const size_t vocabulary = (size_t)w->args->output.out, begin = r * vocabulary;
  if (w->args->entropy) {
    run_entropy_row(w, r);
    return;
  }
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

// ---- pairs of rows -----------------------------------------------------------

// A block of pairs.
typedef struct pair_work {
  const ig_kernels *kernels;
  const ig_loss_args *args;
  const int *targets;                 // (pairs of the block)
  float *logits[2];                   // (pairs of the block, V): become their gradients
  float *p, *q, *difference;          // (pairs of the block, V)
  float *loss, *nll, *kl_divergence;  // (pairs of the block)
} pair_work;

static pair_work take_pairs(ig_arena *arena, const ig_loss_args *args, int pairs) {
  const size_t values = (size_t)pairs * (size_t)args->output.out;
  pair_work w = {.args = args};
  for (int i = 0; i < 2; i++) w.logits[i] = IG_TAKE(arena, float, values);
  w.p = IG_TAKE(arena, float, values);
  w.q = IG_TAKE(arena, float, values);
  w.difference = IG_TAKE(arena, float, values);
  w.loss = IG_TAKE(arena, float, pairs);
  w.nll = IG_TAKE(arena, float, pairs);
  w.kl_divergence = IG_TAKE(arena, float, pairs);
  return w;
}

// Pairs of the next block when `left` are left.
static int next_pairs(const ig_loss_args *args, int left) {
  const int block = ig_loss_block(args->output.out) / 2;
  return left < block ? left : block;
}

static void run_pair(const pair_work *w, size_t r) {
  const size_t n = (size_t)w->args->output.out, begin = r * n;
  const float scale = w->args->gradient_scale, weight = w->args->r_drop;
  float *x = w->logits[0] + begin, *y = w->logits[1] + begin, loss[2], nll[2];
  ig_agreement_row row = {
      .p = w->p + begin, .q = w->q + begin, .difference = w->difference + begin};
  ig_agreement_measure(w->kernels, n, x, y, &row);
  const ig_cross_entropy reference = {w->targets[r], w->args->label_smoothing, 0.5f * scale};
  w->kernels->cross_entropy(&reference, n, x, &loss[0], &nll[0]);
  w->kernels->cross_entropy(&reference, n, y, &loss[1], &nll[1]);
  ig_agreement_backward(n, &row, weight * scale, x, y);
  w->kl_divergence[r] = 0.5f * (row.to_p + row.to_q);
  w->nll[r] = 0.5f * (nll[0] + nll[1]);
  w->loss[r] = 0.5f * (loss[0] + loss[1]) + weight * w->kl_divergence[r];
}

static void pair_rows(const void *context, size_t first, size_t last) {
  const pair_work *w = context;
  const size_t bytes = (size_t)w->args->output.out * sizeof **w->logits;
  for (size_t r = first; r < last; r++) {
    if (w->targets[r] >= 0) {
      run_pair(w, r);
      continue;
    }
    for (int i = 0; i < 2; i++) memset((char *)w->logits[i] + r * bytes, 0, bytes);
    w->loss[r] = 0;
    w->nll[r] = 0;
    w->kl_divergence[r] = 0;
  }
}

static ig_loss_sums run_pairs(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden,
                              float *dhidden) {
  const size_t d = (size_t)args->output.in, mark = ig_arena_mark(nn->scratch);
  const int pairs = rows / 2;
  pair_work w = take_pairs(nn->scratch, args, next_pairs(args, pairs));
  w.kernels = nn->kernels;
  ig_loss_sums sums = {0};
  for (int first = 0, count; first < pairs; first += count) {
    const size_t places[] = {(size_t)first * d, (size_t)(pairs + first) * d};
    count = next_pairs(args, pairs - first);
    w.targets = args->targets + first;
    for (int i = 0; i < 2; i++)
      ig_linear_forward(nn, &args->output, count, hidden + places[i], IG_ACTIVATION_NONE,
                        w.logits[i]);
    ig_rows_run(nn, (size_t)count, 64 * (size_t)args->output.out, pair_rows, &w);
    for (int r = 0; r < count; r++) {
      sums.loss += (double)w.loss[r];
      sums.nll += (double)w.nll[r];
      sums.kl_divergence += (double)w.kl_divergence[r];
      sums.tokens += w.targets[r] >= 0;
    }
    for (int i = 0; dhidden && i < 2; i++)
      ig_linear_backward(
          nn, &args->output, count, hidden + places[i],
          &(ig_layer_gradient){.doutput = w.logits[i], .dinput = dhidden + places[i]});
  }
  ig_arena_release(nn->scratch, mark);
  return sums;
}

static size_t pair_scratch(const ig_nn *nn, const ig_loss_args *args, int rows) {
  const int most = next_pairs(args, rows / 2);
  ig_arena plan = ig_arena_measure();
  take_pairs(&plan, args, most);
  return plan.peak + ig_linear_scratch(nn, &args->output, most);
}

// ---- all rows -----------------------------------------------------------------

ig_loss_sums ig_loss_run(ig_nn *nn, const ig_loss_args *args, int rows, const float *hidden,
                         float *dhidden) {
  if (args->r_drop > 0) return run_pairs(nn, args, rows, hidden, dhidden);
  const size_t d = (size_t)args->output.in, vocabulary = (size_t)args->output.out,
               mark = ig_arena_mark(nn->scratch), work = args->soft || args->entropy ? 32 : 8;
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
  if (args->r_drop > 0) return pair_scratch(nn, args, rows);
  const int most = next_rows(args, rows);
  ig_arena plan = ig_arena_measure();
  take_work(&plan, args, most);
  const size_t products = ig_linear_scratch(nn, &args->output, most),
               soft = args->soft ? ig_soft_targets_scratch(nn, args->soft, most) : 0;
  return plan.peak + ig_blocks_at_least(products, soft);
}
