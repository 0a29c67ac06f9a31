// ig_trainer: a model, its gradients and its optimizer's state, one update at a time.
#include "train/trainer.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/create/create.h"
#include "model/create/layout.h"
#include "model/run/pack.h"
#include "model/run/pass.h"
#include "model/run/pass_batch.h"
#include "train/doubled_batch.h"
#include "train/optimizer.h"
#include "train/teachers.h"
#include "train/weight_average.h"

struct ig_trainer {
  ig_model *model;
  ig_trainer_options options;
  ig_pool *pool;
  ig_pass *pass;
  ig_nn nn;
  ig_parameter_groups groups;  // of the model's tensors: which have gradients
  ig_adapter *adapter;         // borrowed; NULL: the model itself is trained
  ig_parameter_groups adapter_groups;
  ig_optimizer_values trained;  // what the optimizer changes: the model's values or the adapter's
  ig_arena moments;
  ig_weight_average average;  // without values: none is kept
  uint32_t updates;
  uint32_t source_rows, target_rows;  // of the micro-batches accumulated since the last update
  ig_teachers teachers;
  bool entropy;  // is the loss
  float r_drop;  // weight of the divergence of two passes; 0: there is one pass
  ig_doubled_batch doubled;
  bool reserved;  // memory for the batches below
  ig_batch_bounds most, expected;
};

ig_trainer_options ig_trainer_options_default(void) {
  return (ig_trainer_options){
      .optimizer = {.kind = IG_OPTIMIZER_ADAM, .beta1 = 0.9f, .beta2 = 0.98f, .eps = 1e-9f},
      .seed = 1};
}

static ig_status check_options(const ig_trainer_options *o, ig_error *err) {
  const ig_optimizer_options *a = &o->optimizer;
  if (!(a->beta1 >= 0 && a->beta1 < 1 && a->beta2 >= 0 && a->beta2 < 1))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "adam_betas: expected numbers in [0, 1), found %g and %g", (double)a->beta1,
                   (double)a->beta2);
  if (!(a->eps >= 0) || !(a->weight_decay >= 0) || !(a->clip_norm >= 0))
    return ig_fail(
        err, IG_ERROR_ARGUMENT,
        "adam_eps, weight_decay, clip_norm: expected numbers not below 0, found %g, %g, %g",
        (double)a->eps, (double)a->weight_decay, (double)a->clip_norm);
  if (!(o->label_smoothing >= 0 && o->label_smoothing < 1))
    return ig_fail(err, IG_ERROR_ARGUMENT, "label_smoothing: expected a number in [0, 1), found %g",
                   (double)o->label_smoothing);
  if (o->threads < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "threads: expected a number not below 0, found %d",
                   o->threads);
  return IG_OK;
}

static ig_status find_compute(const char *name, ig_compute *out, ig_error *err) {
  static const char *const names[] = {
      [IG_COMPUTE_FLOAT32] = "float32", [IG_COMPUTE_BFLOAT16] = "bfloat16"};
  *out = IG_COMPUTE_FLOAT32;
  if (!name) return IG_OK;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    *out = (ig_compute)i;
    if (strcmp(name, names[i]) == 0) return IG_OK;
  }
  return ig_fail(err, IG_ERROR_ARGUMENT, "compute: expected float32 or bfloat16, found '%.100s'",
                 name);
}

static ig_status reserve_moments(ig_trainer *t, ig_error *err) {
  ig_optimizer_values *x = &t->trained;
  const size_t count = ig_parameter_groups_values(x->groups);
  IG_TRY(ig_layout_reserve(&t->moments, 2 * count, &x->m, err));
  x->v = x->m + count;
  ig_arena_touch(&t->moments, t->moments.size);
  return IG_OK;
}

// Which of the model's tensors an adapter needs gradients of.
static ig_status make_adapted_groups(ig_trainer *t, ig_error *err) {
  bool *frozen = ig_allocate(t->model->parameter_count, sizeof *frozen, err);
  if (!frozen) return IG_ERROR_MEMORY;
  ig_adapter_mark_frozen(t->adapter, t->model, frozen);
  const ig_status status = ig_parameter_groups_make_marked(t->model, frozen, &t->groups, err);
  free(frozen);
  IG_TRY(status);
  return ig_parameter_groups_make_flat(t->adapter->value_count, &t->adapter_groups, err);
}

