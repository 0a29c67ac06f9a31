// Where the statistics of a training may be written: over no file that the run reads or keeps.
#ifndef IG_TRAIN_STATS_PATH_H
#define IG_TRAIN_STATS_PATH_H
#include "train/run.h"

// IG_ERROR_ARGUMENT if statistics at this path would replace the configuration, a file of the data,
// a tokenizer, a file of a model, or what is kept in train.output. Reads nothing.
ig_status ig_stats_path_check(const ig_run *run, const char *path, ig_error *err);
#endif
