// The batches of a run, epoch by epoch.
#ifndef IG_TRAIN_BATCHES_H
#define IG_TRAIN_BATCHES_H
#include "train/run.h"

// Makes the batches to train on from state.epoch, those to validate on, and memory for all of them.
ig_status ig_batches_make(ig_run *run, ig_error *err);
// Lays out an epoch as ig_batcher_epoch does; with data.sampling, from segmentations of its own.
ig_status ig_batches_epoch(ig_run *run, uint64_t epoch, size_t *batches, ig_error *err);
// A batch of state.epoch, which is laid out, and one of validation; of plain text with its masks.
ig_status ig_batches_get(ig_run *run, size_t index, ig_batch_buffer *out, ig_error *err);
ig_status ig_batches_get_valid(ig_run *run, size_t index, ig_batch_buffer *out, ig_error *err);
#endif
