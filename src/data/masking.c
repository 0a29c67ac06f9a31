#include "data/masking.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/random.h"

// What is drawn for one token, in this order.
enum { DRAW_ASKED, DRAW_REPLACED, DRAW_TOKEN, DRAWS = 4 };

ig_status ig_masking_make(const ig_tokenizer *tokenizer, const ig_masking_options *options,
                          ig_masking *out, ig_error *err) {
  *out = (ig_masking){.options = *options,
                      .mask_id = ig_tokenizer_mask_id(tokenizer),
                      .vocabulary = ig_tokenizer_source_size(tokenizer)};
  if (out->mask_id < 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "the tokenizer has no token for the mask, such as [MASK] or <mask>");
  out->special = ig_allocate((size_t)out->vocabulary, sizeof *out->special, err);
  if (!out->special) return IG_ERROR_MEMORY;
  const int unknown = ig_tokenizer_unk_id(tokenizer, IG_SIDE_SOURCE);
  for (int id = 0; id < out->vocabulary; id++)
    out->special[id] = id == out->mask_id || id == unknown ||
                       ig_tokenizer_is_special(tokenizer, IG_SIDE_SOURCE, id);
  return IG_OK;
}

void ig_masking_free(ig_masking *m) {
  free(m->special);
  *m = (ig_masking){0};
}

// What stands in the place of a token that is asked for.
static int replacement(const ig_masking *m, uint64_t stream, uint64_t at, int id) {
  const double u = ig_random_uniform(m->options.seed, stream, at + DRAW_REPLACED);
  if (u < m->options.mask_probability) return m->mask_id;
  if (u >= m->options.mask_probability + m->options.random_probability) return id;
  const uint64_t any = ig_random_u32(m->options.seed, stream, at + DRAW_TOKEN);
  return (int)(any * (uint64_t)m->vocabulary >> 32);
}

static bool is_asked(const ig_masking *m, uint64_t stream, uint64_t at, int id) {
  return !m->special[id] &&
         ig_random_uniform(m->options.seed, stream, at + DRAW_ASKED) < m->options.probability;
}

void ig_masking_count(const ig_masking *m, const ig_corpus *corpus, uint64_t epoch,
                      ig_masking_counts *out) {
  const uint64_t stream = ig_random_stream("data.masks") + epoch;
  const size_t tokens = corpus->offsets[IG_SIDE_SOURCE][corpus->pairs];
  *out = (ig_masking_counts){0};
  for (size_t i = 0; i < tokens; i++) {
    const int id = corpus->ids[IG_SIDE_SOURCE][i];
    out->eligible += !m->special[id];
    out->asked += is_asked(m, stream, DRAWS * (uint64_t)i, id);
  }
}

void ig_masking_apply(const ig_masking *m, const ig_corpus *corpus, uint64_t epoch,
                      const uint32_t *pairs, ig_batch_buffer *batch) {
  const uint64_t stream = ig_random_stream("data.masks") + epoch;
  for (int s = 0; s < batch->batch.sequences; s++) {
    const uint64_t first = corpus->offsets[IG_SIDE_SOURCE][pairs[s]];
    for (int r = batch->source_offsets[s]; r < batch->source_offsets[s + 1]; r++) {
      const uint64_t at = DRAWS * (first + (uint64_t)(r - batch->source_offsets[s]));
      const int id = batch->source[r];
      const bool asked = is_asked(m, stream, at, id);
      batch->target_output[r] = asked ? id : -1;
      if (asked) batch->source[r] = replacement(m, stream, at, id);
    }
  }
}
