// The adapter_config.json of a LoRA adapter, as PEFT writes it.
#ifndef IG_IO_LORA_CONFIG_H
#define IG_IO_LORA_CONFIG_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ingot/core.h"

typedef struct ig_lora_config {
  json_t *json;
  double alpha;  // of modules that alpha_pattern does not name
  bool rank_stabilized;
  bool fan_in_fan_out;  // the layers store their weights as (in, out)
  bool has_magnitudes;  // use_dora: each adapted module has one
  bool has_biases;      // lora_bias: B adds to the bias of a module, too
  bool trains_biases;   // biases of the model were trained
} ig_lora_config;

// Loads a configuration. Settings by which the weight becomes something else than
// W + scale B A are IG_ERROR_UNSUPPORTED, and the message names them.
ig_status ig_lora_config_load(const char *path, ig_lora_config *out, ig_error *err);
void ig_lora_config_free(ig_lora_config *config);
// The rank that the configuration gives a module; 0: it gives none, or by a regular expression that
// is not understood.
double ig_lora_config_rank(const ig_lora_config *config, const char *module);
// Whether a module that the tensor is in has a name that ends with this one.
bool ig_lora_config_is_within(const char *tensor, const char *module);
// Whether a tensor of the model was trained whole (bias, modules_to_save), by its name there.
bool ig_lora_config_replaces(const ig_lora_config *config, const char *tensor);
// The tokens whose rows of a module's table were trained (trainable_token_indices), borrowed; NULL:
// there are none.
const json_t *ig_lora_config_tokens(const ig_lora_config *config, const char *module);
// By what B A is multiplied in a module, of which `rank` is the rank of its A.
double ig_lora_config_scale(const ig_lora_config *config, const char *module, size_t rank);
#endif
