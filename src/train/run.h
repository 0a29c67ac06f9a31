// A training run: what it was asked for, what it works on, how far it is. The files of train/ share
// it.
#ifndef IG_TRAIN_RUN_H
#define IG_TRAIN_RUN_H
#include <stdio.h>
#include "data/batcher.h"
#include "data/masking.h"
#include "data/squad.h"
#include "io/content_hash.h"
#include "io/event_file.h"
#include "model/model.h"
#include "train/adapter.h"
#include "train/divergence.h"
#include "ingot_cluster.h"
#include "train/train_config.h"

// Sums since the last line of the log.
typedef struct ig_log_window {
  double loss, nll, kl_divergence;  // over targets
  uint64_t tokens;
  double gradient_norm;  // over updates
  int updates, clipped;
  double seconds;
} ig_log_window;

// How far a run is: all that a checkpoint keeps besides weights and moments.
typedef struct ig_run_state {
  int update;                             // updates done
  uint64_t epoch, batch;                  // the next batch
  uint64_t source_tokens, target_tokens;  // trained on so far
  double seconds;                         // of updates
  int validated;                          // update of the last validation; 0: none
  // The run was stopped within the validation of `update`: when it resumes, that comes first.
  bool validation_due;
  bool has_best;
  double best, best_loss;  // value of best_metric, and the validation loss beside it
  int best_update;
  int worse;  // validations since the best one
  ig_divergence divergence;
  ig_log_window window;
  uint64_t metrics_bytes;  // length of metrics.jsonl; UINT64_MAX: unknown
} ig_run_state;

// A model of train.teacher.
typedef struct ig_run_teacher {
  ig_model *model;
  ig_tokenizer *tokenizer;
  char hash[IG_HASH_TEXT];  // of the files that decide what the model computes
} ig_run_teacher;

typedef struct ig_run {
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;                      // NULL: nothing stops the run
  void (*tell_metrics)(void *context, const char *line);  // NULL: nobody is told
  void *metrics_context;
  int threads;
  ig_cluster *cluster;  // borrowed; NULL: one process trains alone
  bool follows;         // rank 0 writes, reports and validates for this one
  ig_train_config config;
  char *latest, *best, *metrics;  // paths within config.output
  ig_event_file *events;          // NULL: without train.tensorboard
  int made_directories;           // of config.output's path, made by this run, from the end
  char *made_files[2];            // in config.output, by this run, until its first update
  FILE *lock;                     // held on config.output: one training a directory
  bool made_lock;                 // its file did not exist before
  ig_tokenizer *tokenizer;
  char **new_tokens;  // (new_token_count): of data.new_tokens
  size_t new_token_count;
  int tokens_before;  // of the tokenizer, before it got these; 0: it gets none
  ig_corpus train, valid;
  ig_squad questions;                 // that valid is the windows of; empty of pairs of texts
  const char *valid_tokenize;         // what splits the lines of valid into words for BLEU
  ig_masking masking, valid_masking;  // of plain text
  int max_length;                     // of a side of train
  ig_corpus sampled;  // train in the segmentations of sampled_epoch; empty without data.sampling
  uint64_t sampled_epoch;
  ig_model *model;
  bool generates;                    // the model has a decoder
  ig_run_teacher *teachers;          // (config.teachers.count)
  ig_adapter *adapter;               // trained in place of the model; NULL: none
  json_t *adapter_config;            // what its adapter_config.json says
  char adapter_model[IG_HASH_TEXT];  // a hash of the model that it is of
  ig_trainer *trainer;
  ig_batcher *batcher, *valid_batcher;
  json_t *identity;    // what must not change between start and resume
  json_t *changes;     // of the identity since the checkpoint, on purpose; NULL: none
  json_t *comparison;  // what must not change between validations whose scores compete for best/
  bool resumed;
  ig_run_state state;
} ig_run;

void ig_run_free(ig_run *run);
// In a rank that follows: whether a file that rank 0 has written is here, too.
ig_status ig_run_check_shared(const ig_run *run, const char *path, ig_error *err);
#endif
