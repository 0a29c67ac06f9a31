// A worker of an engine: the memory in which one thread, or one pool, decodes or scores sentences.
#ifndef IG_PIPELINE_WORKER_H
#define IG_PIPELINE_WORKER_H
#include "pipeline/engine.h"

// ig_worker_free; borrows members, their models and pool. Its memory grows to what the largest job
// needed.
typedef struct ig_worker ig_worker;
// pool: for the threads inside the layers; NULL: the thread that runs the worker is alone.
ig_status ig_worker_create(const ig_members *members, const ig_kernels *kernels, ig_pool *pool,
                           ig_worker **out, ig_error *err);
void ig_worker_free(ig_worker *worker);

// What one worker has at the same time, at most. Nothing but speed depends on it.
typedef struct ig_worker_limits {
  size_t sentences;
  size_t tokens;  // source ids, and target ids when scoring; a longer sentence is alone
} ig_worker_limits;

// What the workers of a job share.
typedef struct ig_worker_share {
  const ig_engine_job *job;
  ig_queue *queue;  // of the job's sentences
  ig_worker_limits limits;
} ig_worker_share;

// Takes sentences from the queue until it is empty. *target_tokens: those that this worker found or
// scored, also when it fails.
ig_status ig_worker_run(ig_worker *worker, const ig_worker_share *share, size_t *target_tokens,
                        ig_error *err);
#endif
