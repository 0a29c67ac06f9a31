#include "fuse/search/learn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/number.h"
#include "base/path.h"
#include "base/report.h"
#include "fuse/search/learned_recipe.h"
#include "fuse/search/learning_data.h"
#include "fuse/search/learning_state.h"
#include "fuse/search/learning_teachers.h"
#include "fuse/search/task_model.h"
#include "io/content_hash.h"
#include "model/files/load.h"
#include "train/trainer.h"

typedef struct learning_run {
  const ig_learn_args *args;
  const ig_learning *learning;
  const ig_reporter *reporter;
  ig_task_model task;
  ig_tokenizer *tokenizer;
  ig_learning_data data;
  ig_learning_teachers teachers;
  ig_learning_state state;
  char identity[IG_HASH_TEXT], label[IG_RECIPE_LABEL];
} learning_run;

// ---- interruption -----------------------------------------------------------

static ig_status save(const learning_run *r, ig_error *err) {
  return ig_learning_state_save(&r->state, r->identity, r->args->state_path, err);
}

static ig_status fail_if_interrupted(const learning_run *r, ig_error *err) {
  if (!ig_interrupt_requested(r->args->options->interrupter)) return IG_OK;
  IG_TRY(save(r, err));
  return ig_fail(err, IG_INTERRUPTED,
                 "%s: interrupted after %d of %d steps; the same command goes on", r->label,
                 r->state.step, r->learning->steps);
}

// ---- losses -----------------------------------------------------------------

static double loss_of(const learning_run *r, const ig_loss_sums *sums) {
  const bool teach = r->learning->loss == IG_LEARNING_LOSS_TEACHERS;
  return teach ? sums->kl_divergence : sums->loss;
}

static ig_status measure_set(learning_run *r, ig_learning_set *set, double *loss, ig_error *err) {
  ig_loss_sums all = {0};
  IG_TRY(ig_learning_teachers_set(&r->teachers, r->task.trainer, set->teacher, err));
  set->next = 0;
  for (size_t b = 0; b < set->batches; b++) {
    ig_loss_sums part;
    IG_TRY(fail_if_interrupted(r, err));
    IG_TRY(ig_learning_data_next(&r->data, set, err));
    IG_TRY(ig_trainer_score_taught(r->task.trainer, &r->data.buffer.batch, &part, err));
    all.loss += loss_of(r, &part);
    all.tokens += part.tokens;
  }
  *loss = all.tokens ? all.loss / (double)all.tokens : 0;
  return IG_OK;
}

// The held-out loss with these coefficients: of each set the mean over its tokens, of these the
// mean by the weights of the sets.
static ig_status measure(learning_run *r, const ig_coefficients *coefficients, double *loss,
                         ig_error *err) {
  *loss = 0;
  ig_task_model_set(&r->task, coefficients);
  for (size_t i = 0; i < r->data.valid_count; i++) {
    double one;
    IG_TRY(measure_set(r, &r->data.valid[i], &one, err));
    *loss += r->data.valid[i].share * one;
  }
  return IG_OK;
}

// The loss that a step descends, and its gradient.
static ig_status differentiate(learning_run *r, double *loss, ig_error *err) {
  *loss = 0;
  ig_task_model_set(&r->task, &r->state.coefficients);
  for (size_t i = 0; i < r->data.train_count; i++) {
    ig_learning_set *set = &r->data.train[i];
    ig_loss_sums one;
    IG_TRY(ig_learning_teachers_set(&r->teachers, r->task.trainer, set->teacher, err));
    IG_TRY(ig_learning_data_next(&r->data, set, err));
    const ig_batch *batch = &r->data.buffer.batch;
    const double targets = (double)ig_trainer_targets(r->task.trainer, batch);
    IG_TRY(ig_trainer_accumulate_sums(r->task.trainer, batch, targets / set->share, &one, err));
    *loss += set->share * loss_of(r, &one) / targets;
  }
  ig_task_model_differentiate(&r->task, &r->state.coefficients);
  return IG_OK;
}

