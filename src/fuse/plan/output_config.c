#include "fuse/plan/output_config.h"

#include <string.h>

#include "fuse/plan/layer_config.h"
#include "fuse/plan/special_ids.h"

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

static bool names_dtype(const json_t *value) {
  const char *name = json_string_value(value);
  ig_dtype unused;
  if (name && strncmp(name, "torch.", 6) == 0) name += 6;
  return name && (ig_dtype_parse(name, &unused) || strcmp(name, "float64") == 0);
}

static bool set_dtype(json_t *object, const char *key, ig_dtype dtype) {
  static const char *const names[] = {
      [IG_DTYPE_F32] = "float32", [IG_DTYPE_F16] = "float16", [IG_DTYPE_BF16] = "bfloat16"};
  return json_object_set_new(object, key, json_string(names[dtype])) == 0;
}

// Sets the dtype wherever the object, or one in it, has one: as torch_dtype, or dtype since
// transformers 5. An object about a tower ("vision_config") tells the type of that tower.
static bool set_dtypes(const ig_fusion_plan *plan, json_t *object, ig_layer_stack_role role,
                       int depth) {
  static const char *const keys[] = {"torch_dtype", "dtype"};
  bool fine = true, found;
  ig_dtype dtype = dtype_of(plan, role, &found);
  if (!found) dtype = dtype_of(plan, IG_LAYER_STACK_ROLE_NONE, &found);
  for (size_t i = 0; fine && found && i < 2; i++)
    if (names_dtype(json_object_get(object, keys[i]))) fine = set_dtype(object, keys[i], dtype);
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
  if (is_asked && found && !names_dtype(json_object_get(config, "torch_dtype")) &&
      !names_dtype(json_object_get(config, "dtype")) && !set_dtype(config, "dtype", dtype))
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
