// Saves of a running training: see saving.h.
#include "train/saving.h"

#include "base/clock.h"
#include "base/fail.h"
#include "train/checkpoint.h"
#include "train/metrics.h"

bool ig_saving_is_held_back(const ig_training_loop *l) {
  return l->unsaved && l->run->state.divergence.above > 0;
}

ig_status ig_saving_write_latest(ig_training_loop *l, ig_error *err) {
  ig_run *run = l->run;
  if (!l->unsaved) return IG_OK;
  ig_status status =
      run->follows ? IG_OK : ig_metrics_sync(run->metrics, &run->state.metrics_bytes, err);
  if (status == IG_OK) status = ig_checkpoint_save(run, run->latest, true, err);
  if (status != IG_OK)
    return ig_fail_in(err, status, "update %d is not saved, latest/ holds update %d",
                      run->state.update, l->saved);
  l->saved = run->state.update;
  l->saved_at = ig_clock_seconds();
  l->unsaved = false;
  l->best_unsaved = false;
  return IG_OK;
}

// Whether save_minutes will be over in `seconds`.
static bool is_due_in(const ig_training_loop *l, double seconds) {
  const double minutes = l->run->config.save_minutes;
  return minutes > 0 && ig_clock_seconds() + seconds - l->saved_at >= 60 * minutes;
}

ig_status ig_saving_after_update(ig_training_loop *l, ig_error *err) {
  const ig_train_config *c = &l->run->config;
  const ig_run_state *s = &l->run->state;
  l->save_due |= c->save_every && s->update % c->save_every == 0;
  if (s->divergence.above > 0) return IG_OK;
  if (!l->save_due)
    return l->best_unsaved || is_due_in(l, 0) ? ig_saving_write_latest(l, err) : IG_OK;
  l->save_due = false;
  // The kept copy comes first: a run that is killed between the two writes it again.
  if (c->keep) IG_TRY(ig_checkpoint_keep(l->run, err));
  return ig_saving_write_latest(l, err);
}

ig_status ig_saving_before_validation(ig_training_loop *l, ig_error *err) {
  ig_run_state *s = &l->run->state;
  if (s->divergence.above > 0 || !is_due_in(l, l->validation_seconds)) return IG_OK;
  s->validation_due = true;
  return ig_saving_write_latest(l, err);
}
