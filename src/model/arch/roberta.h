// What RoBERTa and the families that differ from it in name alone share.
#ifndef IG_MODEL_ARCH_ROBERTA_H
#define IG_MODEL_ARCH_ROBERTA_H
#include "model/arch/encoder_shared.h"

extern const ig_tensor_row ig_roberta_tensors[];
extern const ig_json_key ig_roberta_keys[];
ig_status ig_roberta_complete(const json_t *json, const char *where, ig_config *config,
                              ig_error *err);
void ig_roberta_adjust_json(const ig_config *config, json_t *json);

#define IG_ROBERTA_FAMILY(called, class_name, described)                                      \
  {                                                                                           \
    .name = called, .model_type = called, .architecture = class_name,                         \
    .tensors = ig_roberta_tensors, .base_prefix = "roberta.", .tokenizers = described,        \
    .defaults = {IG_ENCODER_DEFAULTS(1, 2)}, .keys = ig_roberta_keys,                         \
    .constants = "{\"model_type\": \"" called "\", \"architectures\": [\"" class_name "\"]}", \
    .class_activation = IG_ACTIVATION_TANH, .masked_activation = IG_ACTIVATION_GELU,          \
    .joint_vocabulary = true, .complete = ig_roberta_complete,                                \
    .adjust_json = ig_roberta_adjust_json                                                     \
  }
#endif
