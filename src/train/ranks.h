// What the ranks of a run say to each other besides gradients. Rank 0 has the output directory: it
// alone writes, reports and validates, and decides when the run is over. Of one rank nothing is
// said.
#ifndef IG_TRAIN_RANKS_H
#define IG_TRAIN_RANKS_H
#include "train/validate.h"

// Rank 0 has opened its output and made the tokenizer; whether it resumes becomes known to all.
ig_status ig_ranks_begin(ig_run *run, ig_error *err);
// IG_ERROR_ARGUMENT where this rank has not the configuration, the data, the weights or the
// arithmetic of rank 0: their results would part without a word.
ig_status ig_ranks_check_same(ig_run *run, ig_error *err);
// Whether the run ends here: rank 0 has a reason (*reason NULL: none), or any rank was interrupted.
ig_status ig_ranks_agree(const ig_run *run, const char **reason, bool *interrupted, ig_error *err);
// As ig_validate_run, which rank 0 calls; the others get the numbers, without the translations.
ig_status ig_ranks_validate(ig_run *run, ig_validation *out, ig_error *err);
#endif
