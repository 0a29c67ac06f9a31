// The engine: opening it, and distributing the sentences of a job over workers, or one worker's
// sentences over the threads of the layers.
#include "pipeline/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "pipeline/draft_member.h"
#include "pipeline/turns.h"
#include "pipeline/worker.h"

#define MOST_THREADS 1024

struct ig_engine {
  ig_engine_members members;
  ig_decode_options defaults;  // the first member's own
  const ig_kernels *kernels;
  ig_pool *pool;         // for the threads inside the layers
  ig_pool *worker_pool;  // a thread for each worker; may be pool
  bool owns_pools;
  bool workers_given;  // more than one, by the caller: then few sentences are enough for all
  int worker_count;
  ig_worker **workers;  // (worker_count + 1): the last one runs over `pool`, the others serially
  ig_turns *turns;
};

// ---- opening ----------------------------------------------------------------

ig_engine_options ig_engine_options_default(void) { return (ig_engine_options){0}; }

static ig_status check_options(const ig_engine_options *o, ig_error *err) {
  if (o->threads < 0 || o->threads > MOST_THREADS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "threads: expected 0 to %d, found %d", MOST_THREADS,
                   o->threads);
  if (o->workers < 0 || o->workers > MOST_THREADS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "workers: expected 0 to %d, found %d", MOST_THREADS,
                   o->workers);
  return IG_OK;
}

static ig_status load_defaults(ig_engine *e, ig_error *err) {
  IG_TRY(ig_kernels_select(&e->kernels, err));
  if (!ig_config_decodes(&e->members.models.list[0].model->config)) return IG_OK;
  IG_TRY(ig_decode_options_load(e->members.models.list[0].model, &e->defaults, err));
  e->members.models.list[0].start_id = e->defaults.start_id;
  return IG_OK;
}

// The members and the pools are set.
static ig_status create_workers(ig_engine *e, ig_error *err) {
  const int count = ig_pool_threads(e->worker_pool);
  IG_TRY(ig_turns_create(count, &e->turns, err));
  e->workers = ig_allocate((size_t)count + 1, sizeof *e->workers, err);
  if (!e->workers) return IG_ERROR_MEMORY;
  e->worker_count = count;
  for (int i = 0; i <= count; i++)
    IG_TRY(ig_worker_create(&e->members.models, e->kernels, i == count ? e->pool : NULL,
                            &e->workers[i], err));
  return IG_OK;
}

static ig_status open_parts(ig_engine *e, const ig_ensemble *ensemble, const ig_engine_options *o,
                            ig_error *err) {
  e->owns_pools = true;
  e->workers_given = o->workers > 1;
  ig_members_loading how = {.tokenizers = !o->ids_only};
  IG_TRY(ig_weight_type_of(o->type, &how.type, err));
  IG_TRY(ig_pool_create(o->threads, &e->pool, err));
  how.pool = e->pool;
  IG_TRY(ig_members_load(&e->members, ensemble, &how, err));
  if (o->draft) IG_TRY(ig_draft_member_load(&e->members, ensemble, o->draft, &how, err));
  if (o->workers == 0 || o->workers == ig_pool_threads(e->pool))
    e->worker_pool = e->pool;
  else
    IG_TRY(ig_pool_create(o->workers, &e->worker_pool, err));
  const ig_status status = load_defaults(e, err);
  if (status == IG_ERROR_FORMAT)
    return ig_fail_in(err, status, "%s", ensemble->members[0].directory);
  IG_TRY(status);
  return create_workers(e, err);
}

ig_status ig_engine_open(const ig_ensemble *ensemble, const ig_engine_options *options,
                         ig_engine **out, ig_error *err) {
  const ig_engine_options defaults = ig_engine_options_default();
  if (!options) options = &defaults;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(ensemble, "ensemble", err));
  IG_TRY(check_options(options, err));
  ig_engine *e = ig_allocate(1, sizeof *e, err);
  if (!e) return IG_ERROR_MEMORY;
  const ig_status status = open_parts(e, ensemble, options, err);
  if (status == IG_OK)
    *out = e;
  else
    ig_engine_free(e);
  return status;
}

