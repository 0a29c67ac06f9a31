#include "fuse/plan/module_tensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/input/families.h"
#include "fuse/input/ties.h"

// ---- which module a tensor belongs to ---------------------------------------

static bool is_named(const ig_recipe_module *module) {
  return module->name && strcmp(module->name, "default") != 0;
}

bool ig_module_tensors_has(const ig_fusion_plan *plan, const ig_recipe_module *module,
                           const char *tensor) {
  return is_named(module) &&
         ig_layer_stacks_module_has(&ig_fusion_plan_donor(plan)->stacks, module->name, tensor);
}

// How well a stack fits a tensor that comes after layers and is beside all stacks: the tensor's
// name tells the stack's kind ("visual_projection"), or it tells none and the stack gives the
// model's output, as a decoder or a language model does. 0: it does not fit.
static int score_end(const ig_layer_stack *stack, ig_layer_stack_role told) {
  const bool gives_output =
      stack->role == IG_LAYER_STACK_ROLE_DECODER ||
      (stack->role == IG_LAYER_STACK_ROLE_TEXT && stack->side != IG_LAYER_STACK_ROLE_ENCODER);
  if (told == IG_LAYER_STACK_ROLE_NONE) return gives_output;
  return stack->role == told ? 2 + gives_output : 0;
}

// The stack after whose layers the tensor comes: the one that it belongs to or, beside all stacks,
// the one that fits it best. NULL: it comes before all layers, or no stack fits.
static const ig_layer_stack *find_stack_before(const ig_layer_stacks *stacks, const char *tensor) {
  const ig_layer_stack *found = ig_layer_stacks_owner(stacks, tensor);
  const ig_layer_stack_role told = ig_layer_stacks_role_of(tensor);
  int best = 0;
  if (found || !ig_tensor_place_of(tensor).last) return found;
  if (stacks->count == 1) return &stacks->items[0];
  for (size_t i = 0; i < stacks->count; i++) {
    const int score = score_end(&stacks->items[i], told);
    if (score > best) found = &stacks->items[i];
    if (score > best) best = score;
  }
  return found;
}

// A tensor that no module names, such as a head, goes along with the layers before it.
static const ig_recipe_module *module_of(const ig_fusion_plan *plan, const char *tensor) {
  const ig_recipe *recipe = plan->recipe;
  const ig_recipe_module *rest = NULL;
  for (size_t i = 0; i < recipe->module_count; i++) {
    if (ig_module_tensors_has(plan, &recipe->modules[i], tensor)) return &recipe->modules[i];
    if (!is_named(&recipe->modules[i])) rest = &recipe->modules[i];
  }
  if (rest) return rest;
  const ig_layer_stack *stack = find_stack_before(&ig_fusion_plan_donor(plan)->stacks, tensor);
  for (size_t i = 0; stack && i < recipe->module_count; i++)
    if (ig_module_tensors_has(plan, &recipe->modules[i], stack->prefix)) return &recipe->modules[i];
  return &recipe->modules[0];
}

// ---- tensors beside the slices' layers --------------------------------------

// Participant k of a slice. The base, if there is one, comes before the others.
static const ig_fuse_model *participant(const ig_fusion_plan *plan, const ig_plan_slice *s,
                                        size_t k) {
  if (s->has_base) return &plan->models.model[k == 0 ? s->base : s->model[k - 1]];
  return &plan->models.model[s->model[k]];
}

static size_t participants(const ig_plan_slice *s) { return s->count + s->has_base; }

// The first layer of participant k.
static int first_layer(const ig_plan_slice *s, size_t k) {
  if (s->has_base && k == 0) return s->base_first;
  return s->source[k - s->has_base]->first;
}

