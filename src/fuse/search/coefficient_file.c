#include "fuse/search/coefficient_file.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/plan/planned_coefficients.h"
#include "io/safetensors_metadata.h"

// Lays the coefficients of a group out as its tensor is in the file, (models, rows).
static void lay_out(const ig_tensor_groups *groups, const ig_tensor_group *g, size_t models,
                    const double *values, float *to) {
  for (size_t k = 0; k < models; k++)
    for (size_t r = 0; r < g->rows; r++)
      to[k * g->rows + r] = (float)values[k * groups->coefficients + g->first + r];
}

// Those of a tensor that is not learned: it is the base's or, without one, the models' mean.
static void lay_out_constant(const ig_plan_tensor *t, bool has_base, float *to) {
  for (size_t k = 0; k < t->inputs; k++) to[k] = has_base ? 0 : (float)(1 / (double)t->inputs);
}

// Values of all tensors of the file, and its tensors.
static size_t count_values(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                           size_t models, size_t *tensors) {
  size_t values = models * groups->coefficients;
  *tensors = 0;
  for (size_t i = 0; i < plan->count; i++) {
    if (!ig_planned_coefficients_has(&plan->tensors[i])) continue;
    ++*tensors;
    if (groups->of_tensor[i] == SIZE_MAX) values += plan->tensors[i].inputs;
  }
  return values;
}

// outputs, memory: filled, of as many tensors and values as count_values says. With granularity:
// row each learned tensor is a group.
static void describe(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                     const double *values, ig_safetensors_output *outputs, float *memory) {
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!ig_planned_coefficients_has(t)) continue;
    const bool is_learned = groups->of_tensor[i] != SIZE_MAX;
    const ig_tensor_group *g = is_learned ? &groups->items[groups->of_tensor[i]] : NULL;
    const size_t rows = g ? g->rows : 1;
    if (g)
      lay_out(groups, g, t->inputs, values, memory);
    else
      lay_out_constant(t, plan->recipe->base_model != NULL, memory);
    *outputs++ = (ig_safetensors_output){.name = t->name,
                                         .dtype = IG_DTYPE_F32,
                                         .rank = 2,
                                         .shape = {t->inputs, rows},
                                         .values = memory,
                                         .raw = NULL};
    memory += t->inputs * rows;
  }
}

static ig_status write_file(const ig_fusion_plan *plan, const ig_safetensors_output *outputs,
                            size_t count, ig_error *err) {
  json_t *metadata = ig_planned_coefficients_metadata(plan->recipe);
  if (!metadata) return ig_fail_memory(err);
  const ig_status status = ig_safetensors_metadata_write(plan->recipe->learning->coefficients,
                                                         outputs, count, metadata, err);
  json_decref(metadata);
  return status;
}

ig_status ig_coefficient_file_write(const ig_fusion_plan *plan, const ig_tensor_groups *groups,
                                    const double *values, ig_error *err) {
  const size_t models = plan->recipe->modules[0].slices->count;
  size_t count;
  float *memory = ig_allocate(count_values(plan, groups, models, &count), sizeof *memory, err);
  ig_safetensors_output *outputs = memory ? ig_allocate(count, sizeof *outputs, err) : NULL;
  ig_status status = outputs ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) {
    describe(plan, groups, values, outputs, memory);
    status = write_file(plan, outputs, count, err);
  }
  free(memory);
  free(outputs);
  return status;
}
