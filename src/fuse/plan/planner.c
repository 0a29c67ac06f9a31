#include "fuse/plan/planner.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/plan/plan_tensor.h"
#include "fuse/input/ties.h"
#include "fuse/plan/vocabulary_match.h"

#define ADD_PROBLEM(plan, err, ...) ig_problems_add(&(plan)->problems, NULL, err, __VA_ARGS__)
#define ADD_TENSOR_PROBLEM(plan, tensor, err, ...) \
  ig_problems_add(&(plan)->problems, tensor, err, __VA_ARGS__)

// ---- slices -----------------------------------------------------------------

static ig_tensor_stack stack_of(const char *module) {
  if (!module) return IG_TENSOR_STACK_NONE;
  return strstr(module, "decoder")   ? IG_TENSOR_STACK_DECODER
         : strstr(module, "encoder") ? IG_TENSOR_STACK_ENCODER
                                     : IG_TENSOR_STACK_NONE;
}

// Opens a model. If it cannot be opened, that is a problem, which is added once.
static ig_status open_model(ig_fusion_plan *plan, ig_plan_slice *s, const char *reference,
                            size_t *index, ig_error *err) {
  ig_error why = {0};
  const ig_status status = ig_fuse_models_open(&plan->models, reference, index, &why);
  s->complete = s->complete && status == IG_OK && plan->models.model[*index].tensors;
  return ig_problems_judge(&plan->problems, status, &why, err);
}

