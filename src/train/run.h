// A training run: what it was asked for, what it works on, how far it is. Shared by the files of ig_train.
#ifndef IG_TRAIN_RUN_H
#define IG_TRAIN_RUN_H
#include <stdio.h>
#include "data/batch.h"
#include "model/model.h"
#include "train/config.h"

// How far a run is: all that a checkpoint keeps besides weights and moments.
typedef struct ig_run_state {
  int update;      // updates done
  uint64_t epoch;  // cursor of the next batch
  size_t batch;
  uint64_t source_tokens, target_tokens;  // trained on so far
  double seconds;                         // of updates
  int validated;                          // update of the last validation, 0: none
  bool has_best;
  double best;  // value of best_metric
  int best_update;
  int worse;                       // validations since the best one
  double window_loss, window_nll;  // sums over targets since the last log line
  uint64_t window_tokens;
} ig_run_state;

typedef struct ig_run {
  const ig_reporter *reporter;
  int threads;
  ig_train_config config;
  char *latest, *best, *metrics;  // paths within config.output
  FILE *lock;                     // held on config.output: one training a directory
  ig_tokenizer *tokenizer;
  ig_corpus train, valid;
  ig_model *model;
  ig_trainer *trainer;
  ig_batcher *batcher, *valid_batcher;
  json_t *identity;  // what must not change between start and resume
  bool resumed;
  ig_run_state state;
} ig_run;

// Everything up to the first update; resumes where the output directory holds a checkpoint. On failure ig_run_free is still the caller's.
ig_status ig_run_setup(ig_run *run, ig_error *err);
void ig_run_free(ig_run *run);

// Loss and perplexity over data.valid, BLEU and chrF of real decoding.
typedef struct ig_validation {
  double loss, nll;
  double bleu, chrf;
} ig_validation;
ig_status ig_run_validate(ig_run *run, ig_validation *out, ig_error *err);

// metrics.jsonl: one JSON object a line. append takes over the reference to entry (NULL: out of memory).
ig_status ig_metrics_append(const char *path, json_t *entry, ig_error *err);
// Drops the lines of updates behind `update`: what an interrupted run wrote after its last checkpoint.
ig_status ig_metrics_truncate(const char *path, int update, ig_error *err);
#endif
