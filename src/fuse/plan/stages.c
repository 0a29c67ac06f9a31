#include "fuse/plan/stages.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "fuse/plan/output_config.h"
#include "fuse/plan/planner.h"

// ---- names ------------------------------------------------------------------

// A name becomes that of a directory, and "+" would begin an adapter.
static bool is_name(const char *name) {
  return *name && strlen(name) <= 100 && !strpbrk(name, "/+") && strcmp(name, ".") != 0 &&
         strcmp(name, "..") != 0;
}

static ig_status check_name(const ig_stages *s, size_t index, const ig_yaml_node *node,
                            ig_error *err) {
  const char *name = s->stage[index].name;
  const ig_yaml_node *at = name ? ig_yaml_get(node, "name") : node;
  for (size_t i = 0; i < index; i++) {
    if (!name && !s->stage[i].name)
      return ig_yaml_fail(
          at, err,
          "a second recipe without a 'name': others could not use it, and there is one result");
    if (name && s->stage[i].name && strcmp(name, s->stage[i].name) == 0)
      return ig_yaml_fail(at, err, "two recipes are named '%.100s'", name);
  }
  if (!name) return IG_OK;
  if (!is_name(name))
    return ig_yaml_fail(
        at, err, "expected a name without '/' and '+', at most 100 bytes long, found '%.120s'",
        name);
  if (s->count > 1 && ig_file_exists(name))
    return ig_yaml_fail(at, err,
                        "'%.100s' is also a file or directory here: another name is needed", name);
  return IG_OK;
}

static ig_status read_names(const ig_yaml_node *documents, ig_stages *s, ig_error *err) {
  for (size_t i = 0; i < s->count; i++) {
    const ig_yaml_node *node = documents->children[i];
    if (node->kind != IG_YAML_MAP)
      return ig_yaml_fail(node, err, "expected a map with 'merge_method'");
    IG_TRY(ig_yaml_string(node, "name", NULL, &s->stage[i].name, err));
    IG_TRY(check_name(s, i, node, err));
  }
  return IG_OK;
}

// ---- which needs which ------------------------------------------------------

static bool is_reference_to(const char *reference, const char *name) {
  const size_t length = strlen(name);
  return strncmp(reference, name, length) == 0 &&
         (reference[length] == '\0' || reference[length] == '+');
}

// Does anything that names a model in this tree name this one?
static bool names_model(const ig_yaml_node *node, const char *name) {
  static const char *const keys[] = {"model", "base_model", "tokenizer_source", "source"};
  for (size_t i = 0; i < node->count; i++) {
    const ig_yaml_node *child = node->children[i];
    for (size_t k = 0; node->kind == IG_YAML_MAP && k < sizeof keys / sizeof *keys; k++)
      if (child->kind == IG_YAML_SCALAR && strcmp(node->keys[i], keys[k]) == 0 &&
          is_reference_to(child->scalar, name))
        return true;
    if (names_model(child, name)) return true;
  }
  return false;
}

static bool needs(const ig_yaml_node *documents, const ig_stages *s, size_t user, size_t used) {
  return s->stage[used].name && names_model(documents->children[user], s->stage[used].name);
}

static bool is_needed(const ig_yaml_node *documents, const ig_stages *s, size_t used) {
  for (size_t i = 0; i < s->count; i++)
    if (needs(documents, s, i, used)) return true;
  return false;
}

// The result: of the recipe without a name, else of the one that no other needs.
static ig_status find_last(const ig_yaml_node *documents, const ig_stages *s, size_t *last,
                           ig_error *err) {
  *last = s->count;
  for (size_t i = 0; i < s->count; i++)
    if (!s->stage[i].name) *last = i;
  for (size_t i = 0; i < s->count && s->count > 1; i++) {
    if (i == *last || is_needed(documents, s, i)) continue;
    if (*last < s->count)
      return ig_yaml_fail(documents->children[i], err, "nothing uses '%.100s'", s->stage[i].name);
    *last = i;
  }
  if (s->count == 1) *last = 0;
  return *last < s->count ? IG_OK
                          : ig_yaml_fail(documents->children[0], err,
                                         "each recipe needs another: there is no result");
}

typedef struct ordering {
  const ig_yaml_node *documents;
  const ig_stages *stages;
  bool *entered, *left;  // (count)
  size_t *order;         // (count): documents
  size_t count;
} ordering;

// What a stage needs comes before it.
static ig_status enter(ordering *o, size_t stage, ig_error *err) {
  if (o->left[stage]) return IG_OK;
  if (o->entered[stage])
    return ig_yaml_fail(o->documents->children[stage], err,
                        "'%.100s' needs itself, if only by way of others",
                        o->stages->stage[stage].name);
  o->entered[stage] = true;
  for (size_t i = 0; i < o->stages->count; i++)
    if (needs(o->documents, o->stages, stage, i)) IG_TRY(enter(o, i, err));
  o->left[stage] = true;
  o->order[o->count++] = stage;
  return IG_OK;
}