// ---- what the models are worth by themselves --------------------------------

// A run that goes on has measured some of them.
static ig_status add_model(learning_run *r, const char *name, const ig_coefficients *coefficients,
                           ig_error *err) {
  double loss;
  if (json_object_get(r->state.models, name)) return IG_OK;
  IG_TRY(measure(r, coefficients, &loss, err));
  ig_report(r->reporter, IG_LEVEL_INFO, "%s: held-out loss of %s: %.4f", r->label, name, loss);
  return json_object_set_new(r->state.models, name, json_real(loss)) ? ig_fail_memory(err) : IG_OK;
}

static ig_status measure_models(learning_run *r, ig_error *err) {
  const ig_recipe *recipe = r->args->plan->recipe;
  const size_t each = r->task.groups.coefficients;
  ig_coefficients alone;
  ig_status status = ig_coefficients_make(r->task.models, each, 0, &alone, err);
  if (status == IG_OK && recipe->base_model) status = add_model(r, recipe->base_model, &alone, err);
  for (size_t k = 0; status == IG_OK && k < r->task.models; k++) {
    for (size_t i = 0; i < r->task.models * each; i++) alone.values[i] = i / each == k;
    status = add_model(r, recipe->modules[0].slices->sources[k].model, &alone, err);
  }
  ig_coefficients_free(&alone);
  return status;
}

// ---- steps ------------------------------------------------------------------

// held_out: NULL: there is none.
static ig_status add_history(learning_run *r, const double *held_out, ig_error *err) {
  ig_learning_state *s = &r->state;
  json_t *row = json_pack("{s:i}", "step", s->step);
  int failed = !row;
  if (!failed && held_out) failed |= json_object_set_new(row, "held_out", json_real(*held_out));
  if (!failed && s->recent_steps)
    failed |= json_object_set_new(row, "train", json_real(s->recent_loss / s->recent_steps));
  s->recent_loss = 0;
  s->recent_steps = 0;
  if (!failed) return json_array_append_new(s->history, row) ? ig_fail_memory(err) : IG_OK;
  json_decref(row);
  return ig_fail_memory(err);
}

static void keep(ig_learning_state *s) {
  s->best_step = s->step;
  memcpy(s->best, s->coefficients.values,
         s->coefficients.models * s->coefficients.each * sizeof *s->best);
}

// Keeps the coefficients if they are the best, and tells when patience is at its end.
static ig_status validate(learning_run *r, ig_error *err) {
  ig_learning_state *s = &r->state;
  double loss;
  IG_TRY(measure(r, &s->coefficients, &loss, err));
  if (!isfinite(loss))
    return ig_fail(err, IG_ERROR_DIVERGED, "%s: a held-out loss of %g after %d steps", r->label,
                   loss, s->step);
  const bool is_best = s->best_step < 0 || loss < s->best_loss;
  if (is_best) {
    s->best_loss = loss;
    keep(s);
  }
  s->worse = is_best ? 0 : s->worse + 1;
  s->finished = r->learning->patience > 0 && s->worse >= r->learning->patience;
  ig_report(r->reporter, IG_LEVEL_INFO, "%s: %d of %d steps, held-out loss %.4f%s", r->label,
            s->step, r->learning->steps, loss, is_best ? ", the best" : "");
  return add_history(r, &loss, err);
}

static bool is_validation_due(const learning_run *r) {
  const bool last = r->state.step == r->learning->steps;
  return last || r->state.step % r->learning->validate_every == 0;
}

// Where nothing is validated on, only the loss of the steps is noted.
static ig_status look_back(learning_run *r, ig_error *err) {
  if (r->data.valid_count) return validate(r, err);
  return r->state.recent_steps ? add_history(r, NULL, err) : IG_OK;
}

// Of every coefficient.
static double start_of(const learning_run *r) {
  const double mean = 1 / (double)r->task.models, *bounds = r->learning->bounds;
  return r->learning->starts ? r->learning->start : fmin(fmax(mean, bounds[0]), bounds[1]);
}

