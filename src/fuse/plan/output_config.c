#include "fuse/plan/output_config.h"

#include "fuse/plan/layer_config.h"
#include "fuse/plan/special_ids.h"
#include "io/config_dtype.h"

// Sets the sizes of the vocabularies and the special ids. A model of several towers has them in
// the configuration of its text.
static bool set_vocabulary(const ig_alignment *a, json_t *config) {
  if (!a || a->idle) return true;
  json_t *text = json_object_get(config, "text_config"),
         *owner = json_object_get(text, "vocab_size") ? text : config;
  bool fine = json_object_set_new(owner, "vocab_size", json_integer(a->side[0].rows)) == 0 &&
              ig_special_ids_map(a, config);
  if (fine && json_is_object(text)) fine = ig_special_ids_map(a, text);
  return fine &&
         (!json_object_get(config, "decoder_vocab_size") ||
          json_object_set_new(config, "decoder_vocab_size", json_integer(a->side[1].rows)) == 0);
}

// The type of the output's floating-point tensors, of all or of those of stacks of one role. Where
// they have several, float32, which holds the values of all. *found false: there are none.
static ig_dtype dtype_of(const ig_fusion_plan *plan, ig_layer_stack_role role, bool *found) {
  const ig_layer_stacks *stacks = &ig_fusion_plan_donor(plan)->stacks;
  ig_dtype dtype = IG_DTYPE_F32;
  *found = false;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    const ig_layer_stack *owner =
        role == IG_LAYER_STACK_ROLE_NONE ? NULL : ig_layer_stacks_owner(stacks, t->name);
    if (t->copied || (role != IG_LAYER_STACK_ROLE_NONE && (!owner || owner->role != role)))
      continue;
    if (*found && t->dtype != dtype) return IG_DTYPE_F32;
    dtype = t->dtype;
    *found = true;
  }
  return dtype;
}

// Sets the dtype wherever the object, or one in it, has one: as torch_dtype, or dtype since
// transformers 5. An object about a tower ("vision_config") tells the type of that tower.
static bool set_dtypes(const ig_fusion_plan *plan, json_t *object, ig_layer_stack_role role,
                       int depth) {
  bool found;
  ig_dtype dtype = dtype_of(plan, role, &found);
  if (!found) dtype = dtype_of(plan, IG_LAYER_STACK_ROLE_NONE, &found);
  bool fine = !found || ig_config_dtype_replace(object, dtype);
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) if (fine && json_is_object(value) && depth < 3) fine =
      set_dtypes(plan, value, ig_layer_stacks_role_of(key), depth + 1);
  return fine;
}

// A configuration without a dtype gets one only if the recipe asks for a type.
static bool set_all_dtypes(const ig_fusion_plan *plan, json_t *config) {
  const bool is_asked = plan->recipe->cast || plan->recipe->cast_out;
  bool found;
  const ig_dtype dtype = dtype_of(plan, IG_LAYER_STACK_ROLE_NONE, &found);
  if (is_asked && found && !ig_config_dtype_is_named(config) && !ig_config_dtype_add(config, dtype))
    return false;
  return set_dtypes(plan, config, IG_LAYER_STACK_ROLE_NONE, 0);
}

json_t *ig_output_config_make(const ig_fusion_plan *plan) {
  json_t *config = json_deep_copy(ig_fusion_plan_donor(plan)->config);
  if (config && ig_layer_config_set(plan, config) && set_vocabulary(plan->alignment, config) &&
      set_all_dtypes(plan, config))
    return config;
  json_decref(config);
  return NULL;
}
