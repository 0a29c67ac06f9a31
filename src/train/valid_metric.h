// What the translations of a validation are measured by.
#ifndef IG_TRAIN_VALID_METRIC_H
#define IG_TRAIN_VALID_METRIC_H
#include "train/run.h"

// Sets run->valid_tokenize, and config.best_metric where the configuration leaves it open, by the
// script of run->valid's target, whose text must be loaded. Reports what the script has decided.
void ig_valid_metric_choose(ig_run *run);
#endif
