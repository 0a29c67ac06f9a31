// When a run has diverged whose loss is still a number. Pure functions; the training loop asks
// after each update.
#ifndef IG_TRAIN_DIVERGENCE_H
#define IG_TRAIN_DIVERGENCE_H
#include "ingot/core.h"

typedef struct ig_divergence_rule {
  double factor;   // 0: off
  int updates;     // in a row
  int vocab_size;  // of the target; ln V is the loss of a uniform distribution over it
} ig_divergence_rule;

// What a checkpoint keeps of it.
typedef struct ig_divergence {
  double first_loss;  // of the run's first update; 0: none yet
  int above;          // updates in a row whose loss was above the limit
} ig_divergence;

// The loss above which an update counts as too high: `factor` times the larger of ln V and the
// run's first loss, since some good initialisations start far above ln V.
double ig_divergence_limit(const ig_divergence_rule *rule, const ig_divergence *state);
// Takes note of an update's mean loss, and tells whether the run has diverged.
bool ig_divergence_note(const ig_divergence_rule *rule, ig_divergence *state, double loss);

// What a loss of validation says of the scores beside it.
typedef enum ig_loss_verdict {
  IG_LOSS_VERDICT_SOUND,
  IG_LOSS_VERDICT_NOISE,     // above ln V: less than a uniform guess knows; scores are chance
  IG_LOSS_VERDICT_DIVERGED,  // not finite, or above the limit
} ig_loss_verdict;
ig_loss_verdict ig_divergence_judge(const ig_divergence_rule *rule, const ig_divergence *state,
                                    double loss);
#endif
