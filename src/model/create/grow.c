#include "model/create/grow.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/arch/tensor_row.h"
#include "model/config.h"
#include "model/create/create.h"

// Whether it has a row, or a value, for each token.
static bool is_of_vocabulary(const ig_config *c, const ig_tensor_row *row) {
  if (ig_tensor_row_is_embedding(row) || row->part == IG_PART_LOGITS_BIAS) return true;
  return row->part == IG_PART_OUTPUT && ig_config_outputs(c) == c->target_vocab_size &&
         (c->head.kind == IG_HEAD_LANGUAGE_MODEL || c->head.kind == IG_HEAD_MASKED_TOKENS);
}

// Values of one row.
static size_t width_of(const ig_parameter *p, int rows) { return p->count / (size_t)rows; }

// The mean of the first rows, in every row from `known` on.
static void fill_rows(float *values, size_t width, int known, int tokens, double *sums) {
  memset(sums, 0, width * sizeof *sums);
  for (int row = 0; row < known; row++)
    for (size_t i = 0; i < width; i++) sums[i] += (double)values[(size_t)row * width + i];
  for (int row = known; row < tokens; row++)
    for (size_t i = 0; i < width; i++) values[(size_t)row * width + i] = (float)(sums[i] / known);
}

static ig_status fill_new_rows(ig_model *m, int known, int tokens, ig_error *err) {
  const ig_config *c = &m->config;
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (!is_of_vocabulary(c, p->row)) continue;
    const size_t width = width_of(p, c->vocab_size);
    float *values = m->values + p->offset;
    if (p->row->part == IG_PART_LOGITS_BIAS) {
      memset(values + known, 0, (size_t)(tokens - known) * sizeof *values);
      continue;
    }
    double *sums = ig_allocate(width, sizeof *sums, err);
    if (!sums) return IG_ERROR_MEMORY;
    fill_rows(values, width, known, tokens, sums);
    free(sums);
  }
  return IG_OK;
}

// What a loaded model has besides its tensors.
static void move_rest(ig_model *from, ig_model *to) {
  to->weight_type = from->weight_type;
  to->stored_type = from->stored_type;
  to->generation_config = from->generation_config;
  to->generation_in_config = from->generation_in_config;
  to->notes = from->notes;
  from->generation_config = NULL;
  from->notes = (ig_problems){0};
}

// A model of the same tensors with more rows, the first of which are the model's.
static ig_status enlarge(ig_model **model, int tokens, ig_error *err) {
  ig_model *old = *model, *bigger;
  ig_config config = old->config;
  config.vocab_size = config.target_vocab_size = tokens;
  IG_TRY(ig_create_zeroed(&config, "the model with new tokens", &bigger, err));
  for (size_t i = 0; i < old->parameter_count; i++)
    memcpy(bigger->values + bigger->parameters[i].offset, old->values + old->parameters[i].offset,
           old->parameters[i].count * sizeof *old->values);
  move_rest(old, bigger);
  ig_model_free(old);
  *model = bigger;
  return IG_OK;
}

ig_status ig_grow_vocabulary(ig_model **model, int known, int tokens, ig_error *err) {
  const ig_config *c = &(*model)->config;
  if (c->vocab_size != c->target_vocab_size)
    return ig_fail(
        err, IG_ERROR_UNSUPPORTED,
        "new tokens need one vocabulary for both sides, and the model has %d and %d rows",
        c->vocab_size, c->target_vocab_size);
  if (known > c->vocab_size)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "the tokenizer has %d tokens before the new ones, and the model %d rows", known,
                   c->vocab_size);
  if (tokens > c->vocab_size) IG_TRY(enlarge(model, tokens, err));
  return fill_new_rows(*model, known, tokens, err);
}
