// Distributing batches over workers, or one batch over the threads of the layers.
#include "pipeline/engine.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/report.h"

#define SENTENCES_A_WORKER 8             // fewer are one batch whose layers use all threads
#define SPANS_A_WORKER 2                 // at least, so that the last ones even out
#define LOGITS_BYTES ((size_t)16 << 20)  // of one step: beyond, the logits leave the cache before they are searched ...
#define FEWEST_ROWS 128                  // ... but fewer rows than this do not pay for reading the weights
#define CACHE_BYTES ((size_t)1 << 30)    // keys and values of one worker, reserved (touched only as far as used)

void ig_worker_state_free(ig_worker_state *s) {
  ig_inference_free(s->inference);
  ig_search_free(s->search);
  ig_ids_free(&s->source.ids);
  ig_ids_free(&s->target.ids);
  free(s->source.offsets);
  free(s->target.offsets);
  free(s->log_probs);
  free(s->text);
  *s = (ig_worker_state){0};
}

// Sentences of one batch, at most, so that its rows fit the caches and its keys and values the memory.
static size_t most_sentences(const ig_translator *t, bool scoring, int longest_target) {
  const ig_config *c = &t->model->config;
  const size_t beam = scoring ? 1 : (size_t)t->decode.beam_size, positions = (size_t)(scoring ? longest_target : t->decode.max_length);
  size_t rows = LOGITS_BYTES / sizeof(float) / (size_t)c->target_vocab_size;
  if (rows < FEWEST_ROWS) rows = FEWEST_ROWS;
  const size_t row_bytes = positions * 2 * sizeof(float) * (size_t)c->d_model * (size_t)c->decoder_layers;
  if (row_bytes && rows > CACHE_BYTES / row_bytes) rows = CACHE_BYTES / row_bytes;
  return rows > beam ? rows / beam : 1;
}

typedef struct engine_job {
  ig_translator *translator;
  const ig_cut *cut;
  bool scoring;
} engine_job;

static void run_span(engine_job *job, ig_worker_state *state, size_t index) {
  if (state->status != IG_OK) return;
  state->status = (job->scoring ? ig_engine_score : ig_engine_translate)(job->translator, state, job->cut, &job->cut->spans[index], &state->error);
  state->failed_span = index;
}

static void run_span_task(void *context, size_t index, int worker) {
  engine_job *job = context;
  run_span(job, &job->translator->states[worker], index);
}

static ig_status first_failure(ig_translator *t, ig_error *err) {
  const ig_worker_state *first = NULL;
  for (int i = 0; i <= t->worker_count; i++) {
    const ig_worker_state *s = &t->states[i];
    if (s->status != IG_OK && (!first || s->failed_span < first->failed_span)) first = s;
  }
  const ig_status status = first ? ig_fail(err, first->status, "%s", first->error.message) : IG_OK;
  for (int i = 0; i <= t->worker_count; i++) {
    t->stats.target_tokens += t->states[i].target_tokens;
    t->states[i].target_tokens = 0;
    t->states[i].status = IG_OK;
  }
  return status;
}

static void report_cuts(const ig_window *w, int longest, const ig_reporter *reporter) {
  for (size_t i = 0; i < w->count; i++)
    if (w->lines[i].cut)
      ig_report(reporter, IG_WARNING, "line %zu: %zu source tokens, but the model has positions for %d: the rest is left out", w->lines[i].number,
                w->lines[i].cut, longest);
}

static ig_status run_spans(ig_translator *t, engine_job *job, bool in_parallel, ig_error *err) {
  if (in_parallel) {
    ig_pool_run(t->worker_pool, job->cut->count, run_span_task, job);
    t->stats.workers = t->worker_count;
  } else {
    for (size_t i = 0; i < job->cut->count; i++) run_span(job, &t->states[t->worker_count], i);
    if (t->stats.workers == 0) t->stats.workers = 1;
  }
  return first_failure(t, err);
}

static size_t lines_with_ids(const ig_window *w, int *longest_target) {
  size_t count = 0;
  *longest_target = 1;
  for (size_t i = 0; i < w->count; i++) {
    if (w->lines[i].source.count) count++;
    if ((int)w->lines[i].target.count > *longest_target) *longest_target = (int)w->lines[i].target.count;
  }
  return count;
}

ig_status ig_engine_run(ig_translator *t, bool scoring, const ig_reporter *reporter, ig_error *err) {
  const ig_config *c = &t->model->config;
  const ig_encoding encoding = {t->tokenizer, t->ids_in, scoring, c->vocab_size, c->target_vocab_size, ig_decode_longest(c)};
  IG_TRY(ig_window_encode(&t->window, &encoding, t->pool, err));
  report_cuts(&t->window, encoding.longest, reporter);
  int longest_target;
  const size_t sentences = lines_with_ids(&t->window, &longest_target);
  const size_t enough = t->workers > 1 ? 2 : SENTENCES_A_WORKER * (size_t)t->worker_count;
  const bool in_parallel = t->worker_count > 1 && sentences >= (t->batch_tokens == 1 ? 2 : enough);
  const ig_cut_limits limits = {(size_t)t->batch_tokens, most_sentences(t, scoring, longest_target),
                                in_parallel ? SPANS_A_WORKER * (size_t)t->worker_count : 1};
  ig_cut cut;
  IG_TRY(ig_window_cut(&t->window, &limits, &cut, err));
  engine_job job = {t, &cut, scoring};
  const ig_status status = run_spans(t, &job, in_parallel, err);
  if (status == IG_OK) {
    t->stats.sentences += t->window.count;
    t->stats.source_tokens += cut.tokens;
  }
  ig_cut_free(&cut);
  return status;
}
