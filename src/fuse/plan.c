#include "fuse/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "fuse/setting.h"
#include "fuse/ties.h"
#include "fuse/vocabulary.h"

#define ADD_PROBLEM(plan, err, ...) ig_problems_add(&(plan)->problems, NULL, err, __VA_ARGS__)
#define ADD_TENSOR_PROBLEM(plan, tensor, err, ...) ig_problems_add(&(plan)->problems, tensor, err, __VA_ARGS__)

// ---- which tensors -------------------------------------------------------------------------------------------------------------------------

// A slice with its models looked up, and where its layers go.
typedef struct slice {
  const ig_recipe_module *module;
  const ig_recipe_slice *recipe;
  size_t model[IG_METHOD_INPUTS];  // of each source: index
  const ig_recipe_source *source[IG_METHOD_INPUTS];
  size_t count;
  bool has_base;
  size_t base;  // model index
  int base_first;
  ig_stack stack;
  int first_output, layers;  // of the output's stack, where ranged
  bool complete;             // all models could be opened, and there are as many as the method takes
} slice;

// The source's tensor that becomes output tensor `name`, whose layer is `offset` layers into the slice.
static ig_status find_input(const ig_fuse_model *m, const ig_recipe_source *source, const char *name, const ig_place *place, int offset,
                            ig_plan_input *out, ig_error *err) {
  char *renamed = NULL;
  if (source->ranged && place->layer >= 0) {
    renamed = ig_place_rename(name, place, source->first + offset);
    if (!renamed) return ig_fail(err, IG_ERROR_MEMORY, "out of memory");
  }
  out->tensor = ig_tie_find(m, renamed ? renamed : name);
  free(renamed);
  return out->tensor ? ig_lora_find(m->adapter, out->tensor, &out->lora, err) : IG_OK;
}

// ---- one tensor ----------------------------------------------------------------------------------------------------------------------------

static bool is_float(ig_dtype dtype) { return dtype == IG_DTYPE_F32 || dtype == IG_DTYPE_F16 || dtype == IG_DTYPE_BF16 || dtype == IG_DTYPE_F64; }

static ig_dtype promote(ig_dtype a, ig_dtype b) { return a == b ? a : IG_DTYPE_F32; }

static ig_dtype output_dtype(const ig_recipe *recipe, const ig_plan_tensor *t) {
  if (!is_float(t->input[0].tensor->dtype)) return t->input[0].tensor->dtype;
  if (recipe->cast_out) return recipe->out_dtype;
  if (recipe->cast) return recipe->dtype;
  ig_dtype dtype = t->base.tensor ? t->base.tensor->dtype : t->input[0].tensor->dtype;
  for (size_t i = 0; i < t->inputs; i++) dtype = promote(dtype, t->input[i].tensor->dtype);
  return dtype == IG_DTYPE_F64 ? IG_DTYPE_F32 : dtype;
}

// Of all dimensions, or all but that of the vocabulary.
static bool same_shape(const ig_plan_tensor *t, const ig_safetensor *a, const ig_safetensor *b) {
  bool same = a->rank == b->rank;
  for (int i = 0; same && i < a->rank; i++) same = a->shape[i] == b->shape[i] || (t->aligned && i == t->axis);
  return same;
}

static void print_shape(const ig_safetensor *t, char *to, size_t size) {
  size_t used = (size_t)snprintf(to, size, "[");
  for (int i = 0; i < t->rank && used < size; i++) used += (size_t)snprintf(to + used, size - used, "%s%zu", i ? ", " : "", t->shape[i]);
  if (used < size) snprintf(to + used, size - used, "]");
}

static ig_status check_shapes(ig_plan *plan, const ig_plan_tensor *t, ig_error *err) {
  const ig_safetensor *first = t->base.tensor ? t->base.tensor : t->input[0].tensor;
  for (size_t i = 0; i < t->inputs; i++) {
    if (!same_shape(t, first, t->input[i].tensor)) {
      char expected[128], found[128];
      print_shape(first, expected, sizeof expected);
      print_shape(t->input[i].tensor, found, sizeof found);
      return ADD_TENSOR_PROBLEM(plan, t->name, err, "%s in %s, but %s in %s", expected, first->file, found, t->input[i].tensor->file);
    }
    const ig_dtype dtype = t->input[i].tensor->dtype;
    if (is_float(first->dtype) && is_float(dtype)) continue;
    if (first->dtype != dtype)
      return ADD_TENSOR_PROBLEM(plan, t->name, err, "%s in %s, but %s in %s", ig_dtype_name(first->dtype), first->file, ig_dtype_name(dtype),
                                t->input[i].tensor->file);
  }
  return IG_OK;
}

