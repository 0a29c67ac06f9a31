// train.resume: what may be another value than before where a run goes on, on purpose.
#ifndef IG_TRAIN_RESUME_CHANGES_H
#define IG_TRAIN_RESUME_CHANGES_H
#include <jansson.h>
#include "train/run.h"

// Reads the list of keys into config->resume, which the configuration owns.
ig_status ig_resume_changes_read(const ig_yaml_node *train, ig_train_config *config, ig_error *err);
// Whether a key of the identity (train/identity.h) may have changed.
bool ig_resume_changes_allow(const ig_train_config *config, const char *key);
// The name under which the list would have such a key; NULL: it cannot change within a run.
const char *ig_resume_changes_name(const char *key);
// Notes a change in run->changes; saved or wanted NULL: the key was, or is, not there.
ig_status ig_resume_changes_note(ig_run *run, const char *key, const json_t *saved,
                                 const json_t *wanted, ig_error *err);
// Tells all changes: in the log, and in a line of metrics.jsonl.
ig_status ig_resume_changes_tell(const ig_run *run, ig_error *err);
#endif
