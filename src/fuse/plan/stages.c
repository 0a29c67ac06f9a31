#include "fuse/plan/stages.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/plan/output_config.h"
#include "fuse/plan/planner.h"

// Describes the plan's output by names and shapes of tensors, so that later stages can look into it
// as into a model that exists.
static ig_status plan_tensors(ig_stage *stage, ig_error *err) {
  const ig_fusion_plan *plan = &stage->plan;
  ig_safetensors_output *outputs = ig_allocate(plan->count, sizeof *outputs, err);
  if (!outputs) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    outputs[i] = (ig_safetensors_output){.name = t->name, .dtype = t->dtype, .rank = t->rank};
    memcpy(outputs[i].shape, t->shape, sizeof t->shape);
  }
  const ig_status status = ig_safetensors_foresee(stage->recipe->name, outputs, plan->count,
                                                  &stage->planned_tensors, err);
  free(outputs);
  return status;
}

// Sets where the model's tokenizer will come from: the plan's own vocabulary, or a directory. If
// another stage makes the donor, that is what is known of the donor's tokenizer.
static void plan_tokenizer(const ig_fusion_plan *plan, ig_stage_model *model) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  if (plan->alignment && plan->alignment->unread) {
    model->tokenizer = plan->alignment->directory;
  } else if (plan->alignment) {
    model->pieces = &plan->alignment->output;
  } else if (donor->stage) {
    model->pieces = donor->stage->pieces;
    model->tokenizer = donor->stage->tokenizer;
  } else {
    model->tokenizer = donor->directory;
  }
}

// Sets what later stages see of the model before it is made.
static ig_status plan_model(ig_stage *stage, ig_stage_model *model, ig_error *err) {
  IG_TRY(plan_tensors(stage, err));
  stage->config = ig_output_config_make(&stage->plan);
  if (!stage->config) return ig_fail_memory(err);
  model->tensors = stage->planned_tensors;
  model->config = stage->config;
  plan_tokenizer(&stage->plan, model);
  return IG_OK;
}

static bool is_complete(const ig_fusion_plan *plan) {
  for (size_t i = 0; i < plan->models.count; i++)
    if (!plan->models.model[i].tensors) return false;
  return plan->problems.count == 0;
}

static ig_status plan_stage(ig_stages *s, size_t index, ig_error *err) {
  ig_stage *stage = &s->stage[index];
  const bool is_result = index + 1 == s->count;
  stage->planned = true;
  IG_TRY(ig_planner_make(stage->recipe, s->models, index, &stage->plan, err));
  if (!is_result && is_complete(&stage->plan)) IG_TRY(plan_model(stage, &s->models[index], err));
  IG_TRY(ig_problems_move(&s->notes, &stage->plan.notes, err));
  return ig_problems_move(&s->problems, &stage->plan.problems, err);
}

ig_status ig_stages_plan(const ig_recipe_file *file, ig_stages *out, ig_error *err) {
  *out = (ig_stages){.file = file->name};
  out->stage = ig_allocate(file->count, sizeof *out->stage, err);
  out->models = ig_allocate(file->count, sizeof *out->models, err);
  if (!out->stage || !out->models) return IG_ERROR_MEMORY;
  out->count = file->count;
  for (size_t i = 0; i < file->count; i++) {
    out->stage[i].recipe = &file->recipes[i];
    out->models[i].name = file->recipes[i].name ? file->recipes[i].name : "";
  }
  for (size_t i = 0; i < file->count; i++) IG_TRY(plan_stage(out, i, err));
  return IG_OK;
}

void ig_stages_free(ig_stages *s) {
  for (size_t i = 0; i < s->count; i++) {
    ig_stage *stage = &s->stage[i];
    if (stage->planned) ig_fusion_plan_free(&stage->plan);
    ig_safetensors_close(stage->planned_tensors);
    json_decref(stage->config);
    free(stage->directory);
  }
  ig_problems_free(&s->problems);
  ig_problems_free(&s->notes);
  free(s->stage);
  free(s->models);
  *s = (ig_stages){0};
}
