#include "fuse/search/merged_inputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "fuse/search/trained_tensors.h"
#include "model/run/pass.h"
#include "nn/nn.h"

enum { BLOCK_VALUES = 32768 };

typedef struct merged_run {
  const ig_merged_inputs_args *args;
  ig_gram_matrices *out;
  size_t models, sets;
  // All sets, one after the other, each side of them.
  int *ids[2];         // (rows): what encoder and decoder read
  int *offsets[2];     // (pairs + 1)
  int *first[2];       // (sets + 1): a set's first row
  int pairs;           // that are there already
  float *sum;          // of one set, as large as the largest matrix
  ig_arena scratch;    // of products
  ig_arena state;      // of the method
  float *block;        // (threads)(2 models + 2)(values of a block)
  size_t block_count;  // values of a block, at least a row
  ig_nn nn;            // with scratch of its own: the layers are using theirs
  ig_interrupt_watch watch;
  size_t layers_done;
  ig_status status;
  ig_error err;  // of what the observer could not do
} merged_run;

// ---- fusing one tensor --------------------------------------------------------

typedef struct tensor_fusion {
  const merged_run *run;
  const ig_plan_tensor *tensor;
  ig_merge_tensor merge;
  size_t block_rows;
  float *out;  // (rows, columns)
} tensor_fusion;

static ig_status combine_rows(void *context, size_t index, int worker, ig_error *err) {
  const tensor_fusion *f = context;
  const merged_run *r = f->run;
  const size_t inputs = f->merge.inputs, columns = f->merge.columns, first = index * f->block_rows,
               left = f->merge.rows - first, rows = left < f->block_rows ? left : f->block_rows,
               count = rows * columns;
  float *memory = r->block + (size_t)worker * (2 * r->models + 2) * r->block_count;
  const float *x[IG_METHOD_INPUTS];
  for (size_t k = 0; k < inputs; k++) {
    float *values = memory + k * r->block_count;
    IG_TRY(
        ig_safetensor_read_part(f->tensor->input[k].tensor, first * columns, count, values, err));
    x[k] = values;
  }
  const ig_merge_block block = {.index = index,
                                .first_row = first,
                                .rows = rows,
                                .count = count,
                                .x = x,
                                .scratch = memory + r->models * r->block_count};
  f->merge.method->combine(&f->merge, &block, f->out + first * columns);
  return IG_OK;
}

// Of each input of a table of embeddings how often its tokens go in: to frequencies (inputs).
// false: the tensor is no such table.
static bool find_frequencies(const merged_run *r, const ig_plan_tensor *t, const ig_parameter *p,
                             const float **frequencies) {
  const ig_token_table *table = ig_token_frequencies_find(&r->out[0].tokens, p);
  if (!table) return false;
  const size_t index = (size_t)(table - r->out[0].tokens.tables);
  for (size_t k = 0; k < t->inputs; k++)
    frequencies[k] = r->out[t->model_keys[k]].tokens.tables[index].values;
  return true;
}

// Makes one trained tensor of the model by the recipe's method. grams: of its inputs, or NULL.
static ig_status fuse_tensor(merged_run *r, const ig_plan_tensor *t, const ig_parameter *p,
                             const float *const *grams, ig_error *err) {
  tensor_fusion f = {.run = r,
                     .tensor = t,
                     .merge = ig_fusion_plan_merge_tensor(t),
                     .out = r->args->model->values + p->offset};
  ig_merge_tensor *m = &f.merge;
  m->kernels = r->nn.kernels;
  m->rank = p->rank;
  m->columns = t->rank ? t->shape[t->rank - 1] : 1;
  m->rows = t->elements / m->columns;
  m->model_keys = t->model_keys;
  const float *frequencies[IG_METHOD_INPUTS];
  m->grams = grams;
  m->frequencies = find_frequencies(r, t, p, frequencies) ? frequencies : NULL;
  m->pool = r->nn.pool;
  const size_t bytes = grams || m->frequencies ? m->method->state_size(m) : 0;
  IG_TRY(ig_arena_reserve(&r->state, bytes, 0, err));
  const size_t mark = ig_arena_mark(&r->state);
  m->state = IG_TAKE(&r->state, char, bytes);
  if (bytes) memset(m->state, 0, bytes);
  m->method->begin(m);
  f.block_rows = m->columns < BLOCK_VALUES ? BLOCK_VALUES / m->columns : 1;
  const ig_status status =
      ig_pool_try(r->nn.pool, (m->rows + f.block_rows - 1) / f.block_rows, combine_rows, &f, err);
  ig_arena_release(&r->state, mark);
  return status;
}

