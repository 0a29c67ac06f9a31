// What mergekit's recipes may have and what is written in another way here, or has no effect.
#ifndef IG_FUSE_RECIPE_MERGEKIT_KEYS_H
#define IG_FUSE_RECIPE_MERGEKIT_KEYS_H
#include "base/problems.h"
#include "io/yaml.h"

// Changes the documents of a recipe file so that the rest of the reader understands them:
//   references as maps   {model: {path: DIR, revision: R}, lora: {path: ADAPTER}} is DIR+ADAPTER
//   DIR@REVISION         DIR, if there is no file of the whole name
//   dtype: float64       float32
//   residual_weight, embed_slerp, and parameters that only other methods have: left out
// Whatever has no effect is noted. A map that is no reference is an error.
ig_status ig_mergekit_keys_adapt(ig_yaml *yaml, ig_problems *notes, ig_error *err);
#endif