static ig_status make_groups(ig_trainer *t, ig_error *err) {
  if (t->adapter)
    IG_TRY(make_adapted_groups(t, err));
  else
    IG_TRY(ig_parameter_groups_make(t->model, &t->options.groups, &t->groups, err));
  t->options.groups = (ig_group_options){0};  // the names are the caller's
  IG_TRY(ig_create_gradients(t->model, t->groups.frozen, err));
  t->trained = t->adapter ? (ig_optimizer_values){.groups = &t->adapter_groups,
                                                  .weights = t->adapter->values,
                                                  .gradients = t->adapter->gradients}
                          : (ig_optimizer_values){.groups = &t->groups,
                                                  .weights = t->model->values,
                                                  .gradients = t->model->gradients};
  return IG_OK;
}

static ig_status create_parts(ig_trainer *t, ig_error *err) {
  ig_compute compute;
  IG_TRY(find_compute(t->options.compute, &compute, err));
  t->options.compute = NULL;  // the name is the caller's
  IG_TRY(make_groups(t, err));
  ig_pack_undo(t->model);
  if (t->options.optimizer.kind != IG_OPTIMIZER_NONE) IG_TRY(reserve_moments(t, err));
  IG_TRY(ig_pool_create(t->options.threads, &t->pool, err));
  IG_TRY(ig_pass_create(t->model, t->pool, &t->pass, err));
  ig_pass_set_compute(t->pass, compute);
  t->nn.pool = t->pool;
  IG_TRY(ig_kernels_select(&t->nn.kernels, err));
  if (!t->adapter) return IG_OK;
  IG_TRY(ig_adapter_reserve(t->adapter, &t->nn, err));
  ig_adapter_apply(t->adapter, t->model, &t->nn);
  return IG_OK;
}

ig_status ig_trainer_create(ig_model *model, const ig_trainer_options *options, ig_trainer **out,
                            ig_error *err) {
  return ig_trainer_create_adapted(model, options, NULL, out, err);
}

ig_status ig_trainer_create_adapted(ig_model *model, const ig_trainer_options *options,
                                    ig_adapter *adapter, ig_trainer **out, ig_error *err) {
  const ig_trainer_options defaults = ig_trainer_options_default();
  if (!options) options = &defaults;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(model, "model", err));
  IG_TRY(check_options(options, err));
  ig_trainer *t = ig_allocate(1, sizeof *t, err);
  if (!t) return IG_ERROR_MEMORY;
  t->model = model;
  t->adapter = adapter;
  t->options = *options;
  const ig_status status = create_parts(t, err);
  if (status != IG_OK) {
    ig_trainer_free(t);
    return status;
  }
  ig_trainer_zero_gradients(t);
  *out = t;
  return IG_OK;
}

void ig_trainer_free(ig_trainer *t) {
  if (!t) return;
  ig_teachers_free(&t->teachers);
  ig_doubled_batch_free(&t->doubled);
  ig_pass_free(t->pass);
  ig_pool_free(t->pool);
  ig_arena_free(&t->moments);
  ig_weight_average_free(&t->average);
  ig_parameter_groups_free(&t->groups);
  ig_parameter_groups_free(&t->adapter_groups);
  free(t);
}

static void report_loss(const ig_loss_sums *sums, ig_loss *loss) {
  if (!loss) return;
  const double tokens = sums->tokens ? (double)sums->tokens : 1.0;
  *loss = (ig_loss){.loss = sums->loss / tokens, .nll = sums->nll / tokens, .tokens = sums->tokens};
}

static ig_status run_forward(const ig_trainer *t, const ig_batch *batch, float *logits,
                             ig_loss_sums *sums, ig_error *err) {
  const ig_pass_args args = {
      .batch = batch, .label_smoothing = t->options.label_smoothing, .logits = logits};
  return ig_pass_run(t->pass, &args, sums, err);
}

ig_status ig_trainer_forward(ig_trainer *t, const ig_batch *batch, float *logits, ig_loss *loss,
                             ig_error *err) {
  if (loss) *loss = (ig_loss){0};
  IG_TRY(ig_fail_if_null(t, "trainer", err));
  IG_TRY(ig_fail_if_null(batch, "batch", err));
  ig_loss_sums sums = {0};
  IG_TRY(run_forward(t, batch, logits, &sums, err));
  report_loss(&sums, loss);
  return IG_OK;
}

ig_status ig_trainer_score(ig_trainer *t, const ig_batch *batch, ig_loss_sums *sums,
                           ig_error *err) {
  *sums = (ig_loss_sums){0};
  return run_forward(t, batch, NULL, sums, err);
}

// The rows of the teachers, if there are any, for the loss over this batch.
static ig_status ask_teachers(ig_trainer *t, const ig_batch *batch, const ig_soft_targets **soft,
                              ig_error *err) {
  *soft = t->entropy ? NULL : ig_teachers_soft(&t->teachers);
  return *soft ? ig_teachers_run(&t->teachers, t->model, batch, err) : IG_OK;
}