// sources: of its inputs.
static ig_status resolve_parameters(ig_plan *plan, const slice *s, const ig_recipe_source *const *sources, const ig_setting_query *asked,
                                    ig_plan_tensor *t, ig_error *err) {
  const ig_recipe *recipe = plan->recipe;
  ig_setting_query query = *asked;
  for (size_t p = 0; p < IG_METHOD_PARAMETERS && t->method->parameters[p].name; p++) {
    query.parameter = &t->method->parameters[p];
    for (size_t i = 0; i < (query.parameter->of_model ? t->inputs : 1); i++) {
      const ig_recipe_source *source = query.parameter->of_model ? sources[i] : NULL;
      const ig_yaml_node *scopes[] = {source ? source->parameters : NULL, s->recipe->parameters, s->module->parameters, recipe->parameters};
      query.tensor = source ? t->input[i].tensor->name : t->name;
      bool found;
      double value;
      IG_TRY(ig_setting_resolve(scopes, 4, &query, &found, &value, err));
      if (!found && query.parameter->required)
        IG_TRY(source ? ADD_TENSOR_PROBLEM(plan, t->name, err, "%s has no '%s'", source->model, query.parameter->name)
                      : ADD_TENSOR_PROBLEM(plan, t->name, err, "'%s' is not set", query.parameter->name));
      if (source)
        t->of_model[i][p] = value;
      else
        t->shared[p] = value;
    }
  }
  return IG_OK;
}

static ig_merge numbers_of(const ig_plan_tensor *t) {
  return (ig_merge){.method = t->method,
                    .name = t->name,
                    .inputs = t->inputs,
                    .has_base = t->base.tensor != NULL,
                    .of_model = (const double(*)[IG_METHOD_PARAMETERS])t->of_model,
                    .shared = t->shared};
}

static ig_status check_parameters(ig_plan *plan, const ig_plan_tensor *t, ig_error *err) {
  const ig_method *method = t->method;
  const ig_merge merge = numbers_of(t);
  const char *why = method->refuses ? method->refuses(&merge) : NULL;
  return why ? ADD_TENSOR_PROBLEM(plan, t->name, err, "%s", why) : IG_OK;
}

static ig_status allocate_tensor(ig_plan *plan, const char *name, size_t inputs, ig_plan_tensor **out, ig_error *err) {
  IG_TRY(ig_grow((void **)&plan->tensors, &plan->capacity, plan->count + 1, sizeof *plan->tensors, err));
  ig_plan_tensor *t = *out = &plan->tensors[plan->count];
  *t = (ig_plan_tensor){.method = plan->recipe->method, .inputs = inputs};
  plan->count++;
  t->name = ig_duplicate(name, strlen(name), err);
  t->input = ig_allocate(inputs, sizeof *t->input, err);
  t->of_model = ig_allocate(inputs, sizeof *t->of_model, err);
  t->places = ig_allocate(inputs, sizeof *t->places, err);
  return t->name && t->input && t->of_model && t->places ? IG_OK : IG_ERROR_MEMORY;
}

// Depth in the stack for gradients. mergekit sees the head at depth 0.
static double depth_of(const ig_plan *plan, const ig_place *place, int offset, int layers) {
  if (place->layer >= 0) return layers > 1 ? (double)offset / (layers - 1) : 1;
  return place->head && !plan->recipe->as_mergekit ? 1 : 0;
}

static void free_tensor(ig_plan_tensor *t) {
  for (size_t i = 0; t->input && i < t->inputs; i++) free(t->input[i].padding);
  free(t->base.padding);
  free(t->name);
  free(t->input);
  free(t->of_model);
  free(t->places);
}

// Looks the tensor up in each model. *missing: how many do not have it.
static ig_status find_inputs(ig_plan *plan, const slice *s, const ig_place *place, int offset, ig_plan_tensor *t, size_t *missing, ig_error *err) {
  *missing = 0;
  for (size_t i = 0; i <= s->count; i++) {
    if (i == s->count && !s->has_base) break;
    const ig_fuse_model *m = &plan->models.model[i < s->count ? s->model[i] : s->base];
    const ig_recipe_source base = {.ranged = s->source[0]->ranged, .first = s->base_first};
    ig_plan_input *input = i < s->count ? &t->input[i] : &t->base;
    input->model = i < s->count ? s->model[i] : s->base;
    if (i < s->count) t->places[i] = i;
    IG_TRY(find_input(m, i < s->count ? s->source[i] : &base, t->name, place, offset, input, err));
    if (input->tensor) continue;
    ++*missing;
    if (plan->recipe->missing == IG_MISSING_ERROR) IG_TRY(ADD_TENSOR_PROBLEM(plan, t->name, err, "missing in %s", m->reference));
  }
  return IG_OK;
}

