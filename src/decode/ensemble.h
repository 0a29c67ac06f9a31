// Several models that decide together: their decoders step the same hypotheses side by side, and
// what each says of the next token is combined into one row of scores, which is all that a search
// sees. An ensemble of one model gives that model's own numbers.
//
// The score of a token is a mean of the members' probabilities p with weights w that sum to 1
// (docs/decisions/ensembles.md): log sum w p (arithmetic), or sum w log p, which is not normalised
// again (geometric).
#ifndef IG_DECODE_ENSEMBLE_H
#define IG_DECODE_ENSEMBLE_H
#include "decode/scorer.h"
#include "decode/search.h"
#include "model/run/inference.h"

typedef struct ig_member {
  const ig_model *model;
  int start_id;  // the token that its decoder starts from
  float weight;  // above 0
} ig_member;
// All have one target vocabulary; sources, families and sizes are each member's own.
typedef struct ig_members {
  ig_member *list;  // (count)
  int count;
  ig_mean mean;
  const ig_member *draft;  // guesses for them (decode/draft.h); NULL: nobody does
  // What the draft guesses from where the search has no lists; NULL: all tokens.
  const struct ig_sentence_lists_source *draft_lists;
} ig_members;

// ---- decoding: as ig_inference (model/run/inference.h), a state of one thread or one pool ----

// ig_ensemble_inference_free; borrows members, their models and pool.
typedef struct ig_ensemble_inference ig_ensemble_inference;
// size: of every member.
ig_status ig_ensemble_inference_create(const ig_members *members, ig_pool *pool,
                                       const ig_inference_size *size, ig_ensemble_inference **out,
                                       ig_error *err);
void ig_ensemble_inference_free(ig_ensemble_inference *ensemble);
// Joins and steps leave out what is left of them when the watch (NULL: none) has seen a request;
// what they give is then of no use. It is borrowed until another one is set.
void ig_ensemble_watch(ig_ensemble_inference *ensemble, ig_interrupt_watch *watch);
// Each member encodes the same sentences, in its own ids, in the same seats: the members are joined
// one after the other.
void ig_ensemble_join(ig_ensemble_inference *ensemble, int member, const int *seats, const int *ids,
                      const ig_ragged *sentences);
void ig_ensemble_leave(ig_ensemble_inference *ensemble, int seat);
void ig_ensemble_leave_all(ig_ensemble_inference *ensemble);
// Source rows that every member can still take.
int ig_ensemble_capacity(const ig_ensemble_inference *ensemble);
ig_stepper ig_ensemble_stepper(ig_ensemble_inference *ensemble);
// Of an ensemble of one model.
ig_decoder_run *ig_ensemble_decoder(ig_ensemble_inference *ensemble);

// ---- scoring given targets: as ig_scorer ------------------------------------

// ig_ensemble_scorer_free; borrows members, their models and pool.
typedef struct ig_ensemble_scorer ig_ensemble_scorer;
ig_status ig_ensemble_scorer_create(const ig_members *members, ig_pool *pool,
                                    ig_ensemble_scorer **out, ig_error *err);
void ig_ensemble_scorer_free(ig_ensemble_scorer *scorer);
ig_status ig_ensemble_scorer_reserve(ig_ensemble_scorer *scorer, const ig_pass_bounds *most,
                                     ig_error *err);
// Members are run from 0 on, each with the batch's sources in its own ids; after the last one
// log_probs (rows of targets; NULL: nobody asks) hold the scores of all.
ig_status ig_ensemble_scorer_run(ig_ensemble_scorer *scorer, int member, const ig_score_args *args,
                                 float *log_probs, ig_error *err);
#endif
