#include "fuse/search/task_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/vectors.h"
#include "fuse/search/learning_data.h"
#include "fuse/search/trained_tensors.h"
#include "numeric/sums.h"
#include "train/trainer.h"

enum { BLOCK_VALUES = 32768 };

// ---- tensors ----------------------------------------------------------------

static bool is_learned(const void *context, const ig_plan_tensor *tensor) {
  return ig_trained_tensors_find(context, tensor->name) != NULL;
}

static ig_status check_tensors(const ig_fusion_plan *plan, const ig_task_model *task,
                               ig_error *err) {
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (task->groups.of_tensor[i] != SIZE_MAX && t->inputs != task->models)
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: learned needs a tensor of each model",
                     t->name);
  }
  return IG_OK;
}

// The tensor of the plan that a parameter is; NULL: there is none.
static const ig_plan_tensor *find_planned(const ig_fusion_plan *plan, const ig_parameter *p) {
  for (size_t i = 0; i < plan->count; i++)
    if (ig_trained_tensors_is_called(p, plan->tensors[i].name)) return &plan->tensors[i];
  return NULL;
}

static bool has_same_rows(const ig_parameter *p, const ig_plan_tensor *planned) {
  bool same = p->rank == planned->rank;
  for (int i = 0; same && i < p->rank; i++) same = p->shape[i] == planned->shape[i];
  return same;
}

static ig_status cut_parameter(const ig_fusion_plan *plan, ig_task_model *task,
                               const ig_parameter *p, size_t *capacity, ig_error *err) {
  const ig_plan_tensor *planned = find_planned(plan, p);
  if (!planned)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: the model computes with it, and the files have no tensor of that name",
                   p->name);
  const ig_tensor_group *group =
      &task->groups.items[task->groups.of_tensor[planned - plan->tensors]];
  if (group->rows > 1 && !has_same_rows(p, planned))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: the model has it in another shape than the files: no granularity: row",
                   p->name);
  const size_t width = p->count / group->rows;
  const size_t most =
      group->rows == 1 ? BLOCK_VALUES : width * (width < BLOCK_VALUES ? BLOCK_VALUES / width : 1);
  for (size_t begin = 0; begin < p->count; begin += most) {
    const size_t rest = p->count - begin;
    IG_TRY(ig_allocate_more((void **)&task->blocks, capacity, task->block_count + 1,
                            sizeof *task->blocks, err));
    ig_task_block *b = &task->blocks[task->block_count++];
    *b = (ig_task_block){.begin = p->offset + begin, .count = rest < most ? rest : most};
    b->width = group->rows == 1 ? b->count : width;
    b->coefficients = b->count / b->width;
    b->first = group->first + (group->rows == 1 ? 0 : begin / width);
  }
  return IG_OK;
}

// Gives each block a place for its products.
static size_t place_products(ig_task_model *task) {
  size_t count = 0;
  for (size_t b = 0; b < task->block_count; b++) {
    task->blocks[b].products = count;
    count += task->blocks[b].coefficients * task->models;
  }
  return count;
}

static ig_status cut_into_blocks(const ig_fusion_plan *plan, ig_task_model *task, ig_error *err) {
  size_t capacity = 0;
  for (size_t i = 0; i < task->model->parameter_count; i++)
    if (task->model->parameters[i].trained)
      IG_TRY(cut_parameter(plan, task, &task->model->parameters[i], &capacity, err));
  task->products = ig_allocate(place_products(task), sizeof *task->products, err);
  return task->products ? IG_OK : IG_ERROR_MEMORY;
}

// ---- models -----------------------------------------------------------------

// Loads a model whose tensors are those of task->model, where that is loaded already.
static ig_status load(const ig_fusion_plan *plan, const ig_task_model *task, const char *name,
                      ig_model **out, ig_error *err) {
  const char *directory = ig_fusion_plan_directory(plan, name);
  IG_TRY(ig_model_load(directory, out, err));
  const ig_model *first = task->model, *other = *out;
  bool same = !first || first->parameter_count == other->parameter_count;
  for (size_t i = 0; first && same && i < first->parameter_count; i++)
    same = strcmp(first->parameters[i].name, other->parameters[i].name) == 0 &&
           first->parameters[i].offset == other->parameters[i].offset &&
           first->parameters[i].count == other->parameters[i].count;
  if (same) return IG_OK;
  ig_model_free(*out);
  *out = NULL;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: its tensors are others than those of %s",
                 directory, ig_fusion_plan_donor(plan)->directory);
}

// The donor's values become the base, or nothing where the recipe has none.
static ig_status open_donor(const ig_fusion_plan *plan, ig_task_model *task, ig_error *err) {
  IG_TRY(load(plan, task, ig_fusion_plan_donor(plan)->reference, &task->model, err));
  IG_TRY(ig_learning_data_check_model(&task->model->config, ig_fusion_plan_donor(plan)->directory,
                                      "learned", err));
  task->values = task->model->trained_count;
  task->base = ig_allocate(task->values, sizeof *task->base, err);
  if (!task->base) return IG_ERROR_MEMORY;
  if (plan->recipe->base_model)
    memcpy(task->base, task->model->values, task->values * sizeof *task->base);
  ig_trained_tensors_expose(task->model);
  return IG_OK;
}

