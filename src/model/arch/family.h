// A family of models as data: its config.json keys, its tensor names, its quirks. Adding one is one
// file beside this and one line in family.c.
#ifndef IG_MODEL_ARCH_FAMILY_H
#define IG_MODEL_ARCH_FAMILY_H
#include <jansson.h>
#include "model/arch/json_keys.h"

// Names of an attention's tensors, behind the layer's prefix. Either in_proj (query, key and value
// in one) or the three.
typedef struct ig_attention_names {
  const char *in_proj_weight, *in_proj_bias;
  const char *weight[3], *bias[3];  // query, key, value
  const char *out_weight, *out_bias;
} ig_attention_names;

// Linear layers and norms: "NAME.weight", "NAME.bias". NULL: the family has none.
typedef struct ig_tensor_names {
  const char *shared_embedding, *source_embedding, *target_embedding;  // whole names
  const char *encoder_layer, *decoder_layer;  // prefixes, "model.encoder.layers.%d."
  ig_attention_names self_attention, cross_attention;
  const char *inner, *outer;
  const char *encoder_self_norm, *encoder_feed_forward_norm;
  const char *decoder_self_norm, *decoder_cross_norm, *decoder_feed_forward_norm;
  const char *encoder_norm, *decoder_norm;  // whole names
  const char *output;                       // whole name of the output layer
  const char *logits_bias;                  // whole name
  const char *const *aliases;  // pairs (a name of ours, what a file may call it instead),
                               // NULL-terminated; NULL: none
  const char *const *ignored;  // other tensors a file may hold (copies of tied ones, position
                               // tables), NULL-terminated
} ig_tensor_names;

typedef struct ig_family {
  const char *name;        // what `model: {family: …}` says
  const char *model_type;  // what config.json says
  const char *architecture;
  ig_tensor_names names;
  // Options for which a config.json has no key, and those of a config.json that leaves keys out.
  ig_config defaults;
  const ig_json_key *keys;
  const char *constants;  // JSON object: what a config.json of this family says besides its keys
  // JSON object: what a training configuration that leaves a key out gets instead of the family's
  // own default.
  const char *training_defaults;
  // What follows from the keys that were read, and what the family refuses; NULL: nothing.
  ig_status (*complete)(const json_t *json, const char *where, ig_config *config, ig_error *err);
  // Changes to a config.json whose keys are written; NULL: none.
  void (*adjust_json)(const ig_config *config, json_t *json);
} ig_family;

const ig_family *ig_family_find(const char *name);  // by name; NULL: unknown
// By the model_type that a config.json says.
ig_status ig_family_of(const json_t *json, const char *where, const ig_family **out, ig_error *err);
const ig_family *const *ig_family_list(void);  // NULL-terminated
// The names of all families, a comma between them, into text.
void ig_family_names(char *text, size_t size);

// Options from a config.json; `where` (a path) opens each message. Sizes that a tokenizer decides
// (vocab_size, special ids) may be missing.
ig_status ig_family_read_config(const ig_family *family, const json_t *json, const char *where,
                                ig_config *out, ig_error *err);
// A config.json that transformers (or the reference module) opens; a new reference, or NULL if
// memory is out.
json_t *ig_family_write_config(const ig_config *config);

extern const ig_family ig_family_marian, ig_family_torch;
#endif
