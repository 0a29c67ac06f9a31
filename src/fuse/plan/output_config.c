#include "fuse/plan/output_config.h"

#include "fuse/plan/special_ids.h"

// Sizes of the vocabulary and special ids.
static bool set_vocabulary(const ig_alignment *a, json_t *config) {
  if (!a) return true;
  const bool fine = json_object_set_new(config, "vocab_size", json_integer(a->side[0].rows)) == 0 &&
                    ig_special_ids_map(a, config);
  return fine &&
         (!json_object_get(config, "decoder_vocab_size") ||
          json_object_set_new(config, "decoder_vocab_size", json_integer(a->side[1].rows)) == 0);
}

json_t *ig_output_config_make(const ig_fusion_plan *plan) {
  static const char *const keys[] = {[IG_STACK_NONE] = "num_hidden_layers",
                                     [IG_STACK_ENCODER] = "encoder_layers",
                                     [IG_STACK_DECODER] = "decoder_layers"};
  static const char *const t5_keys[] = {[IG_STACK_NONE] = NULL,
                                        [IG_STACK_ENCODER] = "num_layers",
                                        [IG_STACK_DECODER] = "num_decoder_layers"};
  static const char *const dtypes[] = {
      [IG_DTYPE_F32] = "float32", [IG_DTYPE_F16] = "float16", [IG_DTYPE_BF16] = "bfloat16"};
  json_t *config = json_deep_copy(ig_fusion_plan_donor(plan)->config);
  bool fine = config != NULL;
  for (int stack = 0; fine && stack < 3; stack++) {
    const char *key = json_object_get(config, keys[stack]) ? keys[stack] : t5_keys[stack];
    if (plan->layers[stack] && key)
      fine = json_object_set_new(config, key, json_integer(plan->layers[stack])) == 0;
  }
  fine = fine && set_vocabulary(plan->alignment, config);
  const char *dtype_key = json_object_get(config, "torch_dtype") ? "torch_dtype" : "dtype";
  if (fine && (plan->recipe->cast || plan->recipe->cast_out))
    fine =
        json_object_set_new(
            config, dtype_key,
            json_string(
                dtypes[plan->recipe->cast_out ? plan->recipe->out_dtype : plan->recipe->dtype])) ==
        0;
  if (fine) return config;
  json_decref(config);
  return NULL;
}
