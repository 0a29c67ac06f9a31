#include "fuse/plan/output_config.h"

#include "fuse/plan/layer_config.h"
#include "fuse/plan/special_ids.h"

// Sets the sizes of the vocabularies and the special ids.
static bool set_vocabulary(const ig_alignment *a, json_t *config) {
  if (!a) return true;
  const bool fine = json_object_set_new(config, "vocab_size", json_integer(a->side[0].rows)) == 0 &&
                    ig_special_ids_map(a, config);
  return fine &&
         (!json_object_get(config, "decoder_vocab_size") ||
          json_object_set_new(config, "decoder_vocab_size", json_integer(a->side[1].rows)) == 0);
}

// Sets the dtype. transformers 5 calls the key "dtype", older versions call it "torch_dtype".
static bool set_dtype(const ig_recipe *recipe, json_t *config) {
  static const char *const names[] = {
      [IG_DTYPE_F32] = "float32", [IG_DTYPE_F16] = "float16", [IG_DTYPE_BF16] = "bfloat16"};
  if (!recipe->cast && !recipe->cast_out) return true;
  const char *key = json_object_get(config, "torch_dtype") ? "torch_dtype" : "dtype";
  const ig_dtype dtype = recipe->cast_out ? recipe->out_dtype : recipe->dtype;
  return json_object_set_new(config, key, json_string(names[dtype])) == 0;
}

json_t *ig_output_config_make(const ig_fusion_plan *plan) {
  json_t *config = json_deep_copy(ig_fusion_plan_donor(plan)->config);
  if (config && ig_layer_config_set(plan, config) && set_vocabulary(plan->alignment, config) &&
      set_dtype(plan->recipe, config))
    return config;
  json_decref(config);
  return NULL;
}
