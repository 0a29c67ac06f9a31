// How far a learned fusion is: what it needs to go on after an interruption, to the same bits, and
// in the end what it has found.
#ifndef IG_FUSE_SEARCH_LEARNING_STATE_H
#define IG_FUSE_SEARCH_LEARNING_STATE_H
#include <jansson.h>
#include "fuse/search/coefficients.h"

typedef struct ig_learning_state {
  ig_coefficients coefficients;  // of the last step
  double *best;                  // (models * groups): the values with the least held-out loss
  double best_loss;
  int best_step;  // -1: nothing is validated yet
  int step;       // steps done
  int worse;      // validations since the best one
  bool finished;
  double recent_loss;  // the sum of those of the steps since the last row of `history`
  int recent_steps;
  // An array of {step, held_out, train}: the held-out loss before the step, and the mean loss of
  // the steps since the row before; of the two what there is.
  json_t *history;
  json_t *models;  // {NAME: held-out loss}: of the base and of each model by itself
} ig_learning_state;

ig_status ig_learning_state_make(size_t models, size_t each, double start, ig_learning_state *out,
                                 ig_error *err);
void ig_learning_state_free(ig_learning_state *state);

// identity: what must be the same for a run to go on; the file has it.
ig_status ig_learning_state_save(const ig_learning_state *state, const char *identity,
                                 const char *path, ig_error *err);
// Takes over what the file has, if it is of this identity and size; *found tells so. A file of
// another fusion, or none, leaves the state as it is.
ig_status ig_learning_state_load(ig_learning_state *state, const char *identity, const char *path,
                                 bool *found, ig_error *err);
#endif
