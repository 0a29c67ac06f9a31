// What a configuration says of parts of a model: freeze, no_decay, layer_decay.
#ifndef IG_TRAIN_RUN_GROUPS_H
#define IG_TRAIN_RUN_GROUPS_H
#include "train/run.h"

// Reads the keys of the part `train` into config->groups, whose arrays the configuration owns.
ig_status ig_run_groups_read(const ig_yaml_node *train, ig_train_config *config, ig_error *err);
// Whether a model of these options has the parts that are named; the message tells the line.
ig_status ig_run_groups_check(const ig_run *run, const ig_config *model, ig_error *err);
// Tells what is frozen, what is not decayed, and the rates. Of a run with a trainer.
void ig_run_groups_tell(const ig_run *run);
// Adds to the identity of a run the keys that are not their defaults, so that runs of versions that
// did not have them resume. false: memory is out.
bool ig_run_groups_identify(const ig_train_config *config, json_t *part);
#endif
