// Event files for TensorBoard beside metrics.jsonl, where train.tensorboard asks for them.
#ifndef IG_TRAIN_EVENTS_H
#define IG_TRAIN_EVENTS_H
#include "train/run.h"

// Each start has a file of its own. Where a run goes on, readers forget what earlier files have of
// the updates that are done again; metrics.jsonl is cut back already (ig_metrics_truncate).
ig_status ig_events_open(ig_run *run, ig_error *err);
// What a line of metrics.jsonl says.
ig_status ig_events_write(const ig_run *run, const json_t *line, ig_error *err);
#endif