static ig_status find_order(ordering *o, size_t last, ig_error *err) {
  IG_TRY(enter(o, last, err));
  for (size_t i = 0; i < o->stages->count; i++) {
    if (o->left[i]) continue;
    IG_TRY(enter(o, i, err));  // a circle is told as one
    return ig_yaml_fail(o->documents->children[i], err, "the result does not use '%.100s'",
                        o->stages->stage[i].name);
  }
  return IG_OK;
}

static ig_status order_documents(const ig_yaml_node *documents, const ig_stages *s, size_t *order,
                                 ig_error *err) {
  size_t last;
  IG_TRY(find_last(documents, s, &last, err));
  bool *marks = ig_allocate(2 * s->count, sizeof *marks, err);
  if (!marks) return IG_ERROR_MEMORY;
  ordering o = {.documents = documents,
                .stages = s,
                .entered = marks,
                .left = marks + s->count,
                .order = order};
  const ig_status status = find_order(&o, last, err);
  free(marks);
  return status;
}

// ---- reading ----------------------------------------------------------------

static ig_status read_in_order(const ig_yaml_node *documents, const size_t *order, ig_stages *s,
                               ig_error *err) {
  for (size_t i = 0; i < s->count; i++) {
    ig_stage *stage = &s->stage[i];
    IG_TRY(ig_yaml_string(documents->children[order[i]], "name", NULL, &stage->name, err));
    IG_TRY(ig_recipe_read(documents->children[order[i]], &stage->recipe, err));
    s->made[i].name = stage->name ? stage->name : "";
    for (size_t k = 0; k < i; k++)
      stage->builds = stage->builds || names_model(stage->recipe.root, s->stage[k].name);
  }
  return IG_OK;
}

ig_status ig_stages_read(const ig_yaml_node *documents, ig_stages *out, ig_error *err) {
  *out = (ig_stages){.file = documents->file, .count = documents->count};
  out->stage = ig_allocate(out->count, sizeof *out->stage, err);
  out->made = ig_allocate(out->count, sizeof *out->made, err);
  if (!out->stage || !out->made) return IG_ERROR_MEMORY;
  IG_TRY(read_names(documents, out, err));
  size_t *order = ig_allocate(out->count, sizeof *order, err);
  ig_status status = order ? order_documents(documents, out, order, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = read_in_order(documents, order, out, err);
  free(order);
  return status;
}

// ---- planning ---------------------------------------------------------------

// What the stages behind it see of its model before it is there.
static ig_status foresee(ig_stage *stage, ig_stage_model *made, ig_error *err) {
  const ig_fusion_plan *plan = &stage->plan;
  ig_safetensors_output *outputs = ig_allocate(plan->count, sizeof *outputs, err);
  if (!outputs) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    outputs[i] = (ig_safetensors_output){.name = t->name, .dtype = t->dtype, .rank = t->rank};
    memcpy(outputs[i].shape, t->shape, sizeof t->shape);
  }
  const ig_status status =
      ig_safetensors_foresee(stage->name, outputs, plan->count, &stage->foreseen, err);
  free(outputs);
  IG_TRY(status);
  stage->config = ig_output_config_make(plan);
  *made = (ig_stage_model){
      .name = stage->name, .tensors = stage->foreseen, .config = stage->config, .plan = plan};
  return stage->config ? IG_OK : ig_fail_memory(err);
}

static bool is_complete(const ig_fusion_plan *plan) {
  for (size_t i = 0; i < plan->models.count; i++)
    if (!plan->models.model[i].tensors) return false;
  return plan->problems.count == 0;
}

ig_status ig_stages_plan(ig_stages *s, ig_error *err) {
  for (size_t i = 0; i < s->count; i++) {
    ig_stage *stage = &s->stage[i];
    stage->planned = true;
    IG_TRY(ig_planner_make(&stage->recipe, s->made, i, &stage->plan, err));
    if (i + 1 < s->count && is_complete(&stage->plan)) IG_TRY(foresee(stage, &s->made[i], err));
    IG_TRY(ig_problems_move(&s->problems, &stage->plan.problems, err));
  }
  return IG_OK;
}

void ig_stages_free(ig_stages *s) {
  for (size_t i = 0; s->stage && i < s->count; i++) {
    ig_stage *stage = &s->stage[i];
    if (stage->planned) ig_fusion_plan_free(&stage->plan);
    ig_recipe_free(&stage->recipe);
    ig_safetensors_close(stage->foreseen);
    json_decref(stage->config);
    free(stage->directory);
  }
  ig_problems_free(&s->problems);
  free(s->stage);
  free(s->made);
  *s = (ig_stages){0};
}
