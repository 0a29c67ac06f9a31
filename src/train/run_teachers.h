// train.teacher: the models that a run learns from.
#ifndef IG_TRAIN_RUN_TEACHERS_H
#define IG_TRAIN_RUN_TEACHERS_H
#include <jansson.h>
#include "train/run.h"

// The keys of the configuration, whose data have been read.
ig_status ig_run_teachers_read(const ig_yaml_node *train, ig_train_config *config, ig_error *err);
// Loads the teachers, and compares their pieces with those of run->tokenizer.
ig_status ig_run_teachers_load(ig_run *run, ig_error *err);
// Adds what decides the result to the identity's part of `train`. false: memory is out.
bool ig_run_teachers_identify(const ig_run *run, json_t *part);
// Makes them teach the trainer, whose model and whose data are there.
ig_status ig_run_teachers_begin(ig_run *run, ig_error *err);
void ig_run_teachers_free(ig_run *run);
#endif
