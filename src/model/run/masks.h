// nn.Transformer's six masks and three causal hints, turned into what attention adds to its scores.
//
// Semantics (torch 2.13): boolean 1 = may not attend, which adds -inf; additive masks are added;
// several add up. A causal hint adds the triangular mask and never replaces a given one (in PyTorch
// the hint can silently win or lose). A row that sees nothing yields zeros.
#ifndef IG_MODEL_RUN_MASKS_H
#define IG_MODEL_RUN_MASKS_H
#include "base/arena.h"
#include "model/config.h"
#include "nn/attention.h"

typedef struct ig_mask_set {
  ig_attention_mask encoder, decoder, cross;
} ig_mask_set;

// Masks need sequences of one length on each side.
ig_status ig_masks_check(const ig_batch *batch, ig_error *err);
// Takes additive copies from the arena (measuring or real) and fills *set. batch->masks NULL:
// causal decoder, nothing else.
void ig_masks_carve(ig_mask_set *set, ig_arena *arena, const ig_batch *batch,
                    const ig_config *config);
#endif
