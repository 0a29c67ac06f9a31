// Draws another segmentation of a corpus: each task takes some pairs of one side, and their ids are
// put together in order.
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/random.h"
#include "base/size.h"
#include "data/corpus.h"
#include "text/sentencepiece.h"

#define TASK_PAIRS 128

typedef struct sampled_part {
  ig_ids ids;
  size_t end[TASK_PAIRS];  // ids up to the end of each pair
} sampled_part;

typedef struct corpus_sampler {
  const ig_corpus *corpus;
  const ig_corpus_options *options;
  const ig_corpus_sampling *sampling;
  sampled_part *part;  // (2 * parts): source and target of part 0, of part 1, …
  size_t parts;
} corpus_sampler;

static ig_status keep_best(const ig_corpus *corpus, ig_side side, size_t pair, ig_ids *ids,
                           ig_error *err) {
  for (size_t i = corpus->offsets[side][pair]; i < corpus->offsets[side][pair + 1]; i++)
    IG_TRY(ig_ids_append(ids, corpus->ids[side][i], err));
  return IG_OK;
}

static ig_status sample_pair(const corpus_sampler *s, ig_side side, size_t pair, ig_ids *ids,
                             ig_error *err) {
  const size_t line = s->corpus->line[pair], before = ids->count,
               limit = s->options->max_length > 0 ? (size_t)s->options->max_length : SIZE_MAX;
  const char *text = s->corpus->text[side][line];
  const ig_sentencepiece_sampling sampling = {
      .n_best = s->sampling->n_best,
      .alpha = s->sampling->alpha,
      .seed = s->sampling->seed,
      .stream = ig_random_stream(side == IG_SIDE_SOURCE ? "data.sampling.source"
                                                        : "data.sampling.target") +
                s->sampling->epoch,
      .position = line,
  };
  IG_TRY(ig_tokenizer_sample(s->options->tokenizer, side, text, &sampling, ids, err));
  if (ids->count - before <= limit) return IG_OK;
  ids->count = before;
  return keep_best(s->corpus, side, pair, ids, err);
}

static ig_status sample_part(void *context, size_t index, int worker, ig_error *err) {
  (void)worker;
  const corpus_sampler *s = context;
  sampled_part *part = &s->part[index];
  const size_t first = index / 2 * TASK_PAIRS,
               last = ig_size_smaller(first + TASK_PAIRS, s->corpus->pairs);
  for (size_t p = first; p < last; p++) {
    IG_TRY(sample_pair(s, index % 2 ? IG_SIDE_TARGET : IG_SIDE_SOURCE, p, &part->ids, err));
    part->end[p - first] = part->ids.count;
  }
  return IG_OK;
}

static ig_status join_parts(const corpus_sampler *s, int side, ig_corpus *out, ig_error *err) {
  size_t total = 0;
  for (size_t p = 0; p < s->parts; p++) total += s->part[2 * p + (size_t)side].ids.count;
  out->ids[side] = ig_allocate(total, sizeof **out->ids, err);
  out->offsets[side] = ig_allocate(s->corpus->pairs + 1, sizeof **out->offsets, err);
  if (!out->ids[side] || !out->offsets[side]) return IG_ERROR_MEMORY;
  size_t used = 0, pair = 0;
  for (size_t p = 0; p < s->parts; p++) {
    const sampled_part *part = &s->part[2 * p + (size_t)side];
    for (size_t i = 0; i < TASK_PAIRS && pair < s->corpus->pairs; i++)
      out->offsets[side][++pair] = used + part->end[i];
    for (size_t i = 0; i < part->ids.count; i++) out->ids[side][used + i] = part->ids.ids[i];
    used += part->ids.count;
  }
  return IG_OK;
}

ig_status ig_corpus_sample(const ig_corpus *corpus, const ig_corpus_options *options,
                           const ig_corpus_sampling *sampling, ig_corpus *out, ig_error *err) {
  *out = (ig_corpus){.pairs = corpus->pairs};
  corpus_sampler s = {.corpus = corpus,
                      .options = options,
                      .sampling = sampling,
                      .parts = (corpus->pairs + TASK_PAIRS - 1) / TASK_PAIRS};
  s.part = ig_allocate(2 * s.parts, sizeof *s.part, err);
  if (!s.part) return IG_ERROR_MEMORY;
  ig_status status = ig_pool_try(options->pool, 2 * s.parts, sample_part, &s, err);
  if (status == IG_OK) status = join_parts(&s, IG_SIDE_SOURCE, out, err);
  if (status == IG_OK) status = join_parts(&s, IG_SIDE_TARGET, out, err);
  for (size_t p = 0; p < 2 * s.parts; p++) ig_ids_free(&s.part[p].ids);
  free(s.part);
  if (status != IG_OK) ig_corpus_free(out);
  return status;
}