ig_status ig_trainer_score_taught(ig_trainer *t, const ig_batch *batch, ig_loss_sums *sums,
                                  ig_error *err) {
  ig_pass_args args = {
      .batch = batch, .label_smoothing = t->options.label_smoothing, .entropy = t->entropy};
  *sums = (ig_loss_sums){0};
  IG_TRY(ig_pass_batch_check(batch, err));
  IG_TRY(ask_teachers(t, batch, &args.soft, err));
  return ig_pass_run(t->pass, &args, sums, err);
}

size_t ig_trainer_targets(const ig_trainer *t, const ig_batch *batch) {
  if (t->model->config.head.kind == IG_HEAD_SPAN) return (size_t)batch->sequences;
  size_t n = 0;
  for (int r = 0; r < batch->target_offsets[batch->sequences]; r++)
    n += batch->target_output[r] >= 0;
  return n;
}

void ig_trainer_skip(ig_trainer *t, const ig_batch *batch) {
  const uint32_t copies = t->r_drop > 0 ? 2 : 1;
  t->source_rows += copies * (uint32_t)batch->source_offsets[batch->sequences];
  t->target_rows += copies * (uint32_t)batch->target_offsets[batch->sequences];
}

ig_status ig_trainer_accumulate_sums(ig_trainer *t, const ig_batch *batch, double normalizer,
                                     ig_loss_sums *sums, ig_error *err) {
  *sums = (ig_loss_sums){0};
  if (!(normalizer >= 0 && isfinite(normalizer)))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "normalizer: expected a finite number not below 0, found %g", normalizer);
  IG_TRY(ig_pass_batch_check(batch, err));
  if (!batch->target_output)
    return ig_fail(err, IG_ERROR_ARGUMENT, "a batch to train on needs target_output");
  if (normalizer <= 0) normalizer = (double)ig_trainer_targets(t, batch);
  if (normalizer <= 0) normalizer = 1;
  if (t->r_drop > 0) {
    IG_TRY(ig_doubled_batch_fill(&t->doubled, batch, err));
    batch = &t->doubled.batch;
  }
  ig_pass_args args = {.batch = batch,
                       .label_smoothing = t->options.label_smoothing,
                       .backward = true,
                       .recompute = t->options.recompute,
                       .normalizer = normalizer,
                       .seed = t->options.seed,
                       .update = t->updates,
                       .first_source_row = t->source_rows,
                       .first_target_row = t->target_rows,
                       .entropy = t->entropy,
                       .r_drop = t->r_drop};
  IG_TRY(ask_teachers(t, batch, &args.soft, err));
  IG_TRY(ig_pass_run(t->pass, &args, sums, err));
  t->source_rows += (uint32_t)batch->source_offsets[batch->sequences];
  t->target_rows += (uint32_t)batch->target_offsets[batch->sequences];
  return IG_OK;
}

ig_status ig_trainer_accumulate(ig_trainer *t, const ig_batch *batch, double normalizer,
                                ig_loss *loss, ig_error *err) {
  ig_loss_sums sums;
  if (loss) *loss = (ig_loss){0};
  IG_TRY(ig_fail_if_null(t, "trainer", err));
  IG_TRY(ig_fail_if_null(batch, "batch", err));
  IG_TRY(ig_trainer_accumulate_sums(t, batch, normalizer, &sums, err));
  report_loss(&sums, loss);
  return IG_OK;
}

ig_status ig_trainer_update(ig_trainer *t, float learning_rate, double *grad_norm, ig_error *err) {
  if (grad_norm) *grad_norm = 0;
  IG_TRY(ig_fail_if_null(t, "trainer", err));
  if (t->options.optimizer.kind == IG_OPTIMIZER_NONE)
    return ig_fail(err, IG_ERROR_ARGUMENT, "optimizer: the trainer was made without one");
  if (!(learning_rate >= 0 && isfinite(learning_rate)))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "learning_rate: expected a finite number not below 0, found %g",
                   (double)learning_rate);
  if (t->adapter) ig_adapter_find_gradients(t->adapter, t->model, &t->nn);
  const double norm = ig_optimizer_norm(&t->nn, t->trained.groups, t->trained.gradients);
  if (grad_norm) *grad_norm = norm;
  if (!isfinite(norm)) {
    ig_trainer_zero_gradients(t);
    return ig_fail(err, IG_ERROR_DIVERGED, "update %u: the gradient's norm is not finite",
                   t->updates + 1);
  }
  const float clip = t->options.optimizer.clip_norm;
  // torch.nn.utils.clip_grad_norm_: scale by max_norm / (norm + 1e-6) where that is below 1
  const double scale =
      clip > 0 && (double)clip / (norm + 1e-6) < 1 ? (double)clip / (norm + 1e-6) : 1.0;
  t->updates++;
  const ig_optimizer_update update = {
      .number = t->updates, .learning_rate = learning_rate, .gradient_scale = (float)scale};
  ig_optimizer_step(&t->nn, &t->options.optimizer, &update, &t->trained);
  if (t->average.values)
    ig_weight_average_add(&t->average, t->pool, t->trained.weights, t->updates == 1);
  t->source_rows = 0;
  t->target_rows = 0;
  if (t->adapter) {
    ig_trainer_zero_gradients(t);
    ig_adapter_apply(t->adapter, t->model, &t->nn);
  }
  return IG_OK;
}

