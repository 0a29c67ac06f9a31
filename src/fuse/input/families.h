// What fusion must know of families of models, also of those that Ingot cannot run. This is the one
// table of it: everything else in fuse asks here.
#ifndef IG_FUSE_INPUT_FAMILIES_H
#define IG_FUSE_INPUT_FAMILIES_H
#include <jansson.h>

#include "fuse/input/tensor_place.h"

typedef struct ig_fusion_family {
  const char *const *types;  // model_type in config.json, up to NULL
  bool shares_embedding;     // between encoder and decoder, always
  const char *sharing_key;   // or unless this key of config.json is false; NULL: there is no key
  bool bare_names;           // names of tensors begin without "model."
  // The embedding is one whatever tie_word_embeddings says, and a stored head is one of its own
  // only if the logits are not scaled. tie_word_embeddings tells whether they are scaled.
  bool ties_scale_logits;
} ig_fusion_family;

// By the configuration's model_type. Never NULL: there is a row for unknown families.
const ig_fusion_family *ig_families_find(const json_t *config);
// The key of config.json that holds the number of layers of a stack; NULL: there is none.
const char *ig_families_layer_key(const json_t *config, ig_tensor_stack stack);
// The tokenizers whose pieces can be matched (fuse/input/pieces.h), for messages.
extern const char *const ig_families_tokenizers;
#endif
