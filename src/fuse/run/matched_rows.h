// Reads inputs by the rows of the output's vocabulary. If a model lacks a piece, its row is the
// first of these that exists: what the recipe's `tokens` say; the row of the only model that has
// the piece; the base's row; the mean over the models that have it; zeros. Rows of padding are the
// mean of all other rows.
#ifndef IG_FUSE_RUN_MATCHED_ROWS_H
#define IG_FUSE_RUN_MATCHED_ROWS_H
#include "fuse/plan/fusion_plan.h"

// Reads values first .. first + count - 1 of an input of the tensor, without its adapter.
ig_status ig_matched_rows_read(const ig_plan_tensor *tensor, const ig_plan_input *input,
                               size_t first, size_t count, float *out, ig_error *err);
// Computes the rows of padding. Must be called before anything is read.
ig_status ig_matched_rows_fill_padding(const ig_fusion_plan *plan, ig_error *err);
#endif
