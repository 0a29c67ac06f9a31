// Distributing sentences over workers, or one hand of them over the threads of the layers.
#include "pipeline/engine.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/report.h"

#define SENTENCES_A_WORKER 8  // fewer are one batch whose layers use all threads
#define BATCHES_A_WORKER 2    // when scoring, at least, so that the last ones even out
#define LOGITS_BYTES \
  ((size_t)4 << 20)  // of one step: beyond, the logits leave the cache before they are searched ...
#define FEWEST_ROWS 128  // ... but fewer rows than this do not pay for reading the weights
#define CACHE_BYTES \
  ((size_t)1 << 30)  // keys and values of one worker, reserved (touched only as far as used)

void ig_worker_state_free(ig_worker_state *s) {
  ig_ensemble_inference_free(s->inference);
  ig_search_free(s->search);
  ig_ensemble_scorer_free(s->scorer);
  ig_ids_free(&s->source.ids);
  ig_ids_free(&s->target.ids);
  free(s->source.offsets);
  free(s->target.offsets);
  free(s->lines);
  free(s->log_probs);
  free(s->text);
  *s = (ig_worker_state){0};
}

// Sentences in one hand of translating, at most, so that its rows fit the caches and its keys and
// values the memory.
static size_t most_sentences(const ig_translator *t) {
  const size_t beam = (size_t)t->decode.beam_size,
               positions = (size_t)t->decode.sentence.max_length,
               members = (size_t)t->members.count;
  size_t rows = LOGITS_BYTES / sizeof(float) / (size_t)t->decode.vocab_size / members,
         row_bytes = 0;
  if (rows < FEWEST_ROWS) rows = FEWEST_ROWS;
  for (size_t m = 0; m < members; m++) {
    const ig_config *c = &t->members.list[m].model->config;
    row_bytes += positions * 2 * sizeof(float) * (size_t)c->d_model * (size_t)c->decoder_layers;
  }
  if (row_bytes && rows > CACHE_BYTES / row_bytes) rows = CACHE_BYTES / row_bytes;
  return rows > beam ? rows / beam : 1;
}

typedef struct engine_job {
  ig_translator *translator;
  ig_queue *queue;
  const ig_engine_limits *limits;
  bool scoring;
} engine_job;

static void run_worker(engine_job *job, ig_worker_state *state) {
  state->status = (job->scoring ? ig_engine_score : ig_engine_translate)(
      job->translator, state, job->queue, job->limits, &state->error);
  if (state->status != IG_OK) ig_queue_stop(job->queue);
}

static void run_worker_task(void *context, size_t index, int worker) {
  (void)worker;
  engine_job *job = context;
  run_worker(job, &job->translator->states[index]);
}

static ig_status first_failure(ig_translator *t, ig_error *err) {
  ig_status status = IG_OK;
  for (int i = 0; i <= t->worker_count; i++) {
    ig_worker_state *s = &t->states[i];
    if (s->status != IG_OK && status == IG_OK)
      status = ig_fail(err, s->status, "%s", s->error.message);
    t->stats.target_tokens += s->target_tokens;
    s->target_tokens = 0;
    s->status = IG_OK;
  }
  return status;
}

static void report_cuts(ig_translator *t, const ig_reporter *reporter) {
  for (size_t i = 0; i < t->window.count; i++) {
    const ig_line *line = &t->window.lines[i];
    if (line->cut && t->stats.cut++ - t->cut_before < IG_CUTS_TOLD)
      ig_report(
          reporter, IG_LEVEL_WARNING,
          "line %zu: %zu source tokens, but the model has positions for %zu: the rest is left out",
          line->number, line->cut, line->kept);
  }
}

static ig_status run_workers(ig_translator *t, engine_job *job, bool in_parallel, ig_error *err) {
  if (in_parallel) {
    ig_pool_run(t->worker_pool, (size_t)t->worker_count, run_worker_task, job);
    t->stats.workers = t->worker_count;
  } else {
    run_worker(job, &t->states[t->worker_count]);
    if (t->stats.workers == 0) t->stats.workers = 1;
  }
  return first_failure(t, err);
}

// As many as caches and memory hold, or fewer: where that takes several rounds, all are of one
// size, so that no worker waits for another's last one.
static size_t sentences_in_hand(const ig_translator *t, size_t count, size_t workers) {
  const size_t together = workers * most_sentences(t), rounds = (count + together - 1) / together;
  return rounds ? (count + workers * rounds - 1) / (workers * rounds) : 0;
}

// A worker's hand: no more than its share of the work, and no more than caches and memory hold.
static ig_engine_limits limits_of(const ig_translator *t, const ig_queue *queue, bool scoring,
                                  bool in_parallel) {
  const size_t workers = in_parallel ? (size_t)t->worker_count : 1,
               hands = scoring && in_parallel ? workers * BATCHES_A_WORKER : workers;
  const size_t share = (queue->tokens + hands - 1) / hands;
  ig_engine_limits limits = {
      .sentences = scoring ? queue->count : sentences_in_hand(t, queue->count, workers),
      .tokens = share < (size_t)t->batch_tokens ? share : (size_t)t->batch_tokens};
  if (limits.sentences > limits.tokens) limits.sentences = limits.tokens;  // none is empty
  if (limits.sentences > queue->count) limits.sentences = queue->count;
  return limits;
}

ig_status ig_engine_run(ig_translator *t, bool scoring, const ig_reporter *reporter,
                        ig_error *err) {
  const ig_encoding encoding = {t->sources, t->ids_in, scoring, t->decode.vocab_size,
                                ig_members_longest(t)};
  IG_TRY(ig_window_encode(&t->window, &encoding, t->pool, err));
  report_cuts(t, reporter);
  ig_queue queue;
  IG_TRY(ig_queue_fill(&queue, &t->window, err));
  const size_t enough = t->workers > 1 ? 2 : SENTENCES_A_WORKER * (size_t)t->worker_count;
  const bool in_parallel =
      t->worker_count > 1 && queue.count >= (t->batch_tokens == 1 ? 2 : enough);
  const ig_engine_limits limits = limits_of(t, &queue, scoring, in_parallel);
  engine_job job = {t, &queue, &limits, scoring};
  const ig_status status = queue.count ? run_workers(t, &job, in_parallel, err) : IG_OK;
  if (status == IG_OK) {
    t->stats.sentences += t->window.count;
    t->stats.source_tokens += queue.tokens;
  }
  ig_queue_free(&queue);
  return status;
}
