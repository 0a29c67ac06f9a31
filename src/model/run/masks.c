// Boolean and additive masks to additive ones.
#include "model/run/masks.h"

#include <math.h>

#include "base/fail.h"

static ig_status check_side(const char *side, int sequences, const int *offsets, ig_error *err) {
  for (int s = 1; s < sequences; s++)
    if (offsets[s + 1] - offsets[s] != offsets[1] - offsets[0])
      return ig_fail(
          err, IG_ERROR_ARGUMENT,
          "masks need %s sequences of one length: sequence 0 has %d rows, sequence %d has %d", side,
          offsets[1] - offsets[0], s, offsets[s + 1] - offsets[s]);
  return IG_OK;
}

static ig_status check_mask(const char *name, const ig_mask *mask, bool key_padding,
                            ig_error *err) {
  if (mask->boolean && mask->additive)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s mask: boolean or additive, not both", name);
  if (mask->per_head && key_padding)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s mask: per_head does not apply", name);
  return IG_OK;
}

ig_status ig_masks_check(const ig_batch *batch, ig_error *err) {
  const ig_masks *m = batch->masks;
  if (!m) return IG_OK;
  IG_TRY(check_side("source", batch->sequences, batch->source_offsets, err));
  IG_TRY(check_side("target", batch->sequences, batch->target_offsets, err));
  IG_TRY(check_mask("src", &m->src, false, err));
  IG_TRY(check_mask("tgt", &m->tgt, false, err));
  IG_TRY(check_mask("memory", &m->memory, false, err));
  IG_TRY(check_mask("src_key_padding", &m->src_key_padding, true, err));
  IG_TRY(check_mask("tgt_key_padding", &m->tgt_key_padding, true, err));
  return check_mask("memory_key_padding", &m->memory_key_padding, true, err);
}

// Returns the additive form of a mask of count elements: the mask itself, or a copy that is made of
// the boolean one.
static const float *take_additive(ig_arena *arena, const ig_mask *mask, size_t count) {
  if (!mask->boolean) return mask->additive;
  float *copy = IG_TAKE(arena, float, count);
  if (copy)
    for (size_t i = 0; i < count; i++) copy[i] = mask->boolean[i] ? -INFINITY : 0.0f;
  return copy;
}

typedef struct mask_shape {
  size_t sequences, heads, queries, keys;
} mask_shape;

static ig_attention_mask combine_masks(ig_arena *arena, const ig_mask *mask,
                                       const ig_mask *key_padding, bool causal, mask_shape n) {
  ig_attention_mask out = {.causal = causal};
  const size_t plane = n.queries * n.keys;
  out.mask = take_additive(arena, mask, mask->per_head ? n.sequences * n.heads * plane : plane);
  out.mask_row = n.keys;
  if (mask->per_head) {
    out.mask_head = plane;
    out.mask_sequence = n.heads * plane;
  }
  out.key_padding = take_additive(arena, key_padding, n.sequences * n.keys);
  out.padding_sequence = n.keys;
  return out;
}

void ig_masks_carve(ig_mask_set *set, ig_arena *arena, const ig_batch *batch,
                    const ig_config *config) {
  *set = (ig_mask_set){.decoder = {.causal = true}};
  const ig_masks *m = batch->masks;
  if (!m || batch->sequences == 0) return;
  const size_t sequences = (size_t)batch->sequences;
  const size_t source = (size_t)(batch->source_offsets[1] - batch->source_offsets[0]);
  const size_t target = (size_t)(batch->target_offsets[1] - batch->target_offsets[0]);
  const size_t encoder_heads = (size_t)config->encoder.self.heads;
  const size_t decoder_heads = (size_t)config->decoder.self.heads;
  const size_t cross_heads = (size_t)config->decoder.cross.heads;
  set->encoder = combine_masks(arena, &m->src, &m->src_key_padding, m->src_is_causal,
                               (mask_shape){sequences, encoder_heads, source, source});
  set->decoder = combine_masks(arena, &m->tgt, &m->tgt_key_padding, m->tgt_is_causal,
                               (mask_shape){sequences, decoder_heads, target, target});
  set->cross = combine_masks(arena, &m->memory, &m->memory_key_padding, m->memory_is_causal,
                             (mask_shape){sequences, cross_heads, target, source});
}
