#include "fuse/search/gram_matrices.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/search/pair_walk.h"
#include "model/run/pass.h"
#include "nn/gemm.h"

enum { PRODUCT_ROWS = 2048 };  // of a product, at most: they are packed for it

// ---- the layers -------------------------------------------------------------

typedef struct gram_list {
  const ig_model *model;
  ig_gram_matrices *out;
  ig_error *err;
  ig_status status;
  size_t capacity;
} gram_list;

static void add_layer(gram_list *l, const ig_linear *linear, bool of_source) {
  if (l->status != IG_OK || !linear->weight) return;
  l->status = ig_allocate_more((void **)&l->out->items, &l->capacity, l->out->count + 1,
                               sizeof *l->out->items, l->err);
  if (l->status != IG_OK) return;
  const size_t first = (size_t)(linear->weight - l->model->values), in = (size_t)linear->in;
  l->out->items[l->out->count++] = (ig_gram_matrix){
      .first = first, .end = first + in * (size_t)linear->out, .size = in, .of_source = of_source};
}

static void add_feed_forward(gram_list *l, const ig_feed_forward *f, bool of_source) {
  add_layer(l, &f->inner, of_source);
  add_layer(l, &f->outer, of_source);
}

static ig_status list_layers(const ig_model *m, ig_gram_matrices *out, ig_error *err) {
  gram_list l = {.model = m, .out = out, .err = err};
  for (int i = 0; i < ig_config_stored_layers(&m->config.encoder); i++) {
    add_layer(&l, &m->encoder[i].self_attention.query, true);
    add_layer(&l, &m->encoder[i].self_attention.output, true);
    add_feed_forward(&l, &m->encoder[i].feed_forward, true);
  }
  for (int i = 0; i < m->config.decoder.layers; i++) {
    const ig_decoder_layer *d = &m->decoder[i];
    add_layer(&l, &d->self_attention.query, false);
    add_layer(&l, &d->self_attention.output, false);
    add_layer(&l, &d->cell.candidate, false);
    add_layer(&l, &d->cell.forget, false);
    add_layer(&l, &d->cross_attention.query, false);
    add_layer(&l, &d->cross_attention.key_value, true);
    add_layer(&l, &d->cross_attention.output, false);
    add_feed_forward(&l, &d->feed_forward, false);
  }
  add_layer(&l, &m->embedding_projection, true);
  if (!m->config.tied_output) add_layer(&l, &m->output, !ig_config_decodes(&m->config));
  return l.status;
}

static void carve(ig_gram_matrices *matrices, ig_arena *arena) {
  for (size_t i = 0; i < matrices->count; i++) {
    ig_gram_matrix *g = &matrices->items[i];
    g->values = IG_TAKE(arena, float, g->size * g->size);
  }
}

ig_status ig_gram_matrices_make(const ig_model *model, ig_gram_matrices *out, ig_error *err) {
  *out = (ig_gram_matrices){0};
  ig_arena plan = ig_arena_measure();
  IG_TRY(ig_token_frequencies_make(model, &out->tokens, err));
  IG_TRY(list_layers(model, out, err));
  carve(out, &plan);
  IG_TRY(ig_arena_create(&out->memory, plan.peak, err));
  carve(out, &out->memory);
  return IG_OK;
}

// ---- sums -------------------------------------------------------------------

typedef struct gram_run {
  const ig_gram_matrices_args *args;
  ig_gram_matrices *out;
  ig_pass *pass;
  ig_nn nn;  // with scratch of its own: the layers are using theirs
  ig_arena scratch;
  ig_linear_observer observer;
  ig_status status;
  ig_error err;  // of what the observer could not do
  ig_pair_walk walk;
} gram_run;

ig_status ig_gram_matrices_add(ig_nn *nn, size_t n, int rows, const float *input, float *sum,
                               ig_error *err) {
  for (int first = 0; first < rows; first += PRODUCT_ROWS) {
    const float *x = input + (size_t)first * n;
    const ig_gemm product = {
        .m = n,
        .n = n,
        .k = (size_t)(rows - first < PRODUCT_ROWS ? rows - first : PRODUCT_ROWS),
        .a = x,
        .a_row = 1,
        .a_depth = n,
        .b = x,
        .b_depth = n,
        .b_column = 1,
        .c = sum,
        .c_row = n,
        .accumulate = true,
        .upper = true};
    IG_TRY(ig_arena_reserve(nn->scratch, ig_gemm_scratch(nn, n, n, product.k), 1 << 20, err));
    ig_gemm_run(nn, &product);
  }
  return IG_OK;
}

