// The models that a recipe names, opened once each.
#ifndef IG_FUSE_INPUT_FUSE_MODELS_H
#define IG_FUSE_INPUT_FUSE_MODELS_H
#include <jansson.h>
#include "fuse/input/lora.h"
#include "fuse/input/tensor_place.h"
#include "io/safetensors.h"

// A model that another stage of the recipe makes: as it is planned, or, once it is there, its
// directory.
typedef struct ig_stage_model {
  const char *name;
  const char *directory;  // NULL: not there yet
  ig_safetensors
      *tensors;  // while it is not; NULL: nobody knows, for there are problems in that stage
  json_t *config;
  const struct ig_fusion_plan *plan;  // likewise
} ig_stage_model;

typedef struct ig_fuse_model {
  const char *reference;  // as the recipe names it
  char *directory;
  const ig_stage_model *made;  // by another stage, or NULL
  bool foreseen;               // it is not there yet
  ig_safetensors *tensors;     // NULL: it could not be opened
  ig_lora_adapter *adapter;    // of "MODEL+ADAPTER", or NULL
  json_t *config;              // config.json
  int layers[3];               // by ig_stack: the highest layer number + 1
} ig_fuse_model;

typedef struct ig_fuse_models {
  const ig_stage_model *made;  // what names may mean besides directories; borrowed
  size_t made_count;
  ig_fuse_model *model;
  size_t count, capacity;
} ig_fuse_models;

// The model of that name, opened if it is not yet. *index stays valid; references to models do not.
// One that could not be opened is known from then on, with tensors NULL: it fails once.
ig_status ig_fuse_models_open(ig_fuse_models *models, const char *reference, size_t *index,
                              ig_error *err);
void ig_fuse_models_close(ig_fuse_models *models);
#endif
