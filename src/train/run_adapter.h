// train.adapter: a low-rank adapter that is trained in place of the model.
#ifndef IG_TRAIN_RUN_ADAPTER_H
#define IG_TRAIN_RUN_ADAPTER_H
#include <jansson.h>
#include "train/run.h"

// The keys of the configuration, whose model and parts have been read.
ig_status ig_run_adapter_read(const ig_yaml_node *train, ig_train_config *config, ig_error *err);
// The directory that the model of a run is loaded from, tokenizer included: with an adapter it is
// always model.init, for checkpoints hold the adapter alone.
const char *ig_run_adapter_model_directory(const ig_run *run);
// Whether the checkpoint that is resumed holds what is trained: a model or an adapter.
ig_status ig_run_adapter_check_checkpoint(const ig_run *run, ig_error *err);
// Finds the layers and hashes the files of the loaded model.
ig_status ig_run_adapter_check(ig_run *run, ig_error *err);
// Makes run->adapter: new, that of `from`, or that of the checkpoint.
ig_status ig_run_adapter_make(ig_run *run, ig_error *err);
// Writes the adapter, and beside it what it was trained on (ig_lora_base_file).
ig_status ig_run_adapter_write(const ig_run *run, const char *dtype, const char *directory,
                               ig_error *err);
// Tells what is trained.
void ig_run_adapter_tell(const ig_run *run);
// Adds what decides the result to the identity's part of `train`. false: memory is out.
bool ig_run_adapter_identify(const ig_run *run, json_t *part);
#endif