// The trained tensor of the model that the plan's tensor becomes; NULL: none.
static const ig_parameter *find_parameter(const merged_run *r, const ig_plan_tensor *t) {
  const ig_parameter *p = t->copied ? NULL : ig_trained_tensors_find(r->args->model, t->name);
  return p && p->count == t->elements ? p : NULL;
}

// Before anything is known of their inputs layers are the models' mean.
static ig_status fuse_means(merged_run *r, ig_error *err) {
  const ig_fusion_plan *plan = r->args->plan;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_parameter *p = find_parameter(r, &plan->tensors[i]);
    if (p) IG_TRY(fuse_tensor(r, &plan->tensors[i], p, NULL, err));
  }
  return IG_OK;
}

// Makes the weights of one layer, of which a query has those of key and value too.
static ig_status fuse_layer(merged_run *r, size_t layer, ig_error *err) {
  const ig_fusion_plan *plan = r->args->plan;
  const float *grams[IG_METHOD_INPUTS];
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    const ig_parameter *p = find_parameter(r, t);
    if (!p || ig_gram_matrices_find(&r->out[0], p) != &r->out[0].items[layer]) continue;
    for (size_t k = 0; k < t->inputs; k++) grams[k] = r->out[t->model_keys[k]].items[layer].values;
    IG_TRY(fuse_tensor(r, t, p, grams, err));
  }
  return IG_OK;
}

// ---- what a layer is shown ------------------------------------------------------

// Adds the mean of one set to the matrices of the models that it is for.
static void add_share(merged_run *r, size_t set, size_t layer, int rows) {
  for (size_t k = 0; k < r->models; k++) {
    const ig_gram_matrix *g = &r->out[k].items[layer];
    const double factor = r->args->shares[k * r->sets + set] / (double)rows;
    if (factor > 0)
      for (size_t i = 0; i < g->size * g->size; i++)
        g->values[i] = (float)((double)g->values[i] + factor * (double)r->sum[i]);
  }
}

static ig_status measure_layer(merged_run *r, size_t layer, const float *input, ig_error *err) {
  const ig_gram_matrix *g = &r->out[0].items[layer];
  const int *first = r->first[g->of_source ? IG_SIDE_SOURCE : IG_SIDE_TARGET];
  IG_TRY(ig_interrupt_check(&r->watch, err));
  for (size_t s = 0; s < r->sets; s++) {
    const int rows = first[s + 1] - first[s];
    memset(r->sum, 0, g->size * g->size * sizeof *r->sum);
    IG_TRY(ig_gram_matrices_add(&r->nn, g->size, rows, input + (size_t)first[s] * g->size, r->sum,
                                err));
    add_share(r, s, layer, rows);
  }
  for (size_t k = 0; k < r->models; k++) ig_gram_matrices_mirror(&r->out[k].items[layer]);
  return fuse_layer(r, layer, err);
}

static void see(void *context, const float *weight, int rows, const float *input) {
  (void)rows;  // all that the batch has
  merged_run *r = context;
  const size_t at = (size_t)(weight - r->args->model->values);
  for (size_t i = 0; r->status == IG_OK && i < r->out[0].count; i++) {
    if (r->out[0].items[i].first != at) continue;
    r->status = measure_layer(r, i, input, &r->err);
    const ig_progress progress = {.what = "statistics",
                                  .unit = "layers",
                                  .done = (double)++r->layers_done,
                                  .total = (double)r->out[0].count};
    ig_report_progress(r->args->reporter, &progress);
  }
}

// ---- all pairs in one batch -------------------------------------------------------

// Puts the batch of a set after those of the sets before it.
static void append(merged_run *r, size_t set, const ig_batch *b) {
  const int *const ids[2] = {b->source, b->target_input}, *const offsets[2] = {b->source_offsets,
                                                                               b->target_offsets};
  for (int side = 0; side < 2; side++) {
    const int begin = r->first[side][set], rows = offsets[side][b->sequences];
    memcpy(r->ids[side] + begin, ids[side], (size_t)rows * sizeof(int));
    for (int s = 0; s <= b->sequences; s++)
      r->offsets[side][r->pairs + s] = begin + offsets[side][s];
    r->first[side][set + 1] = begin + rows;
  }
  r->pairs += b->sequences;
}

// Counts a set's tokens for the models that it is for.
static void add_tokens(const merged_run *r, size_t set, const ig_batch *b) {
  for (size_t k = 0; k < r->models; k++)
    ig_token_frequencies_add(&r->out[k].tokens, b, &r->args->data->train[set],
                             r->args->shares[k * r->sets + set]);
}

