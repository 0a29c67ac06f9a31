// The engine: models that decide together, and the threads and memory that run them. Ids in,
// hypotheses (or log-probabilities) out: it knows nothing of text, lines and streams. Its users are
// translators (translator.h), each of which is one stream; many may share one engine. Another kind
// of work on the same models is another function of worker.c beside decoding and scoring.
//
// Threads: any number of threads may submit jobs to one engine at the same time. ig_engine_run
// returns when the caller's job is done. Jobs take turns (turns.h): a job that finds the engine
// idle, and a large one, uses all that the engine has; small ones that come together run side by
// side, each on the thread that submitted it. The results do not depend on the company: they are
// the same bits as alone. A job keeps its workers until it is done, so whoever serves many callers
// submits small jobs.
#ifndef IG_PIPELINE_ENGINE_H
#define IG_PIPELINE_ENGINE_H
#include "decode/draft.h"
#include "decode/search.h"
#include "decode/sentence_lists.h"
#include "pipeline/members.h"
#include "pipeline/queue.h"

// The public part is in ingot.h: ig_engine_open, ig_engine_free.

// An engine over one model in memory, also one that is being trained: its weights are read as they
// are during a job. Model, tokenizer (NULL: none) and pool (NULL: one thread) stay the caller's,
// and while the pool is in use elsewhere no job may run.
ig_status ig_engine_borrow(const ig_model *model, const ig_tokenizer *tokenizer, ig_pool *pool,
                           ig_engine **out, ig_error *err);

const ig_engine_members *ig_engine_members_of(const ig_engine *engine);
// What the first member's own files say of decoding; its lists live as long as the engine.
// Of models without a decoder: all zero.
const ig_decode_options *ig_engine_defaults(const ig_engine *engine);
int ig_engine_threads(const ig_engine *engine);  // that work at the same time, at most

// IG_ERROR_UNSUPPORTED in a child of fork(). The functions below are not to be called then.
ig_status ig_engine_check_usable(const ig_engine *engine, ig_error *err);
// The engine's threads for a loop of the caller's own, such as tokenizing: *pool (NULL: the
// caller's thread alone) is the caller's until ig_engine_return_pool. False if others work or wait:
// then *pool is NULL, and nothing is to be returned.
bool ig_engine_lend_pool(ig_engine *engine, ig_pool **pool);
void ig_engine_return_pool(ig_engine *engine);

// What a worker found of a sentence that it scored.
typedef struct ig_engine_scores {
  const float
      *log_probs;        // (target ids): of each token, given those before it; NULL: not asked for
  const float *weights;  // (target ids, source ids of the first member): what each of them attends
                         // to; NULL: not asked for
} ig_engine_scores;

// The cross-attention of the first member that is asked for.
typedef struct ig_engine_attention {
  int layer;  // from 0
  int head;   // from 0; -1: the mean over all heads
} ig_engine_attention;

// What the members' heads gave of a sentence, the mean of them by their weights; valid during the
// call.
typedef struct ig_engine_encoding {
  const float *hidden;   // (ids, d_model): the first member's encoded rows
  const float *outputs;  // (rows, columns); NULL: the models have no head, or nobody wants them
  int rows;              // ids, or 1 of a head of sequences
  int columns;
} ig_engine_encoding;

// Sentences to be decoded, scored or encoded: one of three functions is given and says which. It is
// called once for each sentence that has ids, in any order, on the threads of the workers and by
// several of them at the same time; what it gets is valid until it returns. An error that it
// returns ends the job. It must not submit to the engine.
typedef struct ig_engine_job {
  const ig_queue_sentence *sentences;  // (count)
  size_t count;
  const ig_decode_options *options;  // for decoding; checked (ig_decode_options_check)
  // Source ids, and target ids in scoring, that a worker has at the same time, at most; a longer
  // sentence is alone. Only speed depends on it.
  int batch_tokens;
  // That the engine's draft guesses for a sentence in a step, at most; 0: it is not asked. Only
  // speed depends on it.
  int draft_tokens;
  // What each sentence may choose from, of an engine of one model; NULL: all tokens.
  const ig_sentence_lists_source *lists;
  // found (n_best), best first.
  ig_status (*decoded)(void *context, size_t sentence, const ig_hypothesis *found, ig_error *err);
  // Of decoding with a beam_size of 1: the tokens of a sentence so far, each time that one has
  // come; NULL: nobody asks.
  ig_status (*token)(void *context, size_t sentence, const int *generated, int count,
                     ig_error *err);
  ig_status (*scored)(void *context, size_t sentence, const ig_engine_scores *scores,
                      ig_error *err);
  ig_status (*encoded)(void *context, size_t sentence, const ig_engine_encoding *encoding,
                       ig_error *err);
  bool without_outputs;  // of encoding: `hidden` is all that is wanted
  void *context;
  const ig_interrupter *interrupter;  // ends the job with IG_INTERRUPTED; NULL: nothing does
  // Of scoring.
  const ig_engine_attention *attention;  // NULL: nobody asks
  bool without_log_probs;
  const int *start_id;  // that decoders start with; NULL: each member's own
} ig_engine_job;

typedef struct ig_engine_counts {
  size_t source_tokens, target_tokens;
  ig_draft_counts draft;  // of the sentences for which it was asked
  ig_sentence_lists_counts lists;
  int workers;  // that worked on the job
} ig_engine_counts;

// counts are also filled, as far as the job went, when it fails.
ig_status ig_engine_run(ig_engine *engine, const ig_engine_job *job, ig_engine_counts *counts,
                        ig_error *err);
#endif
