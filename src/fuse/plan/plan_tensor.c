#include "fuse/plan/plan_tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "fuse/recipe/setting.h"
#include "fuse/input/ties.h"
#include "fuse/plan/vocabulary_tensors.h"

#define ADD_TENSOR_PROBLEM(plan, tensor, err, ...) \
  ig_problems_add(&(plan)->problems, tensor, err, __VA_ARGS__)

// ---- its inputs -------------------------------------------------------------

// A tensor of the output, by its name there.
typedef struct output_name {
  const char *name;
  ig_tensor_place place;
  const ig_plan_position *position;
} output_name;

// Looks up the source's tensor that becomes this one.
static ig_status find_input(const ig_fuse_model *m, const ig_recipe_source *source,
                            const output_name *wanted, ig_plan_input *out, ig_error *err) {
  char *renamed = NULL;
  if (wanted->position->of_slice) {
    const int layer = source->first + wanted->position->layer;
    renamed = ig_tensor_place_rename(wanted->name, &wanted->place, layer);
    if (!renamed) return ig_fail_memory(err);
  }
  out->tensor = ig_ties_find(m, renamed ? renamed : wanted->name);
  free(renamed);
  if (out->tensor) out->lora = ig_lora_find(m->adapters, out->tensor);
  return IG_OK;
}

static bool is_float(ig_dtype dtype) {
  return dtype == IG_DTYPE_F32 || dtype == IG_DTYPE_F16 || dtype == IG_DTYPE_BF16 ||
         dtype == IG_DTYPE_F64;
}

// Whole numbers and booleans. The other types that are not floats are quantised weights.
static bool is_integer(ig_dtype dtype) {
  static const ig_dtype integers[] = {IG_DTYPE_BOOL, IG_DTYPE_U8,  IG_DTYPE_I8,
                                      IG_DTYPE_U16,  IG_DTYPE_I16, IG_DTYPE_U32,
                                      IG_DTYPE_I32,  IG_DTYPE_U64, IG_DTYPE_I64};
  for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
    if (integers[i] == dtype) return true;
  return false;
}

static ig_dtype promote(ig_dtype a, ig_dtype b) { return a == b ? a : IG_DTYPE_F32; }

static ig_dtype output_dtype(const ig_recipe *recipe, const ig_plan_tensor *t) {
  if (!is_float(t->input[0].tensor->dtype)) return t->input[0].tensor->dtype;
  if (recipe->cast_out) return recipe->out_dtype;
  if (recipe->cast) return recipe->dtype;
  ig_dtype dtype = t->base.tensor ? t->base.tensor->dtype : t->input[0].tensor->dtype;
  for (size_t i = 0; i < t->inputs; i++) dtype = promote(dtype, t->input[i].tensor->dtype);
  return dtype == IG_DTYPE_F64 ? IG_DTYPE_F32 : dtype;
}

// Whether all dimensions are the same, but for that of the vocabulary if rows are matched by piece.
static bool same_shape(const ig_plan_tensor *t, const ig_safetensor *a, const ig_safetensor *b) {
  bool same = a->rank == b->rank;
  for (int i = 0; same && i < a->rank; i++)
    same = a->shape[i] == b->shape[i] || (t->aligned && i == t->axis);
  return same;
}

static ig_status check_shapes(ig_fusion_plan *plan, const ig_plan_tensor *t, ig_error *err) {
  const ig_safetensor *first = t->base.tensor ? t->base.tensor : t->input[0].tensor;
  if (ig_vocabulary_tensors_is_unmatched(plan, t)) return IG_OK;
  for (size_t i = 0; i < t->inputs; i++) {
    if (!same_shape(t, first, t->input[i].tensor)) {
      char expected[128], found[128];
      ig_number_join(expected, sizeof expected, first->shape, first->rank);
      ig_number_join(found, sizeof found, t->input[i].tensor->shape, t->input[i].tensor->rank);
      return ADD_TENSOR_PROBLEM(plan, t->name, err, "[%s] in %s, but [%s] in %s", expected,
                                first->file, found, t->input[i].tensor->file);
    }
    const ig_dtype dtype = t->input[i].tensor->dtype;
    if (is_float(first->dtype) && is_float(dtype)) continue;
    if (first->dtype != dtype)
      return ADD_TENSOR_PROBLEM(plan, t->name, err, "%s in %s, but %s in %s",
                                ig_dtype_name(first->dtype), first->file, ig_dtype_name(dtype),
                                t->input[i].tensor->file);
  }
  return IG_OK;
}

