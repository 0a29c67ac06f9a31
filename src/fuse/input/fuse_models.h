// The models that a recipe names, opened once each.
#ifndef IG_FUSE_INPUT_FUSE_MODELS_H
#define IG_FUSE_INPUT_FUSE_MODELS_H
#include <jansson.h>
#include "io/lora.h"
#include "fuse/input/pieces.h"
#include "fuse/input/layer_stacks.h"
#include "fuse/input/renames.h"
#include "io/safetensors.h"

// A model that another stage of the recipe file makes. All members are borrowed.
typedef struct ig_stage_model {
  const char *name;
  const char *directory;    // NULL: it is not made yet, and the rest tells what it will be
  ig_safetensors *tensors;  // names and shapes; NULL: there are problems in that stage
  json_t *config;
  const ig_pieces *pieces;  // of its vocabulary, if that will be a new one; else NULL
  const char *tokenizer;    // the directory that its tokenizer will come from; else NULL
} ig_stage_model;

typedef struct ig_fuse_model {
  const char *reference;  // as the recipe names it
  char *directory;
  const ig_stage_model *stage;  // the stage that makes it, or NULL
  bool not_made_yet;            // tensors and config are those that the stage will make
  ig_safetensors *tensors;      // NULL: it could not be opened
  ig_lora_adapters *adapters;   // of "MODEL+ADAPTER", or NULL
  json_t *config;               // config.json
  ig_layer_stacks stacks;       // of its layers
  bool own_head;                // a head with other values than the embedding (ig_ties_settle)
} ig_fuse_model;

typedef struct ig_fuse_models {
  // (stage_count), borrowed: models of other stages, which names may mean besides directories.
  const ig_stage_model *stages;
  size_t stage_count;
  const ig_renames *renames;  // of the tensors of models that are no stages; NULL: none
  ig_fuse_model *model;
  size_t count, capacity;
} ig_fuse_models;

// Finds the stage of that name (length bytes). NULL: there is none.
const ig_stage_model *ig_fuse_models_find_stage(const ig_fuse_models *models, const char *name,
                                                size_t length);
// Whether two names mean one model: they are the same but for slashes at their ends, or are names
// of one directory.
bool ig_fuse_models_is_same(const char *a, const char *b);
// Finds the model of that name, or opens it. *index stays valid, pointers to models do not. A model
// that cannot be opened fails once: from then on it is found, with tensors of NULL.
ig_status ig_fuse_models_open(ig_fuse_models *models, const char *reference, size_t *index,
                              ig_error *err);
void ig_fuse_models_close(ig_fuse_models *models);
#endif
