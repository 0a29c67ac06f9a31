// A LoRA adapter out of a model and its base, in the layout of PEFT (fuse/input/lora.h): of the
// difference D = U S V^T of each linear layer the r largest singular triplets, which is the nearest
// matrix of rank r (Eckart & Young 1936): A = sqrt(S) V^T, B = U sqrt(S), lora_alpha = r.
//
// A linear layer is a matrix NAME.weight that is no table of embeddings. The adapter has one rank,
// the largest that the recipe asks of any layer; where a layer has fewer triplets the rest of its A
// and B is zeros. All layers that differ are found first, so that each can be written to its place
// as soon as it is decomposed: memory is that of the largest decomposition.
#ifndef IG_FUSE_RUN_EXTRACT_H
#define IG_FUSE_RUN_EXTRACT_H
#include "base/pool.h"
#include "fuse/plan/fusion_plan.h"
#include "fuse/run/staging.h"

extern const char *const ig_extract_weights;  // "adapter_model.safetensors"

// What no adapter can hold. last: the recipe makes the output, no model for another one.
ig_status ig_extract_check_recipe(const ig_recipe *recipe, bool last, ig_error *err);
ig_status ig_extract_check_plan(const ig_fusion_plan *plan, ig_problems *problems, ig_error *err);

// Linear layers that the adapter may have a part for, and its rank.
size_t ig_extract_layers(const ig_fusion_plan *plan, size_t *rank);
size_t ig_extract_bytes(const ig_fusion_plan *plan);   // of the adapter's values, at most
size_t ig_extract_memory(const ig_fusion_plan *plan);  // of buffers

// Writes adapter_config.json and adapter_model.safetensors into the staging directory, but for the
// layers that are done. Layers without a difference are left out; other tensors that differ are
// told as a warning. No layer with a difference is an error.
ig_status ig_extract_adapter(const ig_fusion_plan *plan, ig_pool *pool, ig_staging *staging,
                             const ig_reporter *reporter, ig_error *err);
#endif