static ig_status reserve_side(merged_run *r, int side, ig_error *err) {
  const ig_learning_data *data = r->args->data;
  size_t rows = 0, pairs = 0;
  for (size_t s = 0; s < r->sets; s++) {
    const ig_corpus *c = &data->train[s].pairs;
    rows += c->offsets[side][c->pairs];
    pairs += c->pairs;
  }
  if (rows > INT32_MAX)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "statistics: %zu tokens are too many at once", rows);
  r->ids[side] = ig_allocate(rows, sizeof(int), err);
  r->offsets[side] = ig_allocate(pairs + 1, sizeof(int), err);
  r->first[side] = ig_allocate(r->sets + 1, sizeof(int), err);
  return r->ids[side] && r->offsets[side] && r->first[side] ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status make_batch(merged_run *r, ig_error *err) {
  ig_learning_data *data = r->args->data;
  for (int side = 0; side < 2; side++) IG_TRY(reserve_side(r, side, err));
  IG_TRY(ig_learning_data_seek(data, 0, err));
  for (size_t s = 0; s < r->sets; s++) {
    IG_TRY(ig_learning_data_next(data, &data->train[s], err));
    append(r, s, &data->buffer.batch);
    add_tokens(r, s, &data->buffer.batch);
  }
  for (size_t k = 0; k < r->models; k++) ig_token_frequencies_round(&r->out[k].tokens);
  return IG_OK;
}

// ---- the whole ----------------------------------------------------------------------

static ig_status reserve(merged_run *r, ig_error *err) {
  const ig_fusion_plan *plan = r->args->plan;
  size_t largest = 0, columns = BLOCK_VALUES;
  for (size_t i = 0; i < r->out[0].count; i++)
    if (r->out[0].items[i].size > largest) largest = r->out[0].items[i].size;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (t->rank && t->shape[t->rank - 1] > columns) columns = t->shape[t->rank - 1];
  }
  r->block_count = columns;
  r->sum = ig_allocate(largest * largest, sizeof *r->sum, err);
  r->block = ig_allocate((size_t)ig_pool_threads(r->nn.pool) * (2 * r->models + 2) * columns,
                         sizeof *r->block, err);
  return r->sum && r->block ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status run_pass(merged_run *r, ig_error *err) {
  const ig_linear_observer observer = {.see = see, .context = r};
  const ig_model *model = r->args->model;
  const float *hidden;
  const ig_batch batch = {.sequences = r->pairs,
                          .source = r->ids[IG_SIDE_SOURCE],
                          .source_offsets = r->offsets[IG_SIDE_SOURCE],
                          .target_input = r->ids[IG_SIDE_TARGET],
                          .target_offsets = r->offsets[IG_SIDE_TARGET]};
  const ig_pass_args how = {
      .batch = &batch, .observer = &observer, .hidden = &hidden, .watch = &r->watch};
  ig_pass *pass;
  IG_TRY(ig_pass_create(model, r->args->pool, &pass, err));
  ig_status status = ig_pass_run(pass, &how, NULL, err);
  if (status == IG_OK) see(r, model->output.weight, batch.target_offsets[r->pairs], hidden);
  ig_pass_free(pass);
  IG_TRY(status);
  return r->status == IG_OK ? IG_OK : ig_fail(err, r->status, "%s", r->err.message);
}

static ig_status run(merged_run *r, ig_error *err) {
  IG_TRY(ig_kernels_select(&r->nn.kernels, err));
  IG_TRY(reserve(r, err));
  IG_TRY(make_batch(r, err));
  IG_TRY(fuse_means(r, err));
  return run_pass(r, err);
}

ig_status ig_merged_inputs_measure(const ig_merged_inputs_args *args, ig_gram_matrices *out,
                                   ig_error *err) {
  merged_run r = {.args = args,
                  .out = out,
                  .models = args->plan->recipe->modules[0].slices->count,
                  .sets = args->data->train_count,
                  .nn = {.pool = args->pool},
                  .watch = {.interrupter = args->interrupter}};
  r.nn.scratch = &r.scratch;
  const ig_status status = run(&r, err);
  for (int side = 0; side < 2; side++) {
    free(r.ids[side]);
    free(r.offsets[side]);
    free(r.first[side]);
  }
  free(r.sum);
  free(r.block);
  ig_arena_free(&r.scratch);
  ig_arena_free(&r.state);
  return status;
}
