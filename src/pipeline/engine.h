// The engine: workers over one shared model, or several that decide together, that turn the
// sentences of a window into output lines. Internal to pipeline/.
#ifndef IG_PIPELINE_ENGINE_H
#define IG_PIPELINE_ENGINE_H
#include "decode/ensemble.h"
#include "decode/decode_options.h"
#include "pipeline/window.h"

#define IG_CUTS_TOLD 10

// Ids of several sentences back to back: sentence i owns ids offsets[i] .. offsets[i+1]-1.
typedef struct ig_ragged_ids {
  ig_ids ids;
  int *offsets;  // (sentences + 1)
  size_t capacity;
} ig_ragged_ids;

// What one thread (or one pool) needs to run batches; grown to the largest seen.
typedef struct ig_worker_state {
  ig_ensemble_inference *inference;
  ig_search *search;
  ig_inference_size size;
  ig_ensemble_scorer *scorer;
  ig_ragged_ids source, target;
  size_t *lines;  // (places): the line of each sentence being decoded
  size_t line_capacity;
  float *log_probs;  // (target rows), when scoring
  size_t log_prob_capacity;
  char *text;  // the output being built
  size_t text_length, text_capacity;
  size_t target_tokens;
  ig_status status;
  ig_error error;
} ig_worker_state;

// What a translator loaded itself; NULL where it is borrowed.
typedef struct ig_owned_member {
  ig_model *model;
  ig_tokenizer *tokenizer;
} ig_owned_member;

struct ig_translator {
  ig_members members;           // their list owned
  ig_source_encoding *sources;  // (members)
  ig_owned_member *owned;       // (members)
  const ig_kernels *kernels;
  ig_decode_options decode;
  int threads, workers, batch_tokens;  // workers: 0 = chosen by the work
  bool ids_in, ids_out;
  ig_pool *pool;         // of `threads`
  ig_pool *worker_pool;  // of as many threads as there are workers; may be pool
  bool owns_pools;
  int worker_count;
  ig_worker_state *states;  // (worker_count + 1): the last one runs over `pool`
  ig_window window;
  ig_translate_stats stats;
  size_t cut_before;  // stats.cut when this stream began: its first IG_CUTS_TOLD such lines get
                      // warnings of their own
};

// What one worker has in hand, at most. Nothing but speed depends on it.
typedef struct ig_engine_limits {
  size_t sentences;
  size_t tokens;  // source ids, and target ids when scoring, but for a sentence longer than that,
                  // which is alone
} ig_engine_limits;

// The members' models and tokenizers: loaded and checked to be one ensemble, or borrowed (tokenizer
// NULL: ids in and out).
ig_status ig_members_load(ig_translator *translator, const ig_ensemble *ensemble, bool tokenizers,
                          ig_error *err);
ig_status ig_members_borrow(ig_translator *translator, const ig_translator *owner, bool tokenizers,
                            ig_error *err);
ig_status ig_members_borrow_model(ig_translator *translator, const ig_model *model,
                                  const ig_tokenizer *tokenizer, ig_error *err);
int ig_members_longest(
    const ig_translator *translator);  // tokens that every member has positions for
void ig_members_free(ig_translator *translator);
// Encodes, decodes (or scores) and fills each line's output; lines and tokens are counted.
ig_status ig_engine_run(ig_translator *translator, bool scoring, const ig_reporter *reporter,
                        ig_error *err);
void ig_worker_state_free(ig_worker_state *state);
// One worker's share of the queue, until it is empty; the outputs go to the window's lines.
ig_status ig_engine_translate(ig_translator *translator, ig_worker_state *state, ig_queue *queue,
                              const ig_engine_limits *limits, ig_error *err);
ig_status ig_engine_score(ig_translator *translator, ig_worker_state *state, ig_queue *queue,
                          const ig_engine_limits *limits, ig_error *err);
#endif
