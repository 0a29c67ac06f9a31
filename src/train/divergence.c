// Losses that are too high for several updates in a row.
#include "train/divergence.h"

#include <math.h>

double ig_divergence_limit(const ig_divergence_rule *rule, const ig_divergence *state) {
  return rule->factor * fmax(log((double)rule->vocab_size), state->first_loss);
}

bool ig_divergence_note(const ig_divergence_rule *rule, ig_divergence *state, double loss) {
  if (state->first_loss <= 0) state->first_loss = loss;
  if (rule->factor <= 0) {
    state->above = 0;
    return false;
  }
  state->above = loss > ig_divergence_limit(rule, state) ? state->above + 1 : 0;
  return state->above >= rule->updates;
}

ig_loss_verdict ig_divergence_judge(const ig_divergence_rule *rule, const ig_divergence *state,
                                    double loss) {
  if (!isfinite(loss)) return IG_LOSS_VERDICT_DIVERGED;
  if (rule->factor > 0 && loss > ig_divergence_limit(rule, state)) return IG_LOSS_VERDICT_DIVERGED;
  return loss > log((double)rule->vocab_size) ? IG_LOSS_VERDICT_NOISE : IG_LOSS_VERDICT_SOUND;
}