static void see(void *context, const float *weight, int rows, const float *input) {
  gram_run *r = context;
  const size_t at = (size_t)(weight - r->args->model->values);
  for (size_t i = 0; r->status == IG_OK && i < r->out->count; i++) {
    const ig_gram_matrix *g = &r->out->items[i];
    if (g->first == at)
      r->status = ig_gram_matrices_add(&r->nn, g->size, rows, input, g->values, &r->err);
  }
}

static void scale_all(const gram_run *r, const ig_learning_set *set, bool undo) {
  for (size_t i = 0; i < r->out->count; i++) {
    const ig_gram_matrix *g = &r->out->items[i];
    const ig_side side = g->of_source ? IG_SIDE_SOURCE : IG_SIDE_TARGET;
    const double rows = (double)set->pairs.offsets[side][set->pairs.pairs],
                 factor = undo ? rows / set->share : set->share / rows;
    for (size_t k = 0; k < g->size * g->size; k++)
      g->values[k] = (float)((double)g->values[k] * factor);
  }
}

static ig_status add_batch(gram_run *r, const ig_batch *batch, ig_error *err) {
  ig_batch seen = *batch;
  const ig_config *config = &r->args->model->config;
  if (ig_config_decodes(config) && config->tied_output)
    seen.target_output = NULL;  // no output layer is needed
  const ig_pass_args how = {.batch = &seen, .observer = &r->observer};
  IG_TRY(ig_pass_run(r->pass, &how, NULL, err));
  if (r->status != IG_OK) return ig_fail(err, r->status, "%s", r->err.message);
  ig_pair_walk_tell(&r->walk);
  return IG_OK;
}

// What the sets before have given is brought to the scale of this one meanwhile.
static ig_status add_set(gram_run *r, ig_learning_set *set, ig_error *err) {
  scale_all(r, set, true);
  for (size_t b = 0; b < set->batches; b++) {
    IG_TRY(ig_pair_walk_next(&r->walk, set, err));
    IG_TRY(add_batch(r, &r->args->data->buffer.batch, err));
    ig_token_frequencies_add(&r->out->tokens, &r->args->data->buffer.batch, set, set->share);
  }
  scale_all(r, set, false);
  return IG_OK;
}

void ig_gram_matrices_mirror(const ig_gram_matrix *g) {
  for (size_t i = 0; i < g->size; i++)
    for (size_t k = 0; k < i; k++) g->values[i * g->size + k] = g->values[k * g->size + i];
}

static ig_status run(gram_run *r, ig_error *err) {
  ig_learning_data *data = r->args->data;
  IG_TRY(ig_gram_matrices_make(r->args->model, r->out, err));
  IG_TRY(ig_kernels_select(&r->nn.kernels, err));
  IG_TRY(ig_pass_create(r->args->model, r->args->pool, &r->pass, err));
  IG_TRY(ig_pair_walk_begin(&r->walk, err));
  for (size_t i = 0; i < data->train_count; i++) IG_TRY(add_set(r, &data->train[i], err));
  for (size_t i = 0; i < r->out->count; i++) ig_gram_matrices_mirror(&r->out->items[i]);
  ig_token_frequencies_round(&r->out->tokens);
  return IG_OK;
}

ig_status ig_gram_matrices_measure(const ig_gram_matrices_args *args, ig_gram_matrices *out,
                                   ig_error *err) {
  gram_run r = {.args = args,
                .out = out,
                .nn = {.pool = args->pool},
                .walk = {.data = args->data,
                         .name = args->name,
                         .reporter = args->reporter,
                         .interrupter = args->interrupter}};
  r.nn.scratch = &r.scratch;
  r.observer = (ig_linear_observer){.see = see, .context = &r};
  const ig_status status = run(&r, err);
  ig_pass_free(r.pass);
  ig_arena_free(&r.scratch);
  return status;
}

void ig_gram_matrices_free(ig_gram_matrices *matrices) {
  free(matrices->items);
  ig_token_frequencies_free(&matrices->tokens);
  ig_arena_free(&matrices->memory);
  *matrices = (ig_gram_matrices){0};
}

const ig_gram_matrix *ig_gram_matrices_find(const ig_gram_matrices *matrices,
                                            const ig_parameter *p) {
  for (size_t i = 0; i < matrices->count; i++) {
    const ig_gram_matrix *g = &matrices->items[i];
    if (p->rank == 2 && p->offset >= g->first && p->offset < g->end && p->shape[1] == g->size)
      return g;
  }
  return NULL;
}
