// Of each batch the first model gives what its taps see, which is kept; the other model's is
// multiplied with it as it comes.
#include "fuse/align/activation_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "fuse/search/pair_walk.h"
#include "model/run/pass.h"
#include "nn/gemm.h"

enum { PANEL = 256 };  // rows of a matrix that are computed at a time

typedef struct pairs_run {
  const ig_activation_pairs *args;
  ig_activation_taps *taps;
  ig_pass *pass[2];
  ig_pair_walk walk;
  ig_nn nn;  // with scratch of its own: the layers are using theirs
  ig_arena scratch;
  ig_arena buffers;
  float **kept;          // (taps): (rows, count) of the first model, in this batch
  float *shifted;        // (rows, most units)
  ig_aligned_role role;  // whose pass runs
} pairs_run;

// ---- memory -----------------------------------------------------------------

static size_t most_units(const ig_activation_taps *taps) {
  size_t most = 1;
  for (size_t i = 0; i < taps->count; i++) most = ig_size_larger(most, taps->items[i].count);
  return most;
}

// The most rows that a stack has in a batch of the one epoch that is walked.
static size_t most_rows(const ig_learning_data *data) {
  const ig_batch_bounds bounds = ig_learning_data_largest(data);
  return ig_size_larger(bounds.tokens[IG_SIDE_SOURCE], bounds.tokens[IG_SIDE_TARGET]);
}

static void carve(pairs_run *r, size_t rows, ig_arena *arena) {
  for (size_t i = 0; i < r->taps->count; i++)
    r->kept[i] = IG_TAKE(arena, float, rows * r->taps->items[i].count);
  r->shifted = IG_TAKE(arena, float, rows *most_units(r->taps));
}

static size_t scratch_of(const pairs_run *r, size_t rows) {
  size_t most = 0;
  for (size_t i = 0; i < r->taps->count; i++) {
    const ig_activation_tap *t = &r->taps->items[i];
    most = ig_size_larger(most, ig_gemm_scratch(&r->nn, rows, t->count, t->columns));
    most = ig_size_larger(most, ig_gemm_scratch(&r->nn, PANEL, t->count, rows));
  }
  return most;
}

static ig_status allocate(pairs_run *r, ig_error *err) {
  const size_t rows = most_rows(r->args->data);
  ig_arena plan = ig_arena_measure();
  r->kept = ig_allocate(r->taps->count, sizeof *r->kept, err);
  if (!r->kept) return IG_ERROR_MEMORY;
  carve(r, rows, &plan);
  IG_TRY(ig_arena_create(&r->buffers, plan.peak, err));
  carve(r, rows, &r->buffers);
  IG_TRY(ig_kernels_select(&r->nn.kernels, err));
  IG_TRY(ig_arena_create(&r->scratch, scratch_of(r, rows), err));
  for (int i = 0; i < 2; i++)
    IG_TRY(ig_pass_create(r->args->models[i], r->args->pool, &r->pass[i], err));
  return IG_OK;
}

// ---- what one tap sees ------------------------------------------------------

// Writes (rows, count) of the tap, of what goes into its layer.
static void read_units(pairs_run *r, const ig_activation_tap *t, int rows, const float *input,
                       float *out) {
  const float *values = r->args->models[r->role]->values;
  if (t->weight == SIZE_MAX) {
    memcpy(out, input, (size_t)rows * t->count * sizeof *out);
    return;
  }
  const ig_gemm product = {.m = (size_t)rows,
                           .n = t->count,
                           .k = t->columns,
                           .a = input,
                           .a_row = t->columns,
                           .a_depth = 1,
                           .b = values + t->weight,
                           .b_depth = 1,
                           .b_column = t->columns,
                           .c = out,
                           .c_row = t->count,
                           .bias = t->bias == SIZE_MAX ? NULL : values + t->bias};
  ig_gemm_run(&r->nn, &product);
}

// The means of the first rows that are seen.
static void choose_shift(const ig_activation_tap *t, int rows, const float *x, ig_unit_sums *sums) {
  for (int i = 0; i < rows; i++)
    for (size_t j = 0; j < t->count; j++) sums->sum[j] += (double)x[(size_t)i * t->count + j];
  for (size_t j = 0; j < t->count; j++) {
    sums->shift[j] = (float)(sums->sum[j] / rows);
    sums->sum[j] = 0;
  }
}

