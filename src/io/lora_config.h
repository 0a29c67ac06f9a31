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
} ig_lora_config;

// Loads a configuration. Settings by which the weight becomes something else than
// W + scale B A are IG_ERROR_UNSUPPORTED, and the message names them.
ig_status ig_lora_config_load(const char *path, ig_lora_config *out, ig_error *err);
void ig_lora_config_free(ig_lora_config *config);
// The rank that the configuration gives a module; 0: it gives none, or by a regular expression that
// is not understood.
double ig_lora_config_rank(const ig_lora_config *config, const char *module);
// By what B A is multiplied in a module, of which `rank` is the rank of its A.
double ig_lora_config_scale(const ig_lora_config *config, const char *module, size_t rank);
#endif