// A tensor that is used in all layers and that the first one holds, such as a table of relative
// positions. It stays in the first layer, whichever layer of a model becomes that.
static bool is_held_for_all(const ig_fuse_model *m, const char *tensor,
                            const ig_tensor_place *place) {
  const ig_layer_stack *stack = ig_layer_stacks_of_layer(&m->stacks, tensor);
  if (place->layer != 0 || !ig_families_is_held_for_all(tensor) || !stack || stack->layers < 2)
    return false;
  char *next = ig_tensor_place_rename(tensor, place, 1);
  const bool held = next && !ig_safetensors_find(m->tensors, next);
  free(next);
  return held;
}

static bool is_of_prefix(const char *tensor, const ig_tensor_place *place, const char *prefix) {
  return prefix && place->layer >= 0 && strlen(prefix) == place->layer_at - 1 &&
         strncmp(tensor, prefix, place->layer_at - 1) == 0;
}

// A place in the enumeration of tensors: slice s, participant k of it.
typedef struct enumeration {
  size_t slice, participant;
} enumeration;

// Whether a participant that was enumerated before has a tensor that becomes `name`.
static bool is_known(const ig_fusion_plan *plan, const ig_module_tensors *m, enumeration at,
                     const char *name) {
  for (size_t s = 0; s <= at.slice && s < m->count; s++) {
    const size_t end = s == at.slice ? at.participant : participants(&m->slices[s]);
    for (size_t k = 0; k < end; k++)
      if (ig_ties_stored(ig_fusion_plan_donor(plan), participant(plan, &m->slices[s], k), name))
        return true;
  }
  return false;
}

// Whether the tensor comes after the layers that the slices stack up. The last norm and the head of
// another stack stay with that stack's layers, which are the first slice's.
static bool comes_after_slices(const ig_fusion_plan *plan, const ig_module_tensors *m,
                               const char *name, const ig_tensor_place *place) {
  if (!place->last) return false;
  const ig_layer_stack *stack = find_stack_before(&ig_fusion_plan_donor(plan)->stacks, name);
  return !stack || !m->prefix || strcmp(stack->prefix, m->prefix) == 0;
}

static ig_status plan_outside(ig_fusion_plan *plan, const ig_module_tensors *m, const char *name,
                              const ig_fuse_model *from, ig_error *err) {
  const ig_tensor_place place = ig_tensor_place_of(name);
  if (module_of(plan, name) != m->module) return IG_OK;
  if (is_of_prefix(name, &place, m->prefix) && !is_held_for_all(from, name, &place)) return IG_OK;
  const ig_layer_stack *stack = ig_layer_stacks_of_layer(&from->stacks, name);
  const ig_plan_position position = {.layer = place.layer, .layers = stack ? stack->layers : 0};
  const size_t slice = comes_after_slices(plan, m, name, &place) ? m->count - 1 : 0;
  return ig_plan_tensor_add(plan, &m->slices[slice], name, &position, err);
}

static ig_status plan_outside_of(ig_fusion_plan *plan, const ig_module_tensors *m, enumeration at,
                                 ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  const ig_fuse_model *from = participant(plan, &m->slices[at.slice], at.participant);
  for (size_t i = 0; i < ig_safetensors_count(from->tensors); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(from->tensors, i);
    const char *name = ig_ties_source(donor, tensor->name);
    if (ig_ties_stored(donor, from, name) != tensor || is_known(plan, m, at, name)) continue;
    IG_TRY(plan_outside(plan, m, name, from, err));
  }
  return IG_OK;
}

// Tied tensors go by one name, the donor's.
static ig_status plan_all_outside(ig_fusion_plan *plan, const ig_module_tensors *m, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  for (size_t s = 0; s < m->count; s++)
    for (size_t k = 0; k < participants(&m->slices[s]); k++)
      IG_TRY(plan_outside_of(plan, m, (enumeration){s, k}, err));
  // Tensors that the donor stores separately and all other models tie.
  for (size_t i = 0; ig_ties_names[i]; i++) {
    const char *name = ig_ties_names[i];
    if (!ig_safetensors_find(donor->tensors, name) ||
        strcmp(ig_ties_source(donor, name), name) != 0)
      continue;
    if (!is_known(plan, m, (enumeration){m->count, 0}, name))
      IG_TRY(plan_outside(plan, m, name, donor, err));
  }
  return IG_OK;
}

