// What fusion must know of families of models, also of those that Ingot cannot run. The table of
// families.c is the only place for it: everything else in fuse asks here.
#ifndef IG_FUSE_INPUT_FAMILIES_H
#define IG_FUSE_INPUT_FAMILIES_H
#include <jansson.h>

#include "fuse/input/tensor_place.h"

typedef struct ig_fusion_family {
  const char *const *types;  // model_type in config.json, up to NULL
  bool shares_embedding;     // encoder and decoder always share one embedding
  // If not NULL: they share one unless this key of config.json is false.
  const char *sharing_key;
  bool bare_names;  // names of tensors do not begin with "model."
  // Embeddings are tied whatever tie_word_embeddings says, for that key tells whether the logits
  // are scaled. A stored head is a tensor of its own only if they are not scaled.
  bool ties_scale_logits;
} ig_fusion_family;

// Finds the family by the model_type of a configuration. The result is never NULL: there is a row
// for unknown families.
const ig_fusion_family *ig_families_find(const json_t *config);
// Whether a tensor of this name, where the first layer alone has one, is there for all layers.
bool ig_families_is_held_for_all(const char *tensor);
// Whether a weight of this name is stored as (in, out), the transpose of what torch.nn.Linear has:
// those of transformers' Conv1D.
bool ig_families_stores_transposed(const json_t *config, const char *tensor);
// Whether some weights of the family are stored so.
bool ig_families_has_transposed(const json_t *config);
// The level in front of a base model's modules in a model with a head ("transformer" in GPT-2's),
// by the model_type. Checkpoints of a base model alone lack it. NULL: it is not known, or the
// configuration is that of a base model.
const char *ig_families_head_prefix(const json_t *config);
// What PEFT does with a part of an adapter that is named as a checkpoint names its layer.
typedef enum ig_peft_opening {
  IG_PEFT_OPENING_ADDS,     // it is added to the layer
  IG_PEFT_OPENING_IGNORES,  // the loaded model has the layer under another name: no effect
  IG_PEFT_OPENING_MERGES,   // the layer becomes a part of another: ranks of their own do not fit
  IG_PEFT_OPENING_REFUSES,  // the whole adapter is not opened
} ig_peft_opening;
// Looks it up for a weight, as PEFT 0.21 does with models of transformers 5.
ig_peft_opening ig_families_peft_opening(const json_t *config, const char *tensor);
// The tokenizers whose pieces can be matched (fuse/input/pieces.h), for messages.
extern const char *const ig_families_tokenizers;
#endif
