// metrics.jsonl: one JSON object a line, for each line of the log and each validation.
#ifndef IG_TRAIN_METRICS_H
#define IG_TRAIN_METRICS_H
#include "train/run.h"

// Writes a line, and tells it to who asked for it. Takes over the reference to entry (NULL: out of
// memory).
ig_status ig_metrics_append(const ig_run *run, json_t *entry, ig_error *err);
// Puts the file on disk and tells its length in bytes; 0 where there is none.
ig_status ig_metrics_sync(const char *path, uint64_t *bytes, ig_error *err);
// Drops what an interrupted run wrote after the checkpoint that it resumes from: all after
// state->metrics_bytes, and the lines of later updates.
ig_status ig_metrics_truncate(const char *path, const ig_run_state *state, ig_error *err);
#endif