static void zero_span(void *context, const ig_parameter_span *span, size_t begin, size_t end) {
  (void)span;
  float *gradients = context;
  memset(gradients + begin, 0, (end - begin) * sizeof *gradients);
}

void ig_trainer_zero_gradients(ig_trainer *t) {
  if (!t) return;
  ig_parameter_groups_walk(&t->groups, 0, t->model->trained_count, zero_span, t->model->gradients);
  t->source_rows = 0;
  t->target_rows = 0;
}

size_t ig_trainer_moments(ig_trainer *t, float **m, float **v) {
  *m = t->trained.m;
  *v = t->trained.v;
  return ig_parameter_groups_values(t->trained.groups);
}

ig_status ig_trainer_keep_average(ig_trainer *t, double decay, ig_error *err) {
  return ig_weight_average_create(&t->average, t->trained.weights,
                                  ig_parameter_groups_values(t->trained.groups), decay, err);
}

void ig_trainer_swap_average(ig_trainer *t) {
  if (!t->average.values) return;
  ig_weight_average_swap(&t->average, t->pool, t->trained.weights);
  if (t->adapter) ig_adapter_apply(t->adapter, t->model, &t->nn);
}

float *ig_trainer_average(ig_trainer *t) { return t->average.values; }

const ig_parameter_groups *ig_trainer_groups(const ig_trainer *t) { return &t->groups; }

size_t ig_trainer_frozen_values(const ig_trainer *t) {
  return t->adapter ? t->model->trained_count : t->groups.frozen_values;
}

void ig_trainer_set_updates(ig_trainer *t, uint32_t updates) { t->updates = updates; }
ig_pool *ig_trainer_pool(ig_trainer *t) { return t->pool; }

static int count_of(size_t n) { return n < INT_MAX ? (int)n : INT_MAX; }

static ig_pass_bounds pass_bounds(const ig_trainer *t, const ig_batch_bounds *b) {
  const size_t copies = t->r_drop > 0 ? 2 : 1;
  return (ig_pass_bounds){.sequences = count_of(copies * b->sequences),
                          .source_rows = count_of(copies * b->tokens[IG_SIDE_SOURCE]),
                          .target_rows = count_of(copies * b->tokens[IG_SIDE_TARGET]),
                          .longest_source = count_of(b->longest[IG_SIDE_SOURCE]),
                          .longest_target = count_of(b->longest[IG_SIDE_TARGET]),
                          .backward = true,
                          .recompute = t->options.recompute,
                          .soft = ig_teachers_soft(&t->teachers),
                          .entropy = t->entropy,
                          .r_drop = t->r_drop};
}

static ig_status reserve_passes(ig_trainer *t, ig_error *err) {
  const ig_pass_bounds most = pass_bounds(t, &t->most), expected = pass_bounds(t, &t->expected);
  IG_TRY(ig_pass_reserve(t->pass, &most, &expected, err));
  if (t->r_drop > 0) IG_TRY(ig_doubled_batch_reserve(&t->doubled, &t->most, err));
  return ig_teachers_reserve(&t->teachers, &most, &expected, err);
}

ig_status ig_trainer_reserve(ig_trainer *t, const ig_batch_bounds *most,
                             const ig_batch_bounds *expected, ig_error *err) {
  t->reserved = true;
  t->most = *most;
  t->expected = *expected;
  return reserve_passes(t, err);
}

void ig_trainer_set_entropy(ig_trainer *t, bool entropy) { t->entropy = entropy; }

void ig_trainer_set_r_drop(ig_trainer *t, float weight) { t->r_drop = weight; }

ig_status ig_trainer_set_teaching(ig_trainer *t, const ig_teaching *teaching, ig_error *err) {
  IG_TRY(ig_fail_if_null(t, "trainer", err));
  IG_TRY(ig_teachers_set(&t->teachers, t->model, t->pool, teaching, err));
  return t->reserved ? reserve_passes(t, err) : IG_OK;
}
