// A family of models as data: its config.json keys, its tensor names, its quirks. Adding one is one
// file beside this and one line in family.c.
#ifndef IG_MODEL_ARCH_FAMILY_H
#define IG_MODEL_ARCH_FAMILY_H
#include <jansson.h>
#include "model/arch/json_keys.h"
#include "model/arch/tensor_row.h"
#include "model/model.h"
#include "text/tokenizer_description.h"

typedef struct ig_family {
  const char *name;        // what `model: {family: …}` says
  const char *model_type;  // what config.json says
  const char *architecture;
  const ig_tensor_row *tensors;  // ends with a NULL name
  // What names of tensors begin with, but not in files of the class without a head; NULL: nothing.
  const char *base_prefix;
  // The kinds of tokenizer that its directories may hold, NULL-terminated; the first one is meant
  // where a tokenizer_config.json does not say.
  const ig_tokenizer_description *const *tokenizers;
  // Options for which a config.json has no key, and those of a config.json that leaves keys out.
  ig_config defaults;
  const ig_json_key *keys;
  const char *constants;  // JSON object: what a config.json of this family says besides its keys
  // JSON object: what a training configuration that leaves a key out gets instead of the family's
  // own default.
  const char *training_defaults;
  // Of an encoder, what follows the dense layer of its heads for classes and for masked tokens;
  // IG_ACTIVATION_NONE: of the latter, what its feed-forward layers have.
  ig_activation class_activation, masked_activation;
  bool joint_vocabulary;  // a new model has one vocabulary for both sides
  const char *start_key;  // the key of the id with which the decoder starts
  bool starts_with_eos;   // what a new model starts with; false: with pad
  // What follows from the keys that were read, and what the family refuses; NULL: nothing.
  ig_status (*complete)(const json_t *json, const char *where, ig_config *config, ig_error *err);
  // Changes to a config.json whose keys are written; NULL: none.
  void (*adjust_json)(const ig_config *config, json_t *json);
  // The first values of one tensor of a new model, a function of the seed and the tensor's name;
  // NULL: ig_initialize_standard.
  void (*initialize)(const ig_config *config, const ig_parameter *parameter, uint64_t seed,
                     float *values);
} ig_family;

const ig_family *ig_family_find(const char *name);  // by name; NULL: unknown
// Whether its models have no decoder.
bool ig_family_is_encoder(const ig_family *family);
// By the model_type that a config.json says.
ig_status ig_family_of(const json_t *json, const char *where, const ig_family **out, ig_error *err);
const ig_family *const *ig_family_list(void);  // NULL-terminated
// The names of all families, a comma between them, into text.
void ig_family_names(char *text, size_t size);
// Those of the encoders of which training makes new models.
void ig_family_new_encoders(char *text, size_t size);

// Options from a config.json; `where` (a path) opens each message. Sizes that a tokenizer decides
// (vocab_size, special ids) may be missing.
ig_status ig_family_read_config(const ig_family *family, const json_t *json, const char *where,
                                ig_config *out, ig_error *err);
// What a config.json of the family calls the member at this offset of ig_config; NULL: nothing.
const char *ig_family_key_name(const ig_family *family, size_t offset);
// A config.json that transformers (or the reference module) opens; a new reference, or NULL if
// memory is out.
json_t *ig_family_write_config(const ig_config *config);
#endif
