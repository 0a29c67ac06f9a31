// Which checkpoint there is, and whether it belongs to this run.
#include "train/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "base/report.h"
#include "nn/nn.h"
#include "train/checkpoint.h"
#include "train/checkpoint_hashes.h"
#include "train/identity.h"
#include "train/trainer.h"

// What an earlier run has left beside latest/, as "best/, metrics.jsonl"; empty: nothing.
static ig_status list_results(const ig_run *run, char *out, size_t size, ig_error *err) {
  int kept, earliest = 0;
  char update[32] = "";
  IG_TRY(ig_checkpoint_count_kept(run->config.output, &kept, &earliest, err));
  if (kept > 0) snprintf(update, sizeof update, "update-%d/", earliest);
  const char *names[] = {ig_file_exists(run->best) ? "best/" : "",
                         ig_file_exists(run->metrics) ? "metrics.jsonl" : "", update};
  *out = '\0';
  for (size_t i = 0, length = 0; i < sizeof names / sizeof *names; i++)
    if (*names[i] && length < size)
      length += (size_t)snprintf(out + length, size - length, "%s%s", length ? ", " : "", names[i]);
  return IG_OK;
}

// Nothing was learned before update 0, and nobody misses it: such a run starts anew, with whatever
// options it is given now.
static ig_status has_no_update(const ig_run *run, bool *none, ig_error *err) {
  ig_saved_run saved;
  IG_TRY(ig_checkpoint_read(run->latest, &saved, err));
  *none = saved.state.update == 0;
  json_decref(saved.identity);
  json_decref(saved.comparison);
  return IG_OK;
}

// A checkpoint that has lost its state must not be overwritten as if the run were new, and neither
// must the best model of a run that has lost its checkpoint.
static ig_status fail_not_resumable(const ig_run *run, const char *results, ig_error *err) {
  if (ig_file_exists(run->latest))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: training.json is missing, so this checkpoint cannot be resumed; move the "
                   "directory away to start anew",
                   run->latest);
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s holds %s of an earlier run, but no latest/ to go on from. Nothing was "
                 "changed: choose another train.output, or move them away to start anew",
                 run->config.output, results);
}

ig_status ig_resume_find_checkpoint(ig_run *run, ig_error *err) {
  IG_TRY(ig_checkpoint_clean_up(run, err));
  IG_TRY(ig_checkpoint_recover(run, run->latest, err));
  IG_TRY(ig_checkpoint_recover(run, run->best, err));
  IG_TRY(ig_checkpoint_exists(run->latest, &run->resumed, err));
  if (run->resumed) IG_TRY(ig_checkpoint_hashes_check(run->latest, err));
  char results[128];
  IG_TRY(list_results(run, results, sizeof results, err));
  if (!run->resumed)
    return *results || ig_file_exists(run->latest) ? fail_not_resumable(run, results, err) : IG_OK;
  if (*results) return IG_OK;
  bool none;
  IG_TRY(has_no_update(run, &none, err));
  run->resumed = !none;
  return IG_OK;
}

// Scores of different kinds cannot be compared: the search for the best model starts anew, and the
// best one so far is renamed.
static ig_status restart_comparison(ig_run *run, const char *difference, ig_error *err) {
  ig_run_state *s = &run->state;
  char name[32];
  snprintf(name, sizeof name, "best-%d", s->best_update);
  char *aside = ig_path_join(run->config.output, name, err);
  if (!aside) return IG_ERROR_MEMORY;
  const bool moved = !run->follows && rename(run->best, aside) == 0;
  ig_report(run->reporter, IG_LEVEL_WARNING,
            "%s has changed: scores of validations start to compete anew%s%s", difference,
            moved ? "; the best model so far is now " : "", moved ? aside : "");
  free(aside);
  s->has_best = false;
  s->worse = 0;
  s->best_update = 0;
  s->validated = 0;
  s->best = 0;
  s->best_loss = 0;
  return IG_OK;
}

// Warns where the instruction set has changed and rounds differently, so that the run is still the
// same, but no longer bit by bit.
static ig_status warn_of_other_isa(const ig_run *run, const char *saved, ig_error *err) {
  const char *isa;
  IG_TRY(ig_isa_name(&isa, err));
  if (*saved && !ig_kernels_same_floats(saved, isa))
    ig_report(run->reporter, IG_LEVEL_WARNING,
              "%s was trained with %s and goes on with %s: results will not be bit-equal to an "
              "uninterrupted run",
              run->latest, saved, isa);
  return IG_OK;
}

ig_status ig_resume_read_state(ig_run *run, ig_error *err) {
  ig_saved_run saved;
  IG_TRY(ig_checkpoint_read(run->latest, &saved, err));
  ig_status status = ig_identity_compare(run, saved.identity, err);
  run->state = saved.state;
  // Without data.valid nothing competes now; it may again later.
  if (!run->comparison) run->comparison = json_incref(saved.comparison);
  const char *difference = ig_identity_different_key(saved.comparison, run->comparison);
  if (status == IG_OK) status = warn_of_other_isa(run, saved.isa, err);
  if (status == IG_OK && run->state.has_best && saved.comparison && difference)
    status = restart_comparison(run, difference, err);
  json_decref(saved.identity);
  json_decref(saved.comparison);
  return status;
}

ig_status ig_resume_trainer(ig_run *run, ig_error *err) {
  IG_TRY(ig_checkpoint_read_moments(run->latest, run->trainer, err));
  ig_trainer_set_updates(run->trainer, (uint32_t)run->state.update);
  ig_report(run->reporter, IG_LEVEL_INFO, "resuming from %s at update %d", run->latest,
            run->state.update);
  return IG_OK;
}
