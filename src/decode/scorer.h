// Log-probabilities of given targets: all positions of all targets in one pass, since each token's
// past is known (teacher forcing).
#ifndef IG_DECODE_SCORER_H
#define IG_DECODE_SCORER_H
#include "model/run/pass.h"

// ig_scorer_free; borrows model and pool; used by one thread (or one pool) at a time.
typedef struct ig_scorer ig_scorer;
// pool NULL: serial.
ig_status ig_scorer_create(const ig_model *model, ig_pool *pool, int start_id, ig_scorer **out,
                           ig_error *err);
void ig_scorer_free(ig_scorer *scorer);
// Batches up to `most` allocate nothing.
ig_status ig_scorer_reserve(ig_scorer *scorer, const ig_pass_bounds *most, ig_error *err);

typedef struct ig_score_args {
  ig_ragged source, target;            // of the same sentences
  const int *source_ids, *target_ids;  // (rows of each), end tokens included
  // IG_INTERRUPTED as soon as it has seen a request. NULL: never.
  ig_interrupt_watch *watch;
  const int *start_id;          // instead of the scorer's; NULL: that
  const ig_attended *attended;  // filled with what the targets attend to; NULL: nobody asks
} ig_score_args;
// log_probs (rows of targets): log p(target_ids[i] | source, start and the ids before it). One
// that is not a number is an error. NULL: nobody asks for them.
ig_status ig_scorer_run(ig_scorer *scorer, const ig_score_args *args, float *log_probs,
                        ig_error *err);
#endif