static ig_status step(learning_run *r, ig_error *err) {
  ig_learning_state *s = &r->state;
  const ig_coefficients_step how = {.learning_rate = r->learning->learning_rate,
                                    .decay = r->learning->decay,
                                    .start = start_of(r),
                                    .bounds = {r->learning->bounds[0], r->learning->bounds[1]}};
  double loss;
  IG_TRY(differentiate(r, &loss, err));
  IG_TRY(ig_coefficients_update(&s->coefficients, &how, err));
  s->step++;
  s->recent_loss += loss;
  s->recent_steps++;
  ig_progress progress = {.what = "learning",
                          .unit = "steps",
                          .done = (double)s->step,
                          .total = (double)r->learning->steps};
  ig_number_format(progress.note, sizeof progress.note, "loss %.4f", loss);
  ig_report_progress(r->reporter, &progress);
  return IG_OK;
}

// Each validation comes before the step of its number, and a state is saved before it: a run that
// goes on begins with the validation that its state stopped before.
static ig_status take_steps(learning_run *r, ig_error *err) {
  ig_learning_state *s = &r->state;
  IG_TRY(ig_learning_data_seek(&r->data, s->step, err));
  while (!s->finished) {
    IG_TRY(fail_if_interrupted(r, err));
    if (is_validation_due(r)) IG_TRY(save(r, err));
    if (is_validation_due(r)) IG_TRY(look_back(r, err));
    if (s->step == r->learning->steps) s->finished = true;
    if (!s->finished) IG_TRY(step(r, err));
  }
  if (r->data.valid_count == 0) keep(s);
  return save(r, err);
}

// ---- beginning and end ------------------------------------------------------

static void identify(learning_run *r) {
  char text[256];
  snprintf(text, sizeof text, "%s %016llx", r->args->identity,
           (unsigned long long)ig_learning_data_fingerprint(&r->data));
  ig_content_hash_text(text, strlen(text), r->identity);
}

static ig_status begin(learning_run *r, ig_error *err) {
  const ig_fusion_plan *plan = r->args->plan;
  const ig_task_model_args of_task = {.plan = plan,
                                      .label_smoothing = r->learning->label_smoothing,
                                      .threads = r->args->options->threads};
  IG_TRY(ig_task_model_open(&of_task, &r->task, err));
  ig_trainer_set_entropy(r->task.trainer, r->learning->loss == IG_LEARNING_LOSS_ENTROPY);
  IG_TRY(ig_load_tokenizer(ig_fusion_plan_donor(plan)->directory, &r->tokenizer, err));
  const ig_learning_data_args of_data = {.learning = r->learning,
                                         .tokenizer = r->tokenizer,
                                         .pool = ig_trainer_pool(r->task.trainer),
                                         .reporter = r->reporter,
                                         .seed = plan->recipe->seed,
                                         .config = ig_model_config(r->task.model)};
  IG_TRY(ig_learning_data_load(&of_data, &r->data, err));
  IG_TRY(ig_learning_teachers_load(plan, &r->teachers, err));
  IG_TRY(ig_learning_state_make(r->task.models, r->task.groups.coefficients, start_of(r), &r->state,
                                err));
  identify(r);
  IG_TRY(ig_path_make_directories(r->args->directory, err));
  bool found;
  IG_TRY(ig_learning_state_load(&r->state, r->identity, r->args->state_path, &found, err));
  if (!found && r->learning->coefficients && ig_file_exists(r->learning->coefficients))
    return ig_fail(
        err, IG_ERROR_ARGUMENT,
        "learn.coefficients: %s exists already: remove it, or leave 'data' out to use it",
        r->learning->coefficients);
  ig_report(r->reporter, IG_LEVEL_INFO, "%s: %zu coefficients of %zu models%s", r->label,
            r->task.models * r->task.groups.coefficients, r->task.models,
            found ? ", going on where it was stopped" : "");
  return IG_OK;
}

