// When has a run gone astray whose loss is still a number? Pure functions; the loop asks after each
// update.
#ifndef IG_TRAIN_DIVERGENCE_H
#define IG_TRAIN_DIVERGENCE_H
#include "ingot/core.h"

typedef struct ig_divergence_rule {
  double factor;   // 0: off
  int updates;     // in a row
  int vocab_size;  // of the target: ln V is the loss of a model that knows nothing and says so
} ig_divergence_rule;

// What a checkpoint keeps of it.
typedef struct ig_divergence {
  double first_loss;  // of the run's first update; 0: none yet
  int above;          // updates in a row whose loss was above the limit
} ig_divergence;

// factor times the larger of ln V and the run's first loss: some initialisations start far above ln
// V, and are fine.
double ig_divergence_limit(const ig_divergence_rule *rule, const ig_divergence *state);
// Takes note of an update's mean loss; true where the run has diverged.
bool ig_divergence_note(const ig_divergence_rule *rule, ig_divergence *state, double loss);
#endif