ig_status ig_engine_borrow(const ig_model *model, const ig_tokenizer *tokenizer, ig_pool *pool,
                           ig_engine **out, ig_error *err) {
  *out = NULL;
  ig_engine *e = ig_allocate(1, sizeof *e, err);
  if (!e) return IG_ERROR_MEMORY;
  e->pool = pool;
  e->worker_pool = pool;
  ig_status status = ig_members_borrow(&e->members, model, tokenizer, err);
  if (status == IG_OK) status = load_defaults(e, err);
  if (status == IG_OK) status = create_workers(e, err);
  if (status == IG_OK)
    *out = e;
  else
    ig_engine_free(e);
  return status;
}

void ig_engine_free(ig_engine *e) {
  if (!e) return;
  for (int i = 0; e->workers && i <= e->worker_count; i++) ig_worker_free(e->workers[i]);
  free(e->workers);
  ig_turns_free(e->turns);
  ig_decode_options_free(&e->defaults);
  if (e->owns_pools) {
    if (e->worker_pool != e->pool) ig_pool_free(e->worker_pool);
    ig_pool_free(e->pool);
  }
  ig_members_free(&e->members);
  free(e);
}

const ig_engine_members *ig_engine_members_of(const ig_engine *engine) { return &engine->members; }

const ig_decode_options *ig_engine_defaults(const ig_engine *engine) { return &engine->defaults; }

int ig_engine_threads(const ig_engine *e) {
  const int threads = ig_pool_threads(e->pool);
  return threads > e->worker_count ? threads : e->worker_count;
}

ig_status ig_engine_check_usable(const ig_engine *e, ig_error *err) {
  if (!ig_turns_are_lost(e->turns)) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "the engine was opened before this process was forked: its threads are the "
                 "parent's; open one in the child");
}

bool ig_engine_lend_pool(ig_engine *e, ig_pool **pool) {
  const bool lent = ig_turns_try_everything(e->turns);
  *pool = lent ? e->pool : NULL;
  return lent;
}

void ig_engine_return_pool(ig_engine *e) { ig_turns_end(e->turns, IG_TURNS_EVERYTHING); }

// ---- how many sentences a worker has at the same time -----------------------

// Fewer sentences than this for each worker are one batch whose layers use all threads.
#define SENTENCES_A_WORKER 8
// When scoring or encoding, each worker has at least so many batches, so that the last ones even
// out.
#define BATCHES_A_WORKER 2
// Logits of one step: with more, they leave the cache before they are searched ...
#define LOGITS_BYTES ((size_t)4 << 20)
// ... but fewer rows than this do not pay for reading the weights.
#define FEWEST_ROWS 128
// Keys and values of one worker: reserved, and touched only as far as they are used.
#define CACHE_BYTES ((size_t)1 << 30)

// Sentences that one worker decodes together, at most, so that its rows fit the caches and its keys
// and values the memory.
static size_t most_sentences(const ig_members *members, const ig_decode_options *options) {
  const size_t beam = (size_t)options->beam_size, vocabulary = (size_t)options->vocab_size;
  const size_t positions = (size_t)options->sentence.max_length;
  size_t rows = LOGITS_BYTES / sizeof(float) / vocabulary / (size_t)members->count, row_bytes = 0;
  if (rows < FEWEST_ROWS) rows = FEWEST_ROWS;
  for (int m = 0; m < members->count; m++) {
    const ig_config *c = &members->list[m].model->config;
    row_bytes += positions * 2 * sizeof(float) * (size_t)c->d_model * (size_t)c->decoder.layers;
  }
  if (row_bytes && rows > CACHE_BYTES / row_bytes) rows = CACHE_BYTES / row_bytes;
  return rows > beam ? rows / beam : 1;
}

// As many sentences as caches and memory hold (`most`), or fewer: if that takes several rounds, all
// rounds are of one size, so that no worker waits for another's last one.
static size_t sentences_together(size_t most, size_t count, size_t workers) {
  const size_t together = workers * most, rounds = (count + together - 1) / together;
  return rounds ? (count + workers * rounds - 1) / (workers * rounds) : 0;
}

