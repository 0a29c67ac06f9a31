// What all runs of one owner share: the model, kernels, threads, scratch memory and the table of
// positions. A context belongs to one thread, or to one pool; the model is shared and not changed.
#ifndef IG_MODEL_RUN_RUN_CONTEXT_H
#define IG_MODEL_RUN_RUN_CONTEXT_H
#include "model/run/position_table.h"

typedef struct ig_run_context {
  const ig_model *model;
  ig_nn nn;  // its scratch is the member below, so that a context must not be moved
  ig_arena scratch;
  ig_position_table positions;
} ig_run_context;

// What a run needs. Runs of one context work one after the other: the largest needs of scratch and
// positions serve them all.
typedef struct ig_run_needs {
  size_t state;    // bytes of its own
  size_t scratch;  // bytes
  int positions;
  bool overflow;  // more bytes than can be addressed
} ig_run_needs;

// pool NULL: serial. Model and pool are borrowed.
ig_status ig_run_context_create(const ig_model *model, ig_pool *pool, ig_run_context *out,
                                ig_error *err);
// A context of zeros is freed without harm.
void ig_run_context_free(ig_run_context *context);
// Makes the context hold the scratch and the positions of `needs`, and `slack` (NULL: none) more of
// what it has to make anew.
ig_status ig_run_context_reserve(ig_run_context *context, const ig_run_needs *needs,
                                 const ig_run_needs *slack, ig_error *err);
// What two runs of one context need.
ig_run_needs ig_run_context_needs_of_both(const ig_run_needs *one, const ig_run_needs *other);
// Bytes of one run's needs with a context of its own.
size_t ig_run_context_bytes(const ig_model *model, const ig_run_needs *needs);
#endif
