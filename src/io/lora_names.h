// The names of tensors in an adapter, and the tensors of a model that they belong to.
#ifndef IG_IO_LORA_NAMES_H
#define IG_IO_LORA_NAMES_H
#include "io/safetensors.h"

// What a tensor of an adapter is of its module.
typedef enum ig_lora_part {
  IG_LORA_PART_A,            // PATH.lora_A.weight
  IG_LORA_PART_B,            // PATH.lora_B.weight
  IG_LORA_PART_BIAS,         // PATH.lora_B.bias
  IG_LORA_PART_EMBEDDING_A,  // PATH.lora_embedding_A
  IG_LORA_PART_EMBEDDING_B,  // PATH.lora_embedding_B
  IG_LORA_PART_MAGNITUDE,    // PATH.lora_magnitude_vector
  IG_LORA_PART_TOKENS,       // PATH.token_adapter.trainable_tokens_delta
  IG_LORA_PART_COUNT,        // none of these: a tensor of the model, or of another kind of adapter
} ig_lora_part;

// Splits a name, in which "base_model.model." may stand before PATH, and the name of an adapter
// after the part, "lora_A.default.weight". *path is in the name; of IG_LORA_PART_COUNT it is all
// but the prefix. Returns the length of PATH.
size_t ig_lora_names_split(const char *name, const char **path, ig_lora_part *part);
// Finds the model's tensor PATH + suffix (".weight"). Levels in front may be there in one of both
// names only. *out NULL: there is none; *other: another one that it may be, else NULL.
void ig_lora_names_find(const ig_safetensors *model, const char *path, const char *suffix,
                        const ig_safetensor **out, const ig_safetensor **other);
// The name that a tensor which is trained whole has in the model, malloc'ed: the levels that PEFT
// puts between ("base_layer", "modules_to_save", "default" after it) are taken out.
ig_status ig_lora_names_original(const char *name, char **out, ig_error *err);
// For messages: what kind of adapter a tensor belongs to.
const char *ig_lora_names_kind(const char *name);
#endif
