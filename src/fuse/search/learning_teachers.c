#include "fuse/search/learning_teachers.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "ingot.h"

static bool is_teacher(const ig_learning_teachers *t, size_t index, const char *teacher) {
  return !teacher || ig_fuse_models_is_same(t->sources[index].model, teacher);
}

// Whether a set of these (count) learns from the model.
static bool is_needed(const ig_learning_teachers *t, size_t index, const ig_learning_files *pairs,
                      size_t count) {
  for (size_t i = 0; i < count; i++)
    if (is_teacher(t, index, pairs[i].teacher)) return true;
  return false;
}

ig_status ig_learning_teachers_load(const ig_fusion_plan *plan, ig_learning_teachers *out,
                                    ig_error *err) {
  const ig_learning *l = plan->recipe->learning;
  const ig_recipe_slice *slice = plan->recipe->modules[0].slices;
  *out = (ig_learning_teachers){.sources = slice->sources};
  if (l->loss != IG_LEARNING_LOSS_TEACHERS) return IG_OK;
  out->models = ig_allocate(slice->count, sizeof *out->models, err);
  if (!out->models) return IG_ERROR_MEMORY;
  out->count = slice->count;
  for (size_t k = 0; k < out->count; k++)
    if (is_needed(out, k, l->data, l->data_count) || is_needed(out, k, l->valid, l->valid_count))
      IG_TRY(ig_model_load(ig_fusion_plan_directory(plan, slice->sources[k].model), &out->models[k],
                           err));
  return IG_OK;
}

void ig_learning_teachers_free(ig_learning_teachers *t) {
  for (size_t k = 0; k < t->count; k++) ig_model_free(t->models[k]);
  free(t->models);
  *t = (ig_learning_teachers){0};
}

size_t ig_learning_teachers_memory(const ig_fusion_plan *plan) {
  size_t values = 0;
  for (size_t i = 0; i < plan->count; i++) values += plan->tensors[i].elements;
  const size_t models = plan->recipe->modules[0].slices->count;
  const bool teach = plan->recipe->learning->loss == IG_LEARNING_LOSS_TEACHERS;
  return teach ? values * sizeof(float) * models : 0;
}

ig_status ig_learning_teachers_set(const ig_learning_teachers *t, ig_trainer *trainer,
                                   const char *teacher, ig_error *err) {
  ig_teacher chosen[IG_METHOD_INPUTS];
  ig_teaching teaching = {.teachers = chosen, .share = 1, .temperature = 1};
  for (size_t k = 0; k < t->count; k++)
    if (is_teacher(t, k, teacher))
      chosen[teaching.count++] = (ig_teacher){.model = t->models[k], .weight = 1};
  return ig_trainer_set_teaching(trainer, &teaching, err);
}
