// The pairs of a recipe's `align`, as the donor's token ids.
#ifndef IG_FUSE_ALIGN_ALIGN_PAIRS_H
#define IG_FUSE_ALIGN_ALIGN_PAIRS_H
#include <jansson.h>
#include "fuse/plan/fusion_plan.h"
#include "fuse/search/learning_data.h"

typedef struct ig_align_pairs {
  ig_learning learning;
  ig_tokenizer *tokenizer;
  ig_learning_data data;
} ig_align_pairs;

// Reads the files; no weight is read. ig_align_pairs_close in any case; start from {0}.
ig_status ig_align_pairs_open(const ig_fusion_plan *plan, ig_pool *pool,
                              const ig_reporter *reporter, ig_align_pairs *out, ig_error *err);
void ig_align_pairs_close(ig_align_pairs *pairs);
// What they are, as JSON, a new reference. NULL: out of memory.
json_t *ig_align_pairs_describe(const ig_align_pairs *pairs);
#endif