// Takes the inputs that are there, with their sources. Where the method cannot be carried out on what is left, the base's tensor, or the only model's, is taken as
// it is.
static ig_status take_present(ig_plan *plan, const slice *s, ig_plan_tensor *t, const ig_recipe_source **sources, bool *complete, ig_error *err) {
  size_t present = 0;
  for (size_t i = 0; i < t->inputs; i++) {
    if (!t->input[i].tensor) continue;
    t->input[present] = t->input[i];
    t->places[present] = t->places[i];
    sources[present++] = sources[i];
  }
  t->inputs = present;
  const bool has_base = t->base.tensor != NULL;
  *complete = true;
  if (present >= t->method->least_inputs && has_base == s->has_base) return IG_OK;
  if (!has_base && present > 1) {
    *complete = false;
    return ADD_TENSOR_PROBLEM(plan, t->name, err, "missing in the base, but not in %s and %s: there are no differences to fuse",
                              plan->models.model[t->input[0].model].reference, plan->models.model[t->input[1].model].reference);
  }
  if (has_base) t->input[0] = t->base;
  t->base = (ig_plan_input){0};
  t->inputs = 1;
  t->method = ig_method_find("passthrough");
  t->of_model[0][0] = 1;
  return IG_OK;
}

static void set_type(ig_plan *plan, ig_plan_tensor *t) {
  const ig_safetensor *like = t->base.tensor ? t->base.tensor : t->input[0].tensor;
  t->rank = like->rank;
  memcpy(t->shape, like->shape, sizeof t->shape);
  t->elements = like->elements;
  t->copied = !is_float(like->dtype);
  t->dtype = output_dtype(plan->recipe, t);
}

static ig_status plan_tensor(ig_plan *plan, const slice *s, const char *name, int offset, int layers, ig_error *err) {
  const ig_place place = ig_place_of(name);
  const ig_recipe_source *sources[IG_METHOD_INPUTS];
  memcpy(sources, s->source, sizeof sources);
  ig_plan_tensor *t;
  size_t missing;
  bool complete = true;
  IG_TRY(allocate_tensor(plan, name, s->count, &t, err));
  IG_TRY(find_inputs(plan, s, &place, offset, t, &missing, err));
  if (missing && plan->recipe->missing == IG_MISSING_ERROR) return IG_OK;
  if (missing == s->count + s->has_base || (missing && plan->recipe->missing == IG_MISSING_INTERSECTION)) {
    free_tensor(t);
    plan->count--;
    return IG_OK;
  }
  if (missing) IG_TRY(take_present(plan, s, t, sources, &complete, err));
  if (!complete) return IG_OK;
  set_type(plan, t);
  IG_TRY(ig_vocabulary_attach(plan, t, err));
  IG_TRY(check_shapes(plan, t, err));
  if (t->copied || t->method != plan->recipe->method) return IG_OK;
  IG_TRY(resolve_parameters(plan, s, sources, &(ig_setting_query){.place = &place, .depth = depth_of(plan, &place, offset, layers)}, t, err));
  return check_parameters(plan, t, err);
}

// ---- slices --------------------------------------------------------------------------------------------------------------------------------

static ig_stack stack_of(const char *module) {
  if (!module) return IG_STACK_NONE;
  return strstr(module, "decoder") ? IG_STACK_DECODER : strstr(module, "encoder") ? IG_STACK_ENCODER : IG_STACK_NONE;
}

// The model; one that cannot be opened is a problem, told once.
static ig_status open_model(ig_plan *plan, slice *s, const char *reference, size_t *index, ig_error *err) {
  ig_error why = {0};
  const ig_status status = ig_fuse_models_open(&plan->models, reference, index, &why);
  if (status == IG_ERROR_MEMORY) return ig_fail(err, status, "%s", why.message);
  s->complete = s->complete && status == IG_OK && plan->models.model[*index].tensors;
  return status == IG_OK ? IG_OK : ADD_PROBLEM(plan, err, "%s", why.message);
}

