#include "fuse/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "fuse/setting.h"

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

// Names that may stand for one another where weights are tied.
static const char *const aliases[] = {"model.shared.weight",
                                      "shared.weight",
                                      "model.encoder.embed_tokens.weight",
                                      "model.decoder.embed_tokens.weight",
                                      "encoder.embed_tokens.weight",
                                      "decoder.embed_tokens.weight",
                                      "lm_head.weight"};

static bool is_alias(const char *name) {
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
    if (strcmp(name, aliases[i]) == 0) return true;
  return false;
}

// The model's tensor of that name, or one that it is tied to.
static const ig_safetensor *find_tensor(const ig_fuse_model *m, const char *name) {
  const ig_safetensor *found = ig_safetensors_find(m->tensors, name);
  for (size_t i = 0; !found && is_alias(name) && i < sizeof aliases / sizeof *aliases; i++) found = ig_safetensors_find(m->tensors, aliases[i]);
  return found;
}

// The source's tensor that becomes output tensor `name`, whose layer is `offset` layers into the slice.
static ig_status find_input(const ig_fuse_model *m, const ig_recipe_source *source, const char *name, const ig_place *place, int offset,
                            ig_plan_input *out, ig_error *err) {
  char *renamed = NULL;
  if (source->ranged && place->layer >= 0) {
    renamed = ig_place_rename(name, place, source->first + offset);
    if (!renamed) return ig_fail(err, IG_ERROR_MEMORY, "out of memory");
  }
  out->tensor = find_tensor(m, renamed ? renamed : name);
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

static bool same_shape(const ig_safetensor *a, const ig_safetensor *b) {
  return a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

static void print_shape(const ig_safetensor *t, char *to, size_t size) {
  size_t used = (size_t)snprintf(to, size, "[");
  for (int i = 0; i < t->rank && used < size; i++) used += (size_t)snprintf(to + used, size - used, "%s%zu", i ? ", " : "", t->shape[i]);
  if (used < size) snprintf(to + used, size - used, "]");
}

static ig_status check_shapes(ig_plan *plan, const ig_plan_tensor *t, ig_error *err) {
  const ig_safetensor *first = t->base.tensor ? t->base.tensor : t->input[0].tensor;
  for (size_t i = 0; i < t->inputs; i++) {
    if (!same_shape(first, t->input[i].tensor)) {
      char expected[128], found[128];
      print_shape(first, expected, sizeof expected);
      print_shape(t->input[i].tensor, found, sizeof found);
      return ADD_TENSOR_PROBLEM(plan, t->name, err, "%s in %s, but %s in %s", expected, first->file, found, t->input[i].tensor->file);
    }
    if (is_float(first->dtype) != is_float(t->input[i].tensor->dtype))
      return ADD_TENSOR_PROBLEM(plan, t->name, err, "%s in %s, but %s in %s", ig_dtype_name(first->dtype), first->file,
                                ig_dtype_name(t->input[i].tensor->dtype), t->input[i].tensor->file);
  }
  return IG_OK;
}

static ig_status resolve_parameters(ig_plan *plan, const slice *s, const ig_setting_query *asked, ig_plan_tensor *t, ig_error *err) {
  const ig_recipe *recipe = plan->recipe;
  ig_setting_query query = *asked;
  for (size_t p = 0; p < IG_METHOD_PARAMETERS && recipe->method->parameters[p].name; p++) {
    query.parameter = &recipe->method->parameters[p];
    for (size_t i = 0; i < (query.parameter->of_model ? t->inputs : 1); i++) {
      const ig_recipe_source *source = query.parameter->of_model ? s->source[i] : NULL;
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

static ig_merge numbers_of(const ig_plan *plan, const ig_plan_tensor *t) {
  return (ig_merge){.method = plan->recipe->method,
                    .name = t->name,
                    .inputs = t->inputs,
                    .has_base = t->base.tensor != NULL,
                    .of_model = (const double(*)[IG_METHOD_PARAMETERS])t->of_model,
                    .shared = t->shared};
}

static ig_status check_parameters(ig_plan *plan, const ig_plan_tensor *t, ig_error *err) {
  const ig_method *method = plan->recipe->method;
  const ig_merge merge = numbers_of(plan, t);
  const char *why = method->refuses ? method->refuses(&merge) : NULL;
  return why ? ADD_TENSOR_PROBLEM(plan, t->name, err, "%s", why) : IG_OK;
}

static ig_status allocate_tensor(ig_plan *plan, const char *name, size_t inputs, ig_plan_tensor **out, ig_error *err) {
  IG_TRY(ig_grow((void **)&plan->tensors, &plan->capacity, plan->count + 1, sizeof *plan->tensors, err));
  ig_plan_tensor *t = *out = &plan->tensors[plan->count];
  *t = (ig_plan_tensor){.inputs = inputs};
  plan->count++;
  t->name = ig_duplicate(name, strlen(name), err);
  t->input = ig_allocate(inputs, sizeof *t->input, err);
  t->of_model = ig_allocate(inputs, sizeof *t->of_model, err);
  t->models = ig_allocate(inputs, sizeof *t->models, err);
  return t->name && t->input && t->of_model && t->models ? IG_OK : IG_ERROR_MEMORY;
}

// Depth in the stack for gradients. mergekit sees the head at depth 0.
static double depth_of(const ig_plan *plan, const ig_place *place, int offset, int layers) {
  if (place->layer >= 0) return layers > 1 ? (double)offset / (layers - 1) : 1;
  return place->head && !plan->recipe->as_mergekit ? 1 : 0;
}

static ig_status plan_tensor(ig_plan *plan, const slice *s, const char *name, int offset, int layers, ig_error *err) {
  const ig_place place = ig_place_of(name);
  ig_plan_tensor *t;
  IG_TRY(allocate_tensor(plan, name, s->count, &t, err));
  bool complete = true;
  for (size_t i = 0; i < s->count; i++) {
    const ig_fuse_model *m = &plan->models.model[s->model[i]];
    t->models[i] = m->reference;
    IG_TRY(find_input(m, s->source[i], name, &place, offset, &t->input[i], err));
    if (t->input[i].tensor) continue;
    complete = false;
    IG_TRY(ADD_TENSOR_PROBLEM(plan, name, err, "missing in %s", m->reference));
  }
  if (s->has_base) {
    const ig_fuse_model *m = &plan->models.model[s->base];
    const ig_recipe_source range = {.ranged = s->source[0]->ranged, .first = s->base_first};
    IG_TRY(find_input(m, &range, name, &place, offset, &t->base, err));
    complete = complete && t->base.tensor;
    if (!t->base.tensor) IG_TRY(ADD_TENSOR_PROBLEM(plan, name, err, "missing in %s", m->reference));
  }
  if (!complete) return IG_OK;
  const ig_safetensor *like = t->base.tensor ? t->base.tensor : t->input[0].tensor;
  t->rank = like->rank;
  memcpy(t->shape, like->shape, sizeof t->shape);
  t->elements = like->elements;
  t->copied = !is_float(like->dtype);
  t->dtype = output_dtype(plan->recipe, t);
  IG_TRY(check_shapes(plan, t, err));
  if (t->copied) return IG_OK;
  IG_TRY(resolve_parameters(plan, s, &(ig_setting_query){.place = &place, .depth = depth_of(plan, &place, offset, layers)}, t, err));
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

// All tensors of the model that the first slice begins with: those of layers from the slice that they fall in, those before the layers from the first slice,
// those behind from the last.
static ig_status plan_whole(ig_plan *plan, const slice *s, const ig_recipe_module *module, ig_error *err) {
  const ig_fuse_model *donor = &plan->models.model[s->has_base ? s->base : s->model[0]];
  for (size_t i = 0; i < ig_safetensors_count(donor->tensors); i++) {
    const char *name = ig_safetensors_get(plan->models.model[s->has_base ? s->base : s->model[0]].tensors, i)->name;
    const ig_place place = ig_place_of(name);
    if (module_of(plan->recipe, name, &place) != module || (s->source[0]->ranged && place.layer >= 0)) continue;
    IG_TRY(plan_tensor(plan, s, name, place.layer, donor->layers[place.stack], err));
  }
  return IG_OK;
}

static ig_status plan_layers(ig_plan *plan, slice *s, int first_output, ig_error *err) {
  const ig_fuse_model *donor = &plan->models.model[s->has_base ? s->base : s->model[0]];
  const int first = s->has_base ? s->base_first : s->source[0]->first;
  bool inside;
  IG_TRY(check_ranges(plan, s, &inside, err));
  if (!inside) return IG_OK;
  for (size_t i = 0; i < ig_safetensors_count(donor->tensors); i++) {
    const char *name = ig_safetensors_get(donor->tensors, i)->name;
    const ig_place place = ig_place_of(name);
    if (place.stack != s->stack || place.layer < first || place.layer >= first + s->layers) continue;
    char *renamed = ig_place_rename(name, &place, first_output + place.layer - first);
    if (!renamed) return ig_fail(err, IG_ERROR_MEMORY, "out of memory");
    const ig_status status = plan_tensor(plan, s, renamed, place.layer - first, s->layers, err);
    free(renamed);
    IG_TRY(status);
    donor = &plan->models.model[s->has_base ? s->base : s->model[0]];
  }
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

bool ig_plan_spans(const ig_plan *plan, const ig_plan_tensor *t) {
  const ig_method *method = plan->recipe->method;
  return !t->copied && method->spans_model && method->spans_model(t->shared);
}

static bool same_models(const ig_plan_tensor *a, const ig_plan_tensor *b) {
  bool same = a->inputs == b->inputs;
  for (size_t i = 0; same && i < a->inputs; i++) same = strcmp(a->models[i], b->models[i]) == 0;
  return same;
}

// Can all tensors that are to be seen as one be?
static ig_status check_span(ig_plan *plan, ig_error *err) {
  const ig_plan_tensor *first = NULL;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!ig_plan_spans(plan, t)) continue;
    if (!first) first = t;
    if (!same_models(first, t))
      return ADD_TENSOR_PROBLEM(plan, t->name, err, "other models than those of %s: with scope: model all must have the same", first->name);
    const ig_merge a = numbers_of(plan, first), b = numbers_of(plan, t);
    const char *why = plan->recipe->method->refuses_span(&a, &b);
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
  for (size_t i = 0; i < recipe->module_count; i++) IG_TRY(plan_module(out, &recipe->modules[i], err));
  bool all_open = true;
  for (size_t i = 0; i < out->models.count; i++) all_open = all_open && out->models.model[i].tensors;
  if (out->count == 0 && all_open && out->problems.count == 0) IG_TRY(ADD_PROBLEM(out, err, "nothing to fuse: no tensors"));
  if (out->count) qsort(out->tensors, out->count, sizeof *out->tensors, by_name);
  if (out->problems.count == 0) IG_TRY(check_span(out, err));
  return check_names(out, err);
}

void ig_plan_free(ig_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) {
    free(plan->tensors[i].name);
    free(plan->tensors[i].input);
    free(plan->tensors[i].of_model);
    free(plan->tensors[i].models);
  }
  free(plan->tensors);
  ig_problems_free(&plan->problems);
  ig_fuse_models_close(&plan->models);
  *plan = (ig_plan){0};
}