// Adds the mean of a group's coefficients of one model to one list, and their standard deviation to
// the other.
static int describe_group(const ig_tensor_group *g, const double *values, json_t *means,
                          json_t *deviations) {
  double sum = 0, squares = 0;
  for (size_t r = 0; r < g->rows; r++) sum += values[g->first + r];
  const double mean = sum / (double)g->rows;
  for (size_t r = 0; r < g->rows; r++)
    squares += (values[g->first + r] - mean) * (values[g->first + r] - mean);
  return json_array_append_new(means, json_real(mean)) ||
         json_array_append_new(deviations, json_real(sqrt(squares / (double)g->rows)));
}

// Of each model one list for all groups: coefficients, or the means of those of rows, and their
// standard deviations.
static int describe_values(const learning_run *r, json_t *coefficients, json_t *deviations) {
  const ig_recipe_slice *slice = r->args->plan->recipe->modules[0].slices;
  const ig_tensor_groups *groups = &r->task.groups;
  int failed = 0;
  for (size_t k = 0; !failed && k < r->task.models; k++) {
    json_t *means = json_array(), *spread = json_array();
    for (size_t g = 0; !failed && g < groups->count; g++)
      failed = describe_group(&groups->items[g], r->state.best + k * groups->coefficients, means,
                              spread);
    failed |= json_object_set_new(coefficients, slice->sources[k].model, means);
    failed |= json_object_set_new(deviations, slice->sources[k].model, spread);
  }
  return failed;
}

static json_t *describe_groups(const ig_tensor_groups *groups) {
  json_t *names = json_array();
  for (size_t g = 0; names && g < groups->count; g++)
    if (json_array_append_new(names, json_string(groups->items[g].name))) {
      json_decref(names);
      return NULL;
    }
  return names;
}

static json_t *describe(const learning_run *r) {
  json_t *coefficients = json_object(), *deviations = json_object(), *out = NULL;
  if (coefficients && deviations && !describe_values(r, coefficients, deviations))
    out = json_pack("{s:O, s:i, s:o, s:O, s:O, s:o, s:O}", "recipe",
                    r->args->plan->recipe->document, "steps", r->state.best_step, "held_out",
                    r->data.valid_count ? json_real(r->state.best_loss) : json_null(),
                    "held_out_of_models", r->state.models, "history", r->state.history, "groups",
                    describe_groups(&r->task.groups), "coefficients", coefficients);
  const bool by_row = r->learning->granularity == IG_LEARNING_GRANULARITY_ROW;
  if (out && by_row && json_object_set(out, "deviations", deviations)) {
    json_decref(out);
    out = NULL;
  }
  json_decref(coefficients);
  json_decref(deviations);
  return out;
}

static ig_status run(learning_run *r, ig_recipe_file *recipe, json_t **record, ig_error *err) {
  IG_TRY(begin(r, err));
  if (r->data.valid_count) IG_TRY(measure_models(r, err));
  IG_TRY(take_steps(r, err));
  IG_TRY(ig_learned_recipe_make(r->args->plan, &r->task.groups, r->state.best, recipe, err));
  *record = describe(r);
  return *record ? IG_OK : ig_fail_memory(err);
}

ig_status ig_learn(const ig_learn_args *args, ig_recipe_file *recipe, json_t **record,
                   ig_error *err) {
  learning_run r = {
      .args = args, .learning = args->plan->recipe->learning, .reporter = &args->options->reporter};
  *recipe = (ig_recipe_file){0};
  *record = NULL;
  ig_recipe_label(args->plan->recipe, "learned", r.label);
  const ig_status status = run(&r, recipe, record, err);
  ig_learning_state_free(&r.state);
  ig_learning_data_free(&r.data);
  ig_tokenizer_free(r.tokenizer);
  ig_task_model_close(&r.task);
  ig_learning_teachers_free(&r.teachers);
  return status;
}

size_t ig_learn_memory(const ig_fusion_plan *plan) {
  return ig_task_model_memory(plan) + ig_learning_teachers_memory(plan);
}