// Looks the models of a slice up: the base apart from the others where the method takes differences from it.
static ig_status open_slice(ig_plan *plan, const ig_recipe_module *module, const ig_recipe_slice *recipe, slice *out, ig_error *err) {
  const ig_method *method = plan->recipe->method;
  const char *base = method->base == IG_BASE_NONE ? NULL : recipe->base_model ? recipe->base_model : plan->recipe->base_model;
  *out = (slice){.module = module,
                 .recipe = recipe,
                 .stack = stack_of(module->name),
                 .layers = recipe->sources[0].last - recipe->sources[0].first,
                 .complete = true};
  for (size_t i = 0; i < recipe->count; i++) {
    const ig_recipe_source *source = &recipe->sources[i];
    size_t index;
    IG_TRY(open_model(plan, out, source->model, &index, err));
    if (base && strcmp(source->model, base) == 0) {
      out->base_first = source->first;
      continue;
    }
    out->source[out->count] = source;
    out->model[out->count++] = index;
  }
  if (base) {
    IG_TRY(open_model(plan, out, base, &out->base, err));
    out->has_base = true;
    if (out->count == recipe->count) out->base_first = recipe->sources[0].first;
  }
  if (out->count >= method->least_inputs && out->count <= method->most_inputs) return IG_OK;
  out->complete = false;
  return ADD_PROBLEM(plan, err, "%s:%d: %s takes %zu to %zu models%s, found %zu", recipe->sources[0].node->file, recipe->sources[0].node->line,
                     method->name, method->least_inputs, method->most_inputs, base ? " besides the base" : "", out->count);
}

// The base that config and tokenizer come from, where the method does not take it as one.
static ig_status open_donor(ig_plan *plan, slice *s, ig_error *err) {
  size_t unused;
  return plan->recipe->base_model ? open_model(plan, s, plan->recipe->base_model, &unused, err) : IG_OK;
}

// Does each of the slice's models have the layers that are asked of it?
static ig_status check_ranges(ig_plan *plan, const slice *s, bool *inside, ig_error *err) {
  const ig_yaml_node *node = s->source[0]->node;
  *inside = true;
  for (size_t i = 0; i <= s->count; i++) {
    if (i == s->count && !s->has_base) break;
    const ig_fuse_model *m = &plan->models.model[i < s->count ? s->model[i] : s->base];
    const int first = i < s->count ? s->source[i]->first : s->base_first, last = first + s->layers;
    if (last <= m->layers[s->stack]) continue;
    *inside = false;
    IG_TRY(ADD_PROBLEM(plan, err, "%s:%d: layers %d to %d of %d in %s", node->file, node->line, first, last, m->layers[s->stack], m->reference));
  }
  return IG_OK;
}

// Does the module name this tensor?
static bool module_has(const ig_recipe_module *module, const char *name, const ig_place *place) {
  if (!module->name || strcmp(module->name, "default") == 0) return true;
  if (strcmp(module->name, "encoder") == 0) return place->stack == IG_STACK_ENCODER;
  if (strcmp(module->name, "decoder") == 0) return place->stack == IG_STACK_DECODER;
  const size_t length = strlen(module->name);
  return strncmp(name, module->name, length) == 0 && name[length] == '.';
}

static const ig_recipe_module *module_of(const ig_recipe *recipe, const char *name, const ig_place *place) {
  const ig_recipe_module *rest = NULL;
  for (size_t i = 0; i < recipe->module_count; i++) {
    const ig_recipe_module *module = &recipe->modules[i];
    const bool named = module->name && strcmp(module->name, "default") != 0;
    if (named && module_has(module, name, place)) return module;
    if (!named) rest = module;
  }
  return rest ? rest : &recipe->modules[0];
}

// Participant i of a slice: the base, where there is one, before the others.
static const ig_fuse_model *participant(const ig_plan *plan, const slice *s, size_t i) {
  if (s->has_base) return &plan->models.model[i == 0 ? s->base : s->model[i - 1]];
  return &plan->models.model[s->model[i]];
}

static size_t participants(const slice *s) { return s->count + s->has_base; }

// Has one of the first `count` participants a tensor that becomes `name`?
static bool is_known(const ig_plan *plan, const slice *s, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (ig_tie_stored(ig_plan_donor(plan), participant(plan, s, i), name)) return true;
  return false;
}

