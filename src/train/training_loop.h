// The loop of updates: what it keeps beside the run. loop.c, saving.c and loop_log.c share it.
#ifndef IG_TRAIN_TRAINING_LOOP_H
#define IG_TRAIN_TRAINING_LOOP_H
#include "train/micro_batches.h"

typedef struct ig_training_loop {
  ig_run *run;
  ig_micro_batches micro;
  ig_divergence_rule rule;
  int first_update;  // done before this process
  uint64_t first_source, first_target;
  double first_seconds;
  double begin;               // by the clock: when the run was called
  double load_seconds;        // until its first update
  int saved;                  // update of the last save
  double saved_at;            // by the clock: the last save, or the first update of this process
  double validation_seconds;  // that the last validation of this process took; 0: none yet
  bool unsaved;               // the state has changed since the last save
  bool save_due;              // a checkpoint of save_every waits for the loss to come down again
  bool best_unsaved;          // best/ is newer than latest/, which does not know of it
  double reported;            // when progress was last reported
  double rate;                // target tokens a second, smoothed
} ig_training_loop;
#endif