// Where values of parameters are looked for, besides the models' own scopes.
typedef struct parameter_search {
  const ig_plan_slice *slice;
  const ig_setting_scope *whole;  // the recipe's
  ig_setting_query query;
} parameter_search;

// Looks one value up. It is a problem if the value must be set and is not.
static ig_status resolve_parameter(ig_fusion_plan *plan, const parameter_search *search,
                                   const ig_recipe_source *source, ig_plan_tensor *t, double *out,
                                   ig_error *err) {
  const ig_setting_scope *const scopes[] = {source ? source->parameters : NULL,
                                            search->slice->recipe->parameters,
                                            search->slice->module->parameters, search->whole};
  const ig_method_parameter *p = &t->method->parameters[search->query.parameter];
  ig_setting_mark(scopes, 4, &search->query);
  if (ig_setting_resolve(scopes, 4, &search->query, out) || !p->required) return IG_OK;
  return source ? ADD_TENSOR_PROBLEM(plan, t->name, err, "%s has no '%s'", source->model, p->name)
                : ADD_TENSOR_PROBLEM(plan, t->name, err, "'%s' is not set", p->name);
}

// Looks all values of parameters up. sources: those of the tensor's inputs.
static ig_status resolve_parameters(ig_fusion_plan *plan, const ig_plan_slice *s,
                                    const ig_recipe_source *const *sources,
                                    const ig_setting_query *asked, ig_plan_tensor *t,
                                    ig_error *err) {
  parameter_search search = {.slice = s, .whole = plan->recipe->parameters, .query = *asked};
  search.query.method = t->method;
  for (size_t p = 0; p < IG_METHOD_PARAMETERS && t->method->parameters[p].name; p++) {
    search.query.parameter = p;
    search.query.tensor = t->name;
    if (!t->method->parameters[p].of_model) {
      IG_TRY(resolve_parameter(plan, &search, NULL, t, &t->shared[p], err));
      continue;
    }
    for (size_t i = 0; i < t->inputs; i++) {
      search.query.tensor = t->input[i].tensor->name;
      IG_TRY(resolve_parameter(plan, &search, sources[i], t, &t->of_model[i][p], err));
    }
  }
  return IG_OK;
}

static ig_status check_parameters(ig_fusion_plan *plan, const ig_plan_tensor *t, ig_error *err) {
  const ig_method *method = t->method;
  const ig_merge_tensor merge = ig_fusion_plan_merge_tensor(t);
  const char *why = method->refuses ? method->refuses(&merge) : NULL;
  return why ? ADD_TENSOR_PROBLEM(plan, t->name, err, "%s", why) : IG_OK;
}

static ig_status allocate_tensor(ig_fusion_plan *plan, const char *name, size_t inputs,
                                 ig_plan_tensor **out, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&plan->tensors, &plan->capacity, plan->count + 1,
                          sizeof *plan->tensors, err));
  ig_plan_tensor *t = *out = &plan->tensors[plan->count];
  *t = (ig_plan_tensor){.method = plan->recipe->method, .inputs = inputs};
  plan->count++;
  t->name = ig_allocate_copy(name, strlen(name), err);
  t->input = ig_allocate(inputs, sizeof *t->input, err);
  t->of_model = ig_allocate(inputs, sizeof *t->of_model, err);
  t->model_keys = ig_allocate(inputs, sizeof *t->model_keys, err);
  return t->name && t->input && t->of_model && t->model_keys ? IG_OK : IG_ERROR_MEMORY;
}

