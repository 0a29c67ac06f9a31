// data.new_tokens: tokens that the vocabulary of the model that training starts from gets.
#ifndef IG_TRAIN_RUN_NEW_TOKENS_H
#define IG_TRAIN_RUN_NEW_TOKENS_H
#include <jansson.h>
#include "train/run.h"

// The key of the configuration, a list or a file, whose other parts have been read. The file is
// not opened.
ig_status ig_run_new_tokens_read(const ig_yaml_node *data, ig_train_config *config, ig_error *err);
void ig_run_new_tokens_free_config(ig_train_data *data);
// Loads the list. Where the run does not resume, adds it to run->tokenizer and tells of tokens that
// it had already.
ig_status ig_run_new_tokens_add(ig_run *run, ig_error *err);
// Makes their rows in the loaded model: run->model is replaced.
ig_status ig_run_new_tokens_grow(ig_run *run, ig_error *err);
// Tells of tokens that no text of the loaded corpus has.
ig_status ig_run_new_tokens_tell_unused(const ig_run *run, ig_error *err);
// Adds what decides the result to the identity's part of `data`. false: memory is out.
bool ig_run_new_tokens_identify(const ig_run *run, json_t *part);
#endif
