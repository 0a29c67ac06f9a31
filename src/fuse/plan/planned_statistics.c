#include "fuse/plan/planned_statistics.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

static ig_status open_files(ig_fusion_plan *plan, const ig_statistics_file *files, size_t count,
                            ig_error *err) {
  plan->statistics = ig_allocate(count, sizeof *plan->statistics, err);
  if (!plan->statistics) return IG_ERROR_MEMORY;
  for (; plan->statistics_count < count; plan->statistics_count++)
    IG_TRY(ig_safetensors_open_file(files[plan->statistics_count].path,
                                    &plan->statistics[plan->statistics_count], err));
  return IG_OK;
}

size_t ig_planned_statistics_values(const ig_plan_tensor *t) {
  const ig_statistic_kind kind = t->method->statistics;
  if (kind == IG_STATISTIC_KIND_FISHER) return t->elements;
  // One row is a bias, as that of the logits, and has as many columns as the vocabulary.
  if (kind != IG_STATISTIC_KIND_GRAM || t->rank != 2 || t->shape[0] <= 1) return 0;
  const size_t square = t->shape[1] * t->shape[1];
  return square > t->shape[0] ? square : t->shape[0];  // of a table of embeddings, a value a row
}

// Whether it can be the statistic of one of the tensor's inputs.
static bool suits(const ig_plan_tensor *t, const ig_safetensor *statistic) {
  if (!statistic) return false;
  if (t->method->statistics == IG_STATISTIC_KIND_FISHER) return statistic->elements == t->elements;
  if (statistic->rank == 1) return statistic->elements == t->shape[0];
  return statistic->elements == t->shape[1] * t->shape[1];
}

// Looks up the statistics of one tensor's inputs, and counts them.
static size_t find_inputs(const ig_fusion_plan *plan, ig_plan_tensor *t) {
  size_t found = 0;
  int rank = 0;
  for (size_t i = 0; i < t->inputs; i++) {
    const ig_safetensor *statistic =
        ig_safetensors_find(plan->statistics[t->model_keys[i]], t->input[i].tensor->name);
    t->input[i].statistic = statistic;
    if (!suits(t, statistic)) continue;
    if (rank == 0) rank = statistic->rank;
    found += statistic->rank == rank;
  }
  return found;
}

static ig_status attach(const ig_fusion_plan *plan, const ig_statistics_file *files,
                        ig_plan_tensor *t, ig_error *err) {
  const size_t found = find_inputs(plan, t);
  if (found == 0) return IG_OK;
  if (found < t->inputs)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: statistics of %zu models, expected of %zu",
                   t->name, found, t->inputs);
  t->statistic_norms = ig_allocate(t->inputs, sizeof *t->statistic_norms, err);
  if (!t->statistic_norms) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < t->inputs; i++) t->statistic_norms[i] = files[t->model_keys[i]].norm;
  return IG_OK;
}

ig_status ig_planned_statistics_open(ig_fusion_plan *plan, const ig_statistics_file *files,
                                     size_t count, ig_error *err) {
  IG_TRY(open_files(plan, files, count, err));
  for (size_t i = 0; i < plan->count; i++)
    if (!plan->tensors[i].copied && plan->tensors[i].method->statistics)
      IG_TRY(attach(plan, files, &plan->tensors[i], err));
  return IG_OK;
}