static void add_sums(const ig_activation_tap *t, int rows, float *x, const ig_unit_sums *sums) {
  for (int i = 0; i < rows; i++)
    for (size_t j = 0; j < t->count; j++) {
      float *unit = &x[(size_t)i * t->count + j];
      *unit -= sums->shift[j];
      sums->sum[j] += (double)*unit;
      sums->squares[j] += (double)*unit * (double)*unit;
    }
}

// products += kept^T shifted, panel by panel.
static void add_products(pairs_run *r, const ig_activation_tap *t, int rows, const float *kept) {
  const size_t n = t->count;
  for (size_t first = 0; first < n; first += PANEL) {
    const ig_gemm product = {.m = ig_size_smaller(PANEL, n - first),
                             .n = n,
                             .k = (size_t)rows,
                             .a = kept + first,
                             .a_row = 1,
                             .a_depth = n,
                             .b = r->shifted,
                             .b_depth = n,
                             .b_column = 1,
                             .c = t->products + first * n,
                             .c_row = n,
                             .accumulate = true};
    ig_gemm_run(&r->nn, &product);
  }
}

static void see_tap(pairs_run *r, size_t index, int rows, const float *input) {
  ig_activation_tap *t = &r->taps->items[index];
  ig_unit_sums *sums = &t->units[r->role];
  float *x = r->role == IG_ALIGNED_ROLE_TO ? r->kept[index] : r->shifted;
  read_units(r, t, rows, input, x);
  if (t->rows == 0) choose_shift(t, rows, x, sums);
  add_sums(t, rows, x, sums);
  if (r->role == IG_ALIGNED_ROLE_TO) return;
  add_products(r, t, rows, r->kept[index]);
  t->rows += (size_t)rows;
}

static void see_layer(pairs_run *r, size_t linear, int rows, const float *input) {
  for (size_t i = 0; i < r->taps->count; i++)
    if (r->taps->items[i].linear == linear) see_tap(r, i, rows, input);
}

static void see(void *context, const float *weight, int rows, const float *input) {
  pairs_run *r = context;
  see_layer(r, (size_t)(weight - r->args->models[r->role]->values), rows, input);
}

// ---- all batches ------------------------------------------------------------

static ig_status run_batch(pairs_run *r, ig_error *err) {
  const ig_batch *batch = &r->args->data->buffer.batch;
  const ig_linear_observer observer = {.see = see, .context = r};
  for (int i = 0; i < 2; i++) {
    const float *hidden;
    const ig_pass_args how = {.batch = batch, .hidden = &hidden, .observer = &observer};
    r->role = (ig_aligned_role)i;
    IG_TRY(ig_pass_run(r->pass[i], &how, NULL, err));
    see_layer(r, SIZE_MAX, batch->target_offsets[batch->sequences], hidden);
  }
  ig_pair_walk_tell(&r->walk);
  return IG_OK;
}

static ig_status run(pairs_run *r, ig_error *err) {
  ig_learning_data *data = r->args->data;
  IG_TRY(allocate(r, err));
  IG_TRY(ig_pair_walk_begin(&r->walk, err));
  for (size_t i = 0; i < data->train_count; i++)
    for (size_t b = 0; b < data->train[i].batches; b++) {
      IG_TRY(ig_pair_walk_next(&r->walk, &data->train[i], err));
      IG_TRY(run_batch(r, err));
    }
  return IG_OK;
}

ig_status ig_activation_pairs_sum(const ig_activation_pairs *args, ig_activation_taps *taps,
                                  ig_error *err) {
  pairs_run r = {.args = args,
                 .taps = taps,
                 .nn = {.pool = args->pool},
                 .walk = {.data = args->data,
                          .name = args->name,
                          .reporter = args->reporter,
                          .interrupter = args->interrupter}};
  r.nn.scratch = &r.scratch;
  const ig_status status = run(&r, err);
  for (int i = 0; i < 2; i++) ig_pass_free(r.pass[i]);
  ig_arena_free(&r.buffers);
  ig_arena_free(&r.scratch);
  free(r.kept);
  return status;
}