static ig_status plan_outside(ig_plan *plan, const slice *s, const ig_recipe_module *module, const char *name, int layers, ig_error *err) {
  const ig_place place = ig_place_of(name);
  if (module_of(plan->recipe, name, &place) != module || (s->source[0]->ranged && place.layer >= 0)) return IG_OK;
  return plan_tensor(plan, s, name, place.layer, layers, err);
}

// All tensors that any of the models of the first slice has, but for those of layers where layers are named. Tied ones go by one name, the donor's.
static ig_status plan_whole(ig_plan *plan, const slice *s, const ig_recipe_module *module, ig_error *err) {
  const ig_fuse_model *donor = ig_plan_donor(plan);
  for (size_t k = 0; k < participants(s); k++) {
    const ig_fuse_model *m = participant(plan, s, k);
    for (size_t i = 0; i < ig_safetensors_count(m->tensors); i++) {
      const ig_safetensor *tensor = ig_safetensors_get(m->tensors, i);
      const char *name = ig_tie_source(donor, tensor->name);
      if (ig_tie_stored(donor, m, name) != tensor || is_known(plan, s, k, name)) continue;
      IG_TRY(plan_outside(plan, s, module, name, m->layers[ig_place_of(name).stack], err));
    }
  }
  // A tensor that the donor has apart, and all others tied.
  for (size_t i = 0; ig_tie_names[i]; i++) {
    const char *name = ig_tie_names[i];
    if (!ig_safetensors_find(donor->tensors, name) || strcmp(ig_tie_source(donor, name), name) != 0) continue;
    if (!is_known(plan, s, participants(s), name)) IG_TRY(plan_outside(plan, s, module, name, 0, err));
  }
  return IG_OK;
}

// Where the layers of participant k begin.
static int first_layer(const slice *s, size_t k) {
  if (s->has_base && k == 0) return s->base_first;
  return s->source[k - s->has_base]->first;
}

// Has one of the first `count` participants this tensor of its own layer?
static ig_status is_known_layer(const ig_plan *plan, const slice *s, size_t count, const char *name, const ig_place *place, int offset, bool *known,
                                ig_error *err) {
  *known = false;
  for (size_t k = 0; k < count && !*known; k++) {
    char *renamed = ig_place_rename(name, place, first_layer(s, k) + offset);
    if (!renamed) return ig_fail(err, IG_ERROR_MEMORY, "out of memory");
    *known = ig_safetensors_find(participant(plan, s, k)->tensors, renamed) != NULL;
    free(renamed);
  }
  return IG_OK;
}

static ig_status plan_layers_of(ig_plan *plan, const slice *s, size_t k, int first_output, ig_error *err) {
  const ig_safetensors *tensors = participant(plan, s, k)->tensors;
  const int first = first_layer(s, k);
  for (size_t i = 0; i < ig_safetensors_count(tensors); i++) {
    const char *name = ig_safetensors_get(tensors, i)->name;
    const ig_place place = ig_place_of(name);
    const int offset = place.layer - first;
    bool known;
    if (place.stack != s->stack || offset < 0 || offset >= s->layers) continue;
    IG_TRY(is_known_layer(plan, s, k, name, &place, offset, &known, err));
    if (known) continue;
    char *renamed = ig_place_rename(name, &place, first_output + offset);
    if (!renamed) return ig_fail(err, IG_ERROR_MEMORY, "out of memory");
    const ig_status status = plan_tensor(plan, s, renamed, offset, s->layers, err);
    free(renamed);
    IG_TRY(status);
  }
  return IG_OK;
}

static ig_status plan_layers(ig_plan *plan, const slice *s, int first_output, ig_error *err) {
  bool inside;
  IG_TRY(check_ranges(plan, s, &inside, err));
  for (size_t k = 0; inside && k < participants(s); k++) IG_TRY(plan_layers_of(plan, s, k, first_output, err));
  return IG_OK;
}

// What else cannot be opened in a module whose first slice is not complete.
static ig_status open_others(ig_plan *plan, const ig_recipe_module *module, ig_error *err) {
  slice unused;
  for (size_t i = 1; i < module->count; i++) IG_TRY(open_slice(plan, module, &module->slices[i], &unused, err));
  return IG_OK;
}

