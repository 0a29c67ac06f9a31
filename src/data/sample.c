// Another segmentation of a corpus: tasks of some pairs of one side each, put together in order.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/random.h"
#include "data/corpus.h"
#include "text/sentencepiece.h"

#define TASK_PAIRS 128

typedef struct ig_sample_task {
  ig_ids ids;
  size_t end[TASK_PAIRS];  // ids behind each pair
  ig_status status;
  ig_error err;
} ig_sample_task;

typedef struct ig_sampler {
  const ig_corpus *corpus;
  const ig_corpus_options *options;
  const ig_corpus_sampling *sampling;
  ig_sample_task *tasks;  // (2 * parts): source and target of part 0, of part 1, ...
  size_t parts;
} ig_sampler;

static ig_status keep_best(const ig_corpus *corpus, ig_side side, size_t pair, ig_ids *ids,
                           ig_error *err) {
  for (size_t i = corpus->offsets[side][pair]; i < corpus->offsets[side][pair + 1]; i++)
    IG_TRY(ig_ids_append(ids, corpus->ids[side][i], err));
  return IG_OK;
}

static ig_status sample_pair(const ig_sampler *s, ig_side side, size_t pair, ig_ids *ids,
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
  IG_TRY(ig_tokenizer_sample(s->options->tokenizer, side, text, strlen(text), &sampling, ids, err));
  if (ids->count - before <= limit) return IG_OK;
  ids->count = before;
  return keep_best(s->corpus, side, pair, ids, err);
}

static void run_task(void *context, size_t index, int worker) {
  (void)worker;
  const ig_sampler *s = context;
  ig_sample_task *t = &s->tasks[index];
  const size_t first = index / 2 * TASK_PAIRS,
               last = first + TASK_PAIRS < s->corpus->pairs ? first + TASK_PAIRS : s->corpus->pairs;
  for (size_t p = first; p < last && t->status == IG_OK; p++) {
    t->status = sample_pair(s, index % 2 ? IG_SIDE_TARGET : IG_SIDE_SOURCE, p, &t->ids, &t->err);
    t->end[p - first] = t->ids.count;
  }
}

static ig_status join(const ig_sampler *s, int side, ig_corpus *out, ig_error *err) {
  size_t total = 0;
  for (size_t part = 0; part < s->parts; part++) {
    const ig_sample_task *t = &s->tasks[2 * part + (size_t)side];
    if (t->status != IG_OK) return ig_fail(err, t->status, "%s", t->err.message);
    total += t->ids.count;
  }
  out->ids[side] = ig_allocate(total, sizeof **out->ids, err);
  out->offsets[side] = ig_allocate(s->corpus->pairs + 1, sizeof **out->offsets, err);
  if (!out->ids[side] || !out->offsets[side]) return IG_ERROR_MEMORY;
  size_t used = 0, pair = 0;
  for (size_t part = 0; part < s->parts; part++) {
    const ig_sample_task *t = &s->tasks[2 * part + (size_t)side];
    for (size_t i = 0; i < TASK_PAIRS && pair < s->corpus->pairs; i++)
      out->offsets[side][++pair] = used + t->end[i];
    for (size_t i = 0; i < t->ids.count; i++) out->ids[side][used + i] = t->ids.ids[i];
    used += t->ids.count;
  }
  return IG_OK;
}

ig_status ig_corpus_sample(const ig_corpus *corpus, const ig_corpus_options *options,
                           const ig_corpus_sampling *sampling, ig_corpus *out, ig_error *err) {
  *out = (ig_corpus){.pairs = corpus->pairs};
  ig_sampler s = {.corpus = corpus,
                  .options = options,
                  .sampling = sampling,
                  .parts = (corpus->pairs + TASK_PAIRS - 1) / TASK_PAIRS};
  s.tasks = ig_allocate(2 * s.parts, sizeof *s.tasks, err);
  if (!s.tasks) return IG_ERROR_MEMORY;
  ig_pool_run(options->pool, 2 * s.parts, run_task, &s);
  ig_status status = join(&s, IG_SIDE_SOURCE, out, err);
  if (status == IG_OK) status = join(&s, IG_SIDE_TARGET, out, err);
  for (size_t t = 0; t < 2 * s.parts; t++) ig_ids_free(&s.tasks[t].ids);
  free(s.tasks);
  if (status != IG_OK) ig_corpus_free(out);
  return status;
}
