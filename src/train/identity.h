// What must stay the same between a run and its resumption, as flat JSON: "train.seed": 1.
#ifndef IG_TRAIN_IDENTITY_H
#define IG_TRAIN_IDENTITY_H
#include <jansson.h>
#include "train/run.h"

// The identity of a run whose corpus is loaded. model: the options asked for. *out: a new
// reference. It leaves out what only says how long to go on, when to look and what to keep: updates
// (unless the schedule ends there), validation, saving, threads.
ig_status ig_identity_make(const ig_run *run, const ig_config *model, json_t **out, ig_error *err);
// Compares run->identity with the one that run->latest holds. IG_ERROR_ARGUMENT: the first
// difference, where its new value comes from, and what to do.
ig_status ig_identity_compare(ig_run *run, const json_t *saved, ig_error *err);

// What validations must have in common so that their scores can compete for best/: data.valid,
// best_metric and how that is measured. *out: a new reference.
ig_status ig_identity_make_comparison(const ig_run *run, json_t **out, ig_error *err);
// The first key whose value in `wanted` and in `saved` is not the same, or NULL. saved may be NULL:
// an empty object.
const char *ig_identity_different_key(const json_t *saved, const json_t *wanted);
#endif