static ig_status open_task(const ig_fusion_plan *plan, ig_task_model *task, size_t index,
                           ig_error *err) {
  ig_model *model;
  float *values = ig_allocate(task->values, sizeof *values, err);
  task->tasks[index] = values;
  if (!values) return IG_ERROR_MEMORY;
  IG_TRY(load(plan, task, plan->recipe->modules[0].slices->sources[index].model, &model, err));
  for (size_t i = 0; i < task->values; i++) values[i] = model->values[i] - task->base[i];
  ig_model_free(model);
  return IG_OK;
}

static ig_status open_tasks(const ig_fusion_plan *plan, ig_task_model *task, ig_error *err) {
  task->models = plan->recipe->modules[0].slices->count;
  task->tasks = ig_allocate(task->models, sizeof *task->tasks, err);
  if (!task->tasks) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < task->models; i++) IG_TRY(open_task(plan, task, i, err));
  return IG_OK;
}

ig_status ig_task_model_open(const ig_task_model_args *args, ig_task_model *out, ig_error *err) {
  *out = (ig_task_model){0};
  IG_TRY(open_donor(args->plan, out, err));
  IG_TRY(open_tasks(args->plan, out, err));
  IG_TRY(ig_tensor_groups_make(args->plan, is_learned, out->model, &out->groups, err));
  IG_TRY(check_tensors(args->plan, out, err));
  IG_TRY(cut_into_blocks(args->plan, out, err));
  ig_trainer_options options = ig_trainer_options_default();
  options.optimizer.kind = IG_OPTIMIZER_NONE;
  options.label_smoothing = (float)args->label_smoothing;
  options.threads = args->threads;
  return ig_trainer_create(out->model, &options, &out->trainer, err);
}

void ig_task_model_close(ig_task_model *task) {
  ig_trainer_free(task->trainer);
  ig_model_free(task->model);
  ig_tensor_groups_free(&task->groups);
  for (size_t i = 0; task->tasks && i < task->models; i++) free(task->tasks[i]);
  free(task->tasks);
  free(task->base);
  free(task->blocks);
  free(task->products);
  *task = (ig_task_model){0};
}

size_t ig_task_model_memory(const ig_fusion_plan *plan) {
  size_t values = 0;
  size_t rows = 0;
  const size_t models = plan->recipe->modules[0].slices->count;
  const bool by_row = plan->recipe->learning->granularity == IG_LEARNING_GRANULARITY_ROW;
  for (size_t i = 0; i < plan->count; i++) {
    values += plan->tensors[i].elements;
    rows += by_row ? ig_fusion_plan_rows(&plan->tensors[i]) : 1;
  }
  // values, gradient, base, task vectors, and a model that is being loaded; coefficients, their
  // gradient, two moments, the best ones, and inner products
  return values * sizeof(float) * (4 + models) + rows * models * 6 * sizeof(double);
}

// ---- values and gradients ---------------------------------------------------

typedef struct task_loop {
  ig_task_model *task;
  const double *coefficients;  // (models)(groups.coefficients)
} task_loop;

IG_VECTORS static void add_scaled(size_t count, float factor, const float *x, float *restrict out) {
  for (size_t i = 0; i < count; i++) out[i] += x[i] * factor;
}

// The additions of task_arithmetic, and, with a base of zeros, those of linear, in their order.
IG_VECTORS static void combine_block(void *context, size_t index, int worker) {
  (void)worker;
  const task_loop *loop = context;
  const ig_task_model *t = loop->task;
  const ig_task_block *b = &t->blocks[index];
  float *restrict out = t->model->values + b->begin;
  const float *base = t->base + b->begin;
  for (size_t i = 0; i < b->count; i++) out[i] = 0;
  for (size_t k = 0; k < t->models; k++) {
    const double *coefficients = loop->coefficients + k * t->groups.coefficients + b->first;
    const float *task = t->tasks[k] + b->begin;
    for (size_t r = 0; r < b->coefficients; r++)
      add_scaled(b->width, (float)coefficients[r], task + r * b->width, out + r * b->width);
  }
  for (size_t i = 0; i < b->count; i++) out[i] = base[i] + out[i];
}

void ig_task_model_set(ig_task_model *task, const ig_coefficients *coefficients) {
  task_loop loop = {.task = task, .coefficients = coefficients->values};
  ig_pool_run(ig_trainer_pool(task->trainer), task->block_count, combine_block, &loop);
}

static void multiply_block(void *context, size_t index, int worker) {
  (void)worker;
  const ig_task_model *t = context;
  const ig_task_block *b = &t->blocks[index];
  const float *gradient = t->model->gradients + b->begin;
  for (size_t r = 0; r < b->coefficients; r++)
    for (size_t k = 0; k < t->models; k++)
      t->products[b->products + r * t->models + k] = ig_sums_of_products(
          b->width, gradient + r * b->width, t->tasks[k] + b->begin + r * b->width);
}

void ig_task_model_differentiate(ig_task_model *task, ig_coefficients *coefficients) {
  ig_pool_run(ig_trainer_pool(task->trainer), task->block_count, multiply_block, task);
  memset(coefficients->gradient, 0,
         coefficients->models * coefficients->each * sizeof *coefficients->gradient);
  for (size_t i = 0; i < task->block_count; i++) {
    const ig_task_block *b = &task->blocks[i];
    for (size_t r = 0; r < b->coefficients; r++)
      for (size_t k = 0; k < task->models; k++)
        coefficients->gradient[k * coefficients->each + b->first + r] +=
            task->products[b->products + r * task->models + k];
  }
  ig_trainer_zero_gradients(task->trainer);
}
