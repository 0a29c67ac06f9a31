// The keys that may change, and the changes that are found.
#include "train/resume_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/report.h"
#include "io/json.h"
#include "train/metrics.h"

// Of what Adam's moments, the weights and the place in the run do not depend on in their form.
static const char *const changeable[] = {
    "learning_rate", "schedule",     "warmup",     "warmup_init_lr",  "min_lr",
    "batch_tokens",  "accumulate",   "adam_betas", "adam_eps",        "weight_decay",
    "clip_norm",     "pool_batches", "updates",    "label_smoothing", "data"};
enum { CHANGEABLE = sizeof changeable / sizeof *changeable };

static bool is_changeable(const char *name) {
  for (size_t i = 0; i < CHANGEABLE; i++)
    if (strcmp(changeable[i], name) == 0) return true;
  return false;
}

ig_status ig_resume_changes_read(const ig_yaml_node *train, ig_train_config *c, ig_error *err) {
  const char **names = NULL;
  IG_TRY(ig_yaml_strings(train, "resume", &names, &c->resume_count, err));
  c->resume = names;  // set at once: the configuration frees it, whatever fails next
  for (size_t i = 0; i < c->resume_count; i++)
    if (!is_changeable(names[i]))
      return ig_yaml_fail(ig_yaml_get(train, "resume"), err,
                          "'%.100s' cannot change within a run; what can: learning_rate, schedule, "
                          "warmup, warmup_init_lr, min_lr, updates, batch_tokens, accumulate, "
                          "pool_batches, adam_betas, adam_eps, weight_decay, clip_norm, "
                          "label_smoothing, data",
                          names[i]);
  return IG_OK;
}

static bool lists(const ig_train_config *c, const char *name) {
  for (size_t i = 0; i < c->resume_count; i++)
    if (strcmp(c->resume[i], name) == 0) return true;
  return false;
}

const char *ig_resume_changes_name(const char *key) {
  static const char *const of_data[] = {"data.fingerprint", "data.pairs", "data.train",
                                        "data.weights"};
  for (size_t i = 0; i < sizeof of_data / sizeof *of_data; i++)
    if (strcmp(key, of_data[i]) == 0) return "data";
  return strncmp(key, "train.", 6) == 0 && is_changeable(key + 6) ? key + 6 : NULL;
}

bool ig_resume_changes_allow(const ig_train_config *c, const char *key) {
  const char *name = ig_resume_changes_name(key);
  // Only schedules that end depend on `updates`.
  return name && (lists(c, name) || (strcmp(name, "updates") == 0 && lists(c, "schedule")));
}

ig_status ig_resume_changes_note(ig_run *run, const char *key, const json_t *saved,
                                 const json_t *wanted, ig_error *err) {
  if (!run->changes) run->changes = json_object();
  json_t *both = json_pack("[O?, O?]", saved, wanted);
  return both && json_object_set_new(run->changes, key, both) == 0
             ? IG_OK
             : ig_fail_memory_in(run->config.path, err);
}

ig_status ig_resume_changes_tell(const ig_run *run, ig_error *err) {
  const char *key;
  json_t *both;
  if (!run->changes) return IG_OK;
  json_object_foreach(run->changes, key, both) {
    char *text[2];
    for (size_t i = 0; i < 2; i++)
      text[i] = ig_json_text(json_array_get(both, i),
                             JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
    ig_report(run->reporter, IG_LEVEL_INFO, "train.resume: %s was %s and is now %s", key,
              text[0] ? text[0] : "another value", text[1] ? text[1] : "another value");
    for (size_t i = 0; i < 2; i++) free(text[i]);
  }
  return ig_metrics_append(
      run, json_pack("{s:i, s:O}", "update", run->state.update, "changed", run->changes), err);
}