// ---- tensors of the slices' layers ------------------------------------------

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
  const ig_plan_position position = {.layer = t->offset, .layers = s->layers, .of_slice = true};
  const ig_status status = ig_plan_tensor_add(plan, s, renamed, &position, err);
  free(renamed);
  return status;
}

// Plans the layer tensors that participant k has and those before it lack.
static ig_status plan_layers_of(ig_fusion_plan *plan, const ig_module_tensors *m,
                                const ig_plan_slice *s, size_t k, int first_output, ig_error *err) {
  const ig_fuse_model *from = participant(plan, s, k);
  for (size_t i = 0; i < ig_safetensors_count(from->tensors); i++) {
    layer_tensor t = {.name = ig_safetensors_get(from->tensors, i)->name};
    t.place = ig_tensor_place_of(t.name);
    t.offset = t.place.layer - first_layer(s, k);
    bool known;
    if (!is_of_prefix(t.name, &t.place, m->prefix) || t.offset < 0 || t.offset >= s->layers ||
        is_held_for_all(from, t.name, &t.place))
      continue;
    IG_TRY(is_known_layer(plan, s, k, &t, &known, err));
    if (!known) IG_TRY(plan_layer_tensor(plan, s, &t, first_output, err));
  }
  return IG_OK;
}

static int count_layers(const ig_fuse_model *m, const char *prefix) {
  const ig_layer_stack *stack = ig_layer_stacks_get(&m->stacks, prefix, strlen(prefix));
  return stack ? stack->layers : 0;
}

// Adds a problem if a model of the slice lacks layers that are asked of it; *inside is false then.
static ig_status check_ranges(ig_fusion_plan *plan, const ig_module_tensors *m,
                              const ig_plan_slice *s, bool *inside, ig_error *err) {
  const ig_yaml_node *node = s->recipe->sources[0].node;
  *inside = true;
  for (size_t k = 0; k < participants(s); k++) {
    const ig_fuse_model *model = participant(plan, s, k);
    const int first = first_layer(s, k), last = first + s->layers,
              layers = count_layers(model, m->prefix);
    if (last <= layers) continue;
    *inside = false;
    IG_TRY(ig_problems_add(&plan->problems, NULL, err, "%s:%d: layers %d to %d of %d in %s",
                           node->file, node->line, first, last, layers, model->reference));
  }
  return IG_OK;
}

static ig_status plan_slice_layers(ig_fusion_plan *plan, const ig_module_tensors *m,
                                   const ig_plan_slice *s, ig_error *err) {
  bool inside;
  ig_plan_stack *stack;
  IG_TRY(ig_fusion_plan_find_stack(plan, m->prefix, strlen(m->prefix), &stack, err));
  const int first_output = stack->layers;
  IG_TRY(check_ranges(plan, m, s, &inside, err));
  for (int i = 0; i < s->layers; i++) {
    const ig_plan_layer from = {.model = s->has_base ? s->base : s->model[0],
                                .layer = first_layer(s, 0) + i};
    IG_TRY(ig_fusion_plan_add_layer(stack, &from, err));
  }
  for (size_t k = 0; inside && k < participants(s); k++)
    IG_TRY(plan_layers_of(plan, m, s, k, first_output, err));
  return IG_OK;
}

ig_status ig_module_tensors_plan(ig_fusion_plan *plan, const ig_module_tensors *m, ig_error *err) {
  IG_TRY(plan_all_outside(plan, m, err));
  for (size_t i = 0; m->prefix && i < m->count; i++)
    IG_TRY(plan_slice_layers(plan, m, &m->slices[i], err));
  return IG_OK;
}
