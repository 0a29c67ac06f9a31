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

// What a worker did.
typedef struct ig_worker_counts {
  size_t target_tokens;  // found or scored
  ig_draft_counts draft;
  ig_sentence_lists_counts lists;
} ig_worker_counts;

// Takes sentences from the queue until it is empty. counts are also filled when it fails.
ig_status ig_worker_run(ig_worker *worker, const ig_worker_share *share, ig_worker_counts *counts,
                        ig_error *err);
#endif
