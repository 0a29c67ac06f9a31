// What must stay the same between a run and its resumption, as flat JSON: "train.seed": 1.
#ifndef IG_TRAIN_IDENTITY_H
#define IG_TRAIN_IDENTITY_H
#include <jansson.h>
#include "train/run.h"

// Of a run whose corpus is loaded; model: the options asked for. New reference in *out. Left out: what only says how long to go on, when to look and
// what to keep (updates, unless the schedule ends there; validation; saving; threads).
ig_status ig_identity_make(const ig_run *run, const ig_config *model, json_t **out, ig_error *err);
// IG_ERROR_ARGUMENT naming the first difference.
ig_status ig_identity_compare(const json_t *saved, const json_t *wanted, const char *checkpoint, const char *config, ig_error *err);
#endif