// The depth of the tensor in its stack, by which gradients are interpolated. Beside the layers only
// the output layer is at depth 1; mergekit has all tensors there at depth 0.
static double depth_of(const ig_fusion_plan *plan, const output_name *wanted) {
  const ig_plan_position *at = wanted->position;
  if (at->layer >= 0) return at->layers > 1 ? (double)at->layer / (at->layers - 1) : 1;
  return wanted->place.head && !plan->recipe->as_mergekit ? 1 : 0;
}

static ig_status find_in_model(ig_fusion_plan *plan, size_t model, const ig_recipe_source *source,
                               const output_name *wanted, ig_plan_input *out, ig_error *err) {
  const ig_fuse_model *m = &plan->models.model[model];
  out->model = model;
  IG_TRY(find_input(m, source, wanted, out, err));
  if (out->tensor || plan->recipe->missing != IG_MISSING_ERROR) return IG_OK;
  return ADD_TENSOR_PROBLEM(plan, wanted->name, err, "missing in %s", m->reference);
}

// Looks the tensor up in each model of the slice.
static ig_status find_inputs(ig_fusion_plan *plan, const ig_plan_slice *s,
                             const output_name *wanted, ig_plan_tensor *t, ig_error *err) {
  for (size_t i = 0; i < s->count; i++) {
    t->model_keys[i] = i;
    IG_TRY(find_in_model(plan, s->model[i], s->source[i], wanted, &t->input[i], err));
  }
  if (!s->has_base) return IG_OK;
  const ig_recipe_source base = {.first = s->base_first};
  return find_in_model(plan, s->base, &base, wanted, &t->base, err);
}

// How many of the slice's models lack the tensor.
static size_t count_missing(const ig_plan_slice *s, const ig_plan_tensor *t) {
  size_t missing = s->has_base && !t->base.tensor;
  for (size_t i = 0; i < s->count; i++) missing += !t->input[i].tensor;
  return missing;
}

// Writes the names of the models that lack the tensor into text (size): "a, b".
static void list_missing(const ig_fusion_plan *plan, const ig_plan_slice *s,
                         const ig_plan_tensor *t, char *text, size_t size) {
  text[0] = '\0';
  for (size_t i = 0; i < s->count + s->has_base; i++) {
    const bool is_base = i == s->count,
               is_missing = is_base ? !t->base.tensor : !t->input[i].tensor;
    const size_t used = strlen(text), model = is_base ? s->base : s->model[i];
    if (is_missing)
      snprintf(text + used, size - used, "%s%s", used ? ", " : "",
               plan->models.model[model].reference);
  }
}

// Notes that the output lacks a tensor that a model has.
static ig_status note_left_out(ig_fusion_plan *plan, const char *name, const char *lacking,
                               ig_error *err) {
  return ig_problems_add(&plan->notes, name, err,
                         "missing in %s: left out of the output (missing_tensors: %s)", lacking,
                         plan->recipe->missing == IG_MISSING_UNION ? "union" : "intersection");
}

// Notes that the output has a tensor that some models lack, and what it is made of.
static ig_status note_added(ig_fusion_plan *plan, const ig_plan_tensor *t, const char *lacking,
                            ig_error *err) {
  if (t->method == plan->recipe->method && t->inputs + (t->base.tensor != NULL) > 1)
    return ig_problems_add(
        &plan->notes, t->name, err,
        "missing in %s: made of the models that have it (missing_tensors: union)", lacking);
  return ig_problems_add(&plan->notes, t->name, err,
                         "missing in %s: made of %s alone (missing_tensors: union)", lacking,
                         plan->models.model[t->input[0].model].reference);
}

