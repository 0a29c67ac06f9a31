// A training run: what it was asked for, what it works on, how far it is. Shared by the files of
// ig_train.
#ifndef IG_TRAIN_RUN_H
#define IG_TRAIN_RUN_H
#include <stdio.h>
#include "data/batch.h"
#include "model/model.h"
#include "train/config.h"
#include "train/divergence.h"

// Sums since the last line of the log.
typedef struct ig_log_window {
  double loss, nll;  // over targets
  uint64_t tokens;
  double gradient_norm;  // over updates
  int updates, clipped;
  double seconds;
} ig_log_window;

// How far a run is: all that a checkpoint keeps besides weights and moments.
typedef struct ig_run_state {
  int update;                             // updates done
  uint64_t epoch, batch;                  // cursor of the next batch
  uint64_t source_tokens, target_tokens;  // trained on so far
  double seconds;                         // of updates
  int validated;                          // update of the last validation, 0: none
  bool validation_due;  // stopped within the validation of `update`: it comes first on resume
  bool has_best;
  double best, best_loss;  // value of best_metric, and the validation loss beside it
  int best_update;
  int worse;  // validations since the best one
  ig_divergence divergence;
  ig_log_window window;
  uint64_t metrics_bytes;  // length of metrics.jsonl; UINT64_MAX: unknown
} ig_run_state;

typedef struct ig_run {
  const ig_reporter *reporter;
  int threads;
  ig_train_config config;
  char *latest, *best, *metrics;  // paths within config.output
  int made_directories;           // of config.output's path, made by this run, from the end
  FILE *lock;                     // held on config.output: one training a directory
  ig_tokenizer *tokenizer;
  ig_corpus train, valid;
  int max_length;     // of a side of train
  ig_corpus sampled;  // train in the segmentations of sampled_epoch; empty without data.sampling
  uint64_t sampled_epoch;
  ig_model *model;
  ig_trainer *trainer;
  ig_batcher *batcher, *valid_batcher;
  json_t *identity;    // what must not change between start and resume
  json_t *comparison;  // what must not change between validations whose scores compete for best/
  bool resumed;
  ig_run_state state;
} ig_run;

// Everything up to the first update; resumes where the output directory holds a checkpoint. On
// failure ig_run_free is still the caller's.
ig_status ig_run_setup(ig_run *run, ig_error *err);
void ig_run_free(ig_run *run);

// The batches to train on from state.epoch, and those to validate on; memory for all of them.
ig_status ig_run_make_batches(ig_run *run, ig_error *err);
// Lays out an epoch as ig_batcher_epoch does, with data.sampling from segmentations of its own.
ig_status ig_run_epoch(ig_run *run, uint64_t epoch, size_t *batches, ig_error *err);

// Loss and perplexity over data.valid, BLEU and chrF of real decoding. IG_INTERRUPTED within some
// batches of ig_interrupt().
typedef struct ig_validation {
  double loss, nll;
  double bleu, chrf;
} ig_validation;
ig_status ig_run_validate(ig_run *run, ig_validation *out, ig_error *err);
// By best_metric, at a tie by the loss. *value: of best_metric.
bool ig_run_is_best(const ig_run *run, const ig_validation *validation, double *value);

// metrics.jsonl: one JSON object a line. append takes over the reference to entry (NULL: out of
// memory).
ig_status ig_metrics_append(const char *path, json_t *entry, ig_error *err);
// On disk, with so many bytes; 0 where there is none.
ig_status ig_metrics_sync(const char *path, uint64_t *bytes, ig_error *err);
// Drops what an interrupted run wrote after the checkpoint that it resumes from: all behind
// state->metrics_bytes, and the lines of later updates.
ig_status ig_metrics_truncate(const char *path, const ig_run_state *state, ig_error *err);
#endif