// Looks up the models of a slice. If the method takes differences from a base, the base is not
// among the others.
static ig_status open_slice(ig_fusion_plan *plan, const ig_recipe_module *module,
                            const ig_recipe_slice *recipe, ig_plan_slice *out, ig_error *err) {
  const ig_method *method = plan->recipe->method;
  const char *base = method->base == IG_BASE_USE_NONE ? NULL
                     : recipe->base_model             ? recipe->base_model
                                                      : plan->recipe->base_model;
  *out = (ig_plan_slice){.module = module,
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
  return ADD_PROBLEM(plan, err, "%s:%d: %s takes %zu to %zu models%s, found %zu",
                     recipe->sources[0].node->file, recipe->sources[0].node->line, method->name,
                     method->least_inputs, method->most_inputs, base ? " besides the base" : "",
                     out->count);
}

// Opens the model that configuration and tokenizer come from: the base, which the method may not
// take as one, or else the first model of the recipe, which may belong to another module. Without
// it no slice is complete, for it says which tensors are tied.
static ig_status open_donor(ig_fusion_plan *plan, ig_plan_slice *s, ig_error *err) {
  size_t unused;
  if (plan->recipe->base_model) IG_TRY(open_model(plan, s, plan->recipe->base_model, &unused, err));
  s->complete = s->complete && ig_fusion_plan_donor(plan)->tensors;
  return IG_OK;
}

// Adds a problem if a model of the slice lacks layers that are asked of it; *inside is false then.
static ig_status check_ranges(ig_fusion_plan *plan, const ig_plan_slice *s, bool *inside,
                              ig_error *err) {
  const ig_yaml_node *node = s->source[0]->node;
  *inside = true;
  for (size_t i = 0; i <= s->count; i++) {
    if (i == s->count && !s->has_base) break;
    const ig_fuse_model *m = &plan->models.model[i < s->count ? s->model[i] : s->base];
    const int first = i < s->count ? s->source[i]->first : s->base_first, last = first + s->layers;
    if (last <= m->layers[s->stack]) continue;
    *inside = false;
    IG_TRY(ADD_PROBLEM(plan, err, "%s:%d: layers %d to %d of %d in %s", node->file, node->line,
                       first, last, m->layers[s->stack], m->reference));
  }
  return IG_OK;
}

// Whether the tensor belongs to the module.
static bool module_has(const ig_recipe_module *module, const char *name,
                       const ig_tensor_place *place) {
  if (!module->name || strcmp(module->name, "default") == 0) return true;
  if (strcmp(module->name, "encoder") == 0) return place->stack == IG_TENSOR_STACK_ENCODER;
  if (strcmp(module->name, "decoder") == 0) return place->stack == IG_TENSOR_STACK_DECODER;
  const size_t length = strlen(module->name);
  return strncmp(name, module->name, length) == 0 && name[length] == '.';
}

static const ig_recipe_module *module_of(const ig_recipe *recipe, const char *name,
                                         const ig_tensor_place *place) {
  const ig_recipe_module *rest = NULL;
  for (size_t i = 0; i < recipe->module_count; i++) {
    const ig_recipe_module *module = &recipe->modules[i];
    const bool named = module->name && strcmp(module->name, "default") != 0;
    if (named && module_has(module, name, place)) return module;
    if (!named) rest = module;
  }
  return rest ? rest : &recipe->modules[0];
}

// Participant i of a slice. The base, if there is one, comes before the others.
static const ig_fuse_model *participant(const ig_fusion_plan *plan, const ig_plan_slice *s,
                                        size_t i) {
  if (s->has_base) return &plan->models.model[i == 0 ? s->base : s->model[i - 1]];
  return &plan->models.model[s->model[i]];
}

static size_t participants(const ig_plan_slice *s) { return s->count + s->has_base; }

// Whether one of the first `count` participants has a tensor that becomes `name`.
static bool is_known(const ig_fusion_plan *plan, const ig_plan_slice *s, size_t count,
                     const char *name) {
  for (size_t i = 0; i < count; i++)
    if (ig_ties_stored(ig_fusion_plan_donor(plan), participant(plan, s, i), name)) return true;
  return false;
}

static ig_status plan_outside(ig_fusion_plan *plan, const ig_plan_slice *s,
                              const ig_recipe_module *module, const char *name, int layers,
                              ig_error *err) {
  const ig_tensor_place place = ig_tensor_place_of(name);
  if (module_of(plan->recipe, name, &place) != module || (s->source[0]->ranged && place.layer >= 0))
    return IG_OK;
  return ig_plan_tensor_add(plan, s, name, place.layer, layers, err);
}

// Plans all tensors that any of the slice's models has, except those of layers if the recipe names
// layers. Tied tensors are planned once, under the name that the donor ties them to.
static ig_status plan_whole(ig_fusion_plan *plan, const ig_plan_slice *s,
                            const ig_recipe_module *module, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  for (size_t k = 0; k < participants(s); k++) {
    const ig_fuse_model *m = participant(plan, s, k);
    for (size_t i = 0; i < ig_safetensors_count(m->tensors); i++) {
      const ig_safetensor *tensor = ig_safetensors_get(m->tensors, i);
      const char *name = ig_ties_source(donor, tensor->name);
      if (ig_ties_stored(donor, m, name) != tensor || is_known(plan, s, k, name)) continue;
      IG_TRY(plan_outside(plan, s, module, name, m->layers[ig_tensor_place_of(name).stack], err));
    }
  }
  // Here are the tensors that the donor stores separately while all other models tie them.
  for (size_t i = 0; ig_ties_names[i]; i++) {
    const char *name = ig_ties_names[i];
    if (!ig_safetensors_find(donor->tensors, name) ||
        strcmp(ig_ties_source(donor, name), name) != 0)
      continue;
    if (!is_known(plan, s, participants(s), name))
      IG_TRY(plan_outside(plan, s, module, name, 0, err));
  }
  return IG_OK;
}

// The first layer of participant k.
static int first_layer(const ig_plan_slice *s, size_t k) {
  if (s->has_base && k == 0) return s->base_first;
  return s->source[k - s->has_base]->first;
}

// A tensor of a layer, as one participant of a slice has it.
typedef struct layer_tensor {
  const char *name;
  ig_tensor_place place;
  int offset;  // number of its layer within the slice
} layer_tensor;

static ig_status rename_layer(const layer_tensor *t, int layer, char **out, ig_error *err) {
  *out = ig_tensor_place_rename(t->name, &t->place, layer);
  return *out ? IG_OK : ig_fail_memory(err);
}

// *known: one of the first `count` participants has this tensor, too, in its own layer.
static ig_status is_known_layer(const ig_fusion_plan *plan, const ig_plan_slice *s, size_t count,
                                const layer_tensor *t, bool *known, ig_error *err) {
  *known = false;
  for (size_t k = 0; k < count && !*known; k++) {
    char *renamed;
    IG_TRY(rename_layer(t, first_layer(s, k) + t->offset, &renamed, err));
    *known = ig_safetensors_find(participant(plan, s, k)->tensors, renamed) != NULL;
    free(renamed);
  }
  return IG_OK;
}

static ig_status plan_layer_tensor(ig_fusion_plan *plan, const ig_plan_slice *s,
                                   const layer_tensor *t, int first_output, ig_error *err) {
  char *renamed;
  IG_TRY(rename_layer(t, first_output + t->offset, &renamed, err));
  const ig_status status = ig_plan_tensor_add(plan, s, renamed, t->offset, s->layers, err);
  free(renamed);
  return status;
}

// Plans the tensors of layers that participant k has and those before it do not.
static ig_status plan_layers_of(ig_fusion_plan *plan, const ig_plan_slice *s, size_t k,
                                int first_output, ig_error *err) {
  const ig_safetensors *tensors = participant(plan, s, k)->tensors;
  for (size_t i = 0; i < ig_safetensors_count(tensors); i++) {
    layer_tensor t = {.name = ig_safetensors_get(tensors, i)->name};
    t.place = ig_tensor_place_of(t.name);
    t.offset = t.place.layer - first_layer(s, k);
    bool known;
    if (t.place.stack != s->stack || t.offset < 0 || t.offset >= s->layers) continue;
    IG_TRY(is_known_layer(plan, s, k, &t, &known, err));
    if (!known) IG_TRY(plan_layer_tensor(plan, s, &t, first_output, err));
  }
  return IG_OK;
}

static ig_status plan_layers(ig_fusion_plan *plan, const ig_plan_slice *s, int first_output,
                             ig_error *err) {
  bool inside;
  IG_TRY(check_ranges(plan, s, &inside, err));
  for (size_t k = 0; inside && k < participants(s); k++)
    IG_TRY(plan_layers_of(plan, s, k, first_output, err));
  return IG_OK;
}

// Opens the other slices of a module whose first slice is not complete, so that all models that
// cannot be opened are listed.
static ig_status open_others(ig_fusion_plan *plan, const ig_recipe_module *module, ig_error *err) {
  ig_plan_slice unused;
  for (size_t i = 1; i < module->count; i++)
    IG_TRY(open_slice(plan, module, &module->slices[i], &unused, err));
  return IG_OK;
}

static ig_status plan_module(ig_fusion_plan *plan, const ig_recipe_module *module, ig_error *err) {
  ig_plan_slice first;
  IG_TRY(open_slice(plan, module, &module->slices[0], &first, err));
  if (first.complete) IG_TRY(open_donor(plan, &first, err));
  if (!first.complete) return open_others(plan, module, err);
  IG_TRY(plan_whole(plan, &first, module, err));
  if (!first.source[0]->ranged) return IG_OK;
  if (!module->name) {
    const int *layers = plan->models.model[first.model[0]].layers;
    if (layers[IG_TENSOR_STACK_ENCODER] && layers[IG_TENSOR_STACK_DECODER])
      return ADD_PROBLEM(plan, err,
                         "%s: the model has an encoder and a decoder: give each its slices, as "
                         "modules: {encoder: …, decoder: …}",
                         module->node->file);
    first.stack = layers[IG_TENSOR_STACK_ENCODER]   ? IG_TENSOR_STACK_ENCODER
                  : layers[IG_TENSOR_STACK_DECODER] ? IG_TENSOR_STACK_DECODER
                                                    : IG_TENSOR_STACK_NONE;
  }
  for (size_t i = 0; i < module->count; i++) {
    ig_plan_slice s;
    IG_TRY(open_slice(plan, module, &module->slices[i], &s, err));
    if (!s.complete) continue;
    s.stack = first.stack;
    IG_TRY(plan_layers(plan, &s, plan->layers[s.stack], err));
    plan->layers[s.stack] += s.layers;
  }
  return IG_OK;
}

// ---- the whole --------------------------------------------------------------

static int by_name(const void *a, const void *b) {
  return strcmp(((const ig_plan_tensor *)a)->name, ((const ig_plan_tensor *)b)->name);
}

static ig_status check_names(ig_fusion_plan *plan, ig_error *err) {
  for (size_t i = 1; i < plan->count; i++)
    if (strcmp(plan->tensors[i].name, plan->tensors[i - 1].name) == 0)
      IG_TRY(ADD_PROBLEM(plan, err, "%s: made twice", plan->tensors[i].name));
  return IG_OK;
}

static bool same_models(const ig_plan_tensor *a, const ig_plan_tensor *b) {
  bool same = a->inputs == b->inputs;
  for (size_t i = 0; same && i < a->inputs; i++) same = a->input[i].model == b->input[i].model;
  return same;
}

// Adds a problem if a tensor cannot be joined with the others: all must have the same models, and
// the method must not refuse.
static ig_status check_joined(ig_fusion_plan *plan, ig_error *err) {
  const ig_plan_tensor *first = NULL;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (!ig_fusion_plan_joins(t)) continue;
    if (!first) first = t;
    if (!same_models(first, t))
      return ADD_TENSOR_PROBLEM(
          plan, t->name, err,
          "other models than those of %s: with scope: model all must have the same", first->name);
    const ig_merge_tensor a = ig_fusion_plan_merge_tensor(first),
                          b = ig_fusion_plan_merge_tensor(t);
    const char *why = first->method->refuses_joining(&a, &b);
    if (why) return ADD_TENSOR_PROBLEM(plan, t->name, err, "%s", why);
  }
  return IG_OK;
}

ig_status ig_planner_make(const ig_recipe *recipe, const ig_stage_model *stages, size_t count,
                          ig_fusion_plan *out, ig_error *err) {
  *out = (ig_fusion_plan){.recipe = recipe, .models = {.stages = stages, .stage_count = count}};
  IG_TRY(ig_kernels_select(&out->kernels, err));
  if (recipe->tokenizer.source) IG_TRY(ig_vocabulary_match(out, err));
  for (size_t i = 0; i < recipe->module_count; i++)
    IG_TRY(plan_module(out, &recipe->modules[i], err));
  bool all_open = true;
  for (size_t i = 0; i < out->models.count; i++)
    all_open = all_open && out->models.model[i].tensors;
  if (out->count == 0 && all_open && out->problems.count == 0)
    IG_TRY(ADD_PROBLEM(out, err, "nothing to fuse: no tensors"));
  if (out->count) qsort(out->tensors, out->count, sizeof *out->tensors, by_name);
  if (out->problems.count == 0) IG_TRY(check_joined(out, err));
  return check_names(out, err);
}
