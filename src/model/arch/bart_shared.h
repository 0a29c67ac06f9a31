// What BART's descendants with one vocabulary for source and target have in common: BART, mBART,
// M2M-100 and, but for some keys, Pegasus.
#ifndef IG_MODEL_ARCH_BART_SHARED_H
#define IG_MODEL_ARCH_BART_SHARED_H
#include "model/arch/family.h"
#include "model/arch/json_keys.h"

extern const ig_json_key ig_bart_shared_keys[];
extern const char ig_bart_shared_training_defaults[];

// What config.json says besides the keys.
#define IG_BART_SHARED_CONSTANTS(model_type, architecture)                   \
  "{\"model_type\": \"" model_type "\", \"architectures\": [\"" architecture \
  "\"], "                                                                    \
  "\"is_encoder_decoder\": true, \"use_cache\": true, \"dtype\": \"float32\"}"

// A family's `complete`: stacks alike, one vocabulary, and tables apart where the output is.
ig_status ig_bart_shared_complete(const json_t *json, const char *where, ig_config *config,
                                  ig_error *err);
#endif