// Keeps the inputs that exist, with their sources. If the method cannot be carried out on what is
// left, the base's tensor, or the only model's, is taken unchanged. If neither is possible,
// *complete is false and a problem is added.
static ig_status take_present(ig_fusion_plan *plan, const ig_plan_slice *s, ig_plan_tensor *t,
                              const ig_recipe_source **sources, bool *complete, ig_error *err) {
  size_t present = 0;
  for (size_t i = 0; i < t->inputs; i++) {
    if (!t->input[i].tensor) continue;
    t->input[present] = t->input[i];
    t->model_keys[present] = t->model_keys[i];
    sources[present++] = sources[i];
  }
  t->inputs = present;
  const bool has_base = t->base.tensor != NULL;
  *complete = true;
  if (present >= t->method->least_inputs && has_base == s->has_base) return IG_OK;
  if (!has_base && present > 1) {
    *complete = false;
    return ADD_TENSOR_PROBLEM(
        plan, t->name, err,
        "missing in the base, but not in %s and %s: there are no differences to fuse",
        plan->models.model[t->input[0].model].reference,
        plan->models.model[t->input[1].model].reference);
  }
  if (has_base) t->input[0] = t->base;
  t->base = (ig_plan_input){0};
  t->inputs = 1;
  t->method = ig_method_find("passthrough");
  t->of_model[0][0] = 1;
  return IG_OK;
}

static void set_type(ig_fusion_plan *plan, ig_plan_tensor *t) {
  const ig_safetensor *like = t->base.tensor ? t->base.tensor : t->input[0].tensor;
  t->rank = like->rank;
  memcpy(t->shape, like->shape, sizeof t->shape);
  t->elements = like->elements;
  t->copied = !is_float(like->dtype);
  t->dtype = output_dtype(plan->recipe, t);
}

// Of a tensor of integers the base's is taken: the recipe's base model, or else the first of the
// models. All inputs have the same type and shape.
static void take_base_integers(const ig_fusion_plan *plan, ig_plan_tensor *t) {
  const size_t donor = (size_t)(ig_fusion_plan_donor(plan) - plan->models.model);
  for (size_t i = 0; i < t->inputs && !t->base.tensor; i++)
    if (t->input[i].model == donor) t->base = t->input[i];
  if (t->base.tensor) t->input[0] = t->base;
  t->base = (ig_plan_input){0};
  t->inputs = 1;
}

// Plans a tensor whose inputs were found.
static ig_status finish_tensor(ig_fusion_plan *plan, const ig_plan_slice *s,
                               const ig_recipe_source *const *sources,
                               const ig_setting_query *query, ig_plan_tensor *t, ig_error *err) {
  set_type(plan, t);
  IG_TRY(ig_vocabulary_tensors_attach(plan, t, err));
  IG_TRY(check_shapes(plan, t, err));
  if (is_integer(t->dtype) && plan->recipe->takes_base_integers) take_base_integers(plan, t);
  if (t->copied || t->method != plan->recipe->method) return IG_OK;
  IG_TRY(resolve_parameters(plan, s, sources, query, t, err));
  return check_parameters(plan, t, err);
}

ig_status ig_plan_tensor_add(ig_fusion_plan *plan, const ig_plan_slice *s, const char *name,
                             const ig_plan_position *position, ig_error *err) {
  const output_name wanted = {name, ig_tensor_place_of(name), position};
  const ig_missing rule = plan->recipe->missing;
  const ig_recipe_source *sources[IG_METHOD_INPUTS];
  memcpy(sources, s->source, sizeof sources);
  ig_plan_tensor *t;
  bool complete = true;
  char lacking[500];
  IG_TRY(allocate_tensor(plan, name, s->count, &t, err));
  IG_TRY(find_inputs(plan, s, &wanted, t, err));
  const size_t missing = count_missing(s, t);
  if (missing && rule == IG_MISSING_ERROR) return IG_OK;  // the problem is added already
  list_missing(plan, s, t, lacking, sizeof lacking);
  if (missing == s->count + s->has_base || (missing && rule == IG_MISSING_INTERSECTION)) {
    ig_fusion_plan_free_tensor(t);
    plan->count--;
    return note_left_out(plan, name, lacking, err);
  }
  if (missing) IG_TRY(take_present(plan, s, t, sources, &complete, err));
  if (!complete) return IG_OK;
  if (missing) IG_TRY(note_added(plan, t, lacking, err));
  const ig_setting_query query = {.place = &wanted.place, .depth = depth_of(plan, &wanted)};
  return finish_tensor(plan, s, sources, &query, t, err);
}