// A worker has no more than its share of the work, and no more than caches and memory hold.
static ig_worker_limits limits_of(const ig_engine *e, const ig_engine_job *job,
                                  const ig_queue *queue, size_t workers) {
  const size_t batch_tokens = (size_t)job->batch_tokens;
  size_t batches = workers;
  if (!job->decoded && workers > 1) batches *= BATCHES_A_WORKER;
  const size_t share = (queue->tokens + batches - 1) / batches;
  ig_worker_limits limits = {.sentences = queue->count,
                             .tokens = share < batch_tokens ? share : batch_tokens};
  if (job->decoded) {
    const size_t most = most_sentences(&e->members.models, job->options);
    limits.sentences = sentences_together(most, queue->count, workers);
  }
  if (limits.sentences > limits.tokens) limits.sentences = limits.tokens;  // none is empty
  if (limits.sentences > queue->count) limits.sentences = queue->count;
  return limits;
}

// ---- running ----------------------------------------------------------------

// Is the job worth all workers, each on a thread of its own?
static bool is_for_all_workers(const ig_engine *e, const ig_engine_job *job,
                               const ig_queue *queue) {
  size_t enough = SENTENCES_A_WORKER * (size_t)e->worker_count;
  if (e->workers_given || job->batch_tokens == 1) enough = 2;
  return e->worker_count > 1 && queue->count >= enough;
}

typedef struct running_job {
  const ig_engine *engine;
  ig_worker_share share;
  atomic_size_t target_tokens, drafted, accepted, steps, listed_sentences, listed_tokens;
} running_job;

static void add_counts(running_job *r, const ig_worker_counts *counts) {
  atomic_fetch_add(&r->target_tokens, counts->target_tokens);
  atomic_fetch_add(&r->drafted, counts->draft.drafted);
  atomic_fetch_add(&r->accepted, counts->draft.accepted);
  atomic_fetch_add(&r->steps, counts->draft.steps);
  atomic_fetch_add(&r->listed_sentences, counts->lists.sentences);
  atomic_fetch_add(&r->listed_tokens, counts->lists.tokens);
}

static ig_status run_worker(void *context, size_t worker, int thread, ig_error *err) {
  (void)thread;
  running_job *r = context;
  ig_worker_counts counts;
  const ig_status status = ig_worker_run(r->engine->workers[worker], &r->share, &counts, err);
  add_counts(r, &counts);
  if (status != IG_OK) ig_queue_stop(r->share.queue);
  return status;
}

static ig_status run_queue(ig_engine *e, const ig_engine_job *job, ig_queue *queue,
                           ig_engine_counts *counts, ig_error *err) {
  const bool all_workers = is_for_all_workers(e, job, queue);
  const size_t workers = all_workers ? (size_t)e->worker_count : 1;
  running_job r = {.engine = e, .share = {job, queue, limits_of(e, job, queue, workers)}};
  const int given = ig_turns_begin(e->turns, all_workers);
  ig_status status;
  if (all_workers)
    status = ig_pool_try(e->worker_pool, workers, run_worker, &r, err);
  else if (given == IG_TURNS_EVERYTHING)
    status = run_worker(&r, (size_t)e->worker_count, 0, err);
  else
    status = run_worker(&r, (size_t)given, 0, err);
  ig_turns_end(e->turns, given);
  counts->workers = (int)workers;
  counts->target_tokens = atomic_load(&r.target_tokens);
  counts->draft =
      (ig_draft_counts){atomic_load(&r.drafted), atomic_load(&r.accepted), atomic_load(&r.steps)};
  counts->lists =
      (ig_sentence_lists_counts){atomic_load(&r.listed_sentences), atomic_load(&r.listed_tokens)};
  return status;
}

ig_status ig_engine_run(ig_engine *e, const ig_engine_job *job, ig_engine_counts *counts,
                        ig_error *err) {
  ig_queue queue;
  *counts = (ig_engine_counts){0};
  IG_TRY(ig_queue_fill(&queue, job->sentences, job->count, err));
  counts->source_tokens = queue.tokens;
  const ig_status status = queue.count > 0 ? run_queue(e, job, &queue, counts, err) : IG_OK;
  ig_queue_free(&queue);
  return status;
}