static ig_status plan_module(ig_plan *plan, const ig_recipe_module *module, ig_error *err) {
  slice first;
  IG_TRY(open_slice(plan, module, &module->slices[0], &first, err));
  if (first.complete) IG_TRY(open_donor(plan, &first, err));
  if (!first.complete) return open_others(plan, module, err);
  IG_TRY(plan_whole(plan, &first, module, err));
  if (!first.source[0]->ranged) return IG_OK;
  if (!module->name) {
    const int *layers = plan->models.model[first.model[0]].layers;
    if (layers[IG_STACK_ENCODER] && layers[IG_STACK_DECODER])
      return ADD_PROBLEM(plan, err, "%s: the model has an encoder and a decoder: give each its slices, as modules: {encoder: …, decoder: …}",
                         module->node->file);
    first.stack = layers[IG_STACK_ENCODER] ? IG_STACK_ENCODER : layers[IG_STACK_DECODER] ? IG_STACK_DECODER : IG_STACK_NONE;
  }
  for (size_t i = 0; i < module->count; i++) {
    slice s;
    IG_TRY(open_slice(plan, module, &module->slices[i], &s, err));
    if (!s.complete) continue;
    s.stack = first.stack;
    IG_TRY(plan_layers(plan, &s, plan->layers[s.stack], err));
    plan->layers[s.stack] += s.layers;
  }
  return IG_OK;
}

// ---- the whole -----------------------------------------------------------------------------------------------------------------------------

static int by_name(const void *a, const void *b) { return strcmp(((const ig_plan_tensor *)a)->name, ((const ig_plan_tensor *)b)->name); }

static ig_status check_names(ig_plan *plan, ig_error *err) {
  for (size_t i = 1; i < plan->count; i++)
    if (strcmp(plan->tensors[i].name, plan->tensors[i - 1].name) == 0) IG_TRY(ADD_PROBLEM(plan, err, "%s: made twice", plan->tensors[i].name));
  return IG_OK;
}

bool ig_plan_spans(const ig_plan_tensor *t) {
  const ig_method *method = t->method;
  return !t->copied && method->spans_model && method->spans_model(t->shared);
}

static bool same_models(const ig_plan_tensor *a, const ig_plan_tensor *b) {
  bool same = a->inputs == b->inputs;
  for (size_t i = 0; same && i < a->inputs; i++) same = a->input[i].model == b->input[i].model;
  return same;
}

// Can all tensors that are to be seen as one be?
static ig_status check_span(ig_plan *plan, ig_error *err) {
  const ig_plan_tensor *first = NULL;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!ig_plan_spans(t)) continue;
    if (!first) first = t;
    if (!same_models(first, t))
      return ADD_TENSOR_PROBLEM(plan, t->name, err, "other models than those of %s: with scope: model all must have the same", first->name);
    const ig_merge a = numbers_of(first), b = numbers_of(t);
    const char *why = first->method->refuses_span(&a, &b);
    if (why) return ADD_TENSOR_PROBLEM(plan, t->name, err, "%s", why);
  }
  return IG_OK;
}

const ig_fuse_model *ig_plan_donor(const ig_plan *plan) {
  for (size_t i = 0; plan->recipe->base_model && i < plan->models.count; i++)
    if (strcmp(plan->models.model[i].reference, plan->recipe->base_model) == 0) return &plan->models.model[i];
  return &plan->models.model[0];
}

ig_status ig_plan_make(const ig_recipe *recipe, const ig_fuse_made *made, size_t made_count, ig_plan *out, ig_error *err) {
  *out = (ig_plan){.recipe = recipe, .models = {.made = made, .made_count = made_count}};
  IG_TRY(ig_kernels_select(&out->kernels, err));
  if (recipe->tokenizer.source) IG_TRY(ig_vocabulary_align(out, err));
  for (size_t i = 0; i < recipe->module_count; i++) IG_TRY(plan_module(out, &recipe->modules[i], err));
  bool all_open = true;
  for (size_t i = 0; i < out->models.count; i++) all_open = all_open && out->models.model[i].tensors;
  if (out->count == 0 && all_open && out->problems.count == 0) IG_TRY(ADD_PROBLEM(out, err, "nothing to fuse: no tensors"));
  if (out->count) qsort(out->tensors, out->count, sizeof *out->tensors, by_name);
  if (out->problems.count == 0) IG_TRY(check_span(out, err));
  return check_names(out, err);
}

void ig_plan_free(ig_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) free_tensor(&plan->tensors[i]);
  free(plan->tensors);
  ig_alignment_free(plan->alignment);
  ig_problems_free(&plan->problems);
  ig_fuse_models_close(&plan->models);
  *plan = (ig_plan){0};
}
