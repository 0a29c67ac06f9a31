// What a batch must be for a pass to run over it.
#ifndef IG_MODEL_RUN_PASS_BATCH_H
#define IG_MODEL_RUN_PASS_BATCH_H
#include "ingot.h"

// Whether all that is needed is given, and the offsets start at 0 and never fall.
ig_status ig_pass_batch_check(const ig_batch *batch, ig_error *err);
// Of a batch that passed the check above: whether its ids, its lengths (the longest of a sequence
// is `longest`) and its masks suit a model of this configuration.
ig_status ig_pass_batch_check_contents(const ig_batch *batch, int longest, const ig_config *config,
                                       ig_error *err);
#endif
