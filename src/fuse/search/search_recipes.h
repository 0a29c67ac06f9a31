// Searches the values that a recipe leaves open: by CMA-ES (numeric/cma_es.h) or over a grid. It
// knows recipes only by their values; what these are worth the caller says.
#ifndef IG_FUSE_SEARCH_SEARCH_RECIPES_H
#define IG_FUSE_SEARCH_SEARCH_RECIPES_H
#include "fuse/search/search_table.h"

typedef struct ig_search_recipes_args {
  const ig_search_space *space;
  const char *label;       // what messages begin with
  const char *identity;    // a hash of all that the scores depend on
  const char *state_path;  // the file by which a search that was stopped goes on
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;  // NULL: nothing stops it
  // Scores the recipe with these values by each objective: scores (objectives). An error ends the
  // search, unless *impossible becomes true: these values cannot be carried out, others may be.
  ig_status (*score)(void *context, const json_t *values, double *scores, bool *impossible,
                     ig_error *err);
  void *context;
} ig_search_recipes_args;

// Fills the table and judges it. The same rows for the same seed and scores, however often it was
// stopped. That no recipe could be carried out is an error. ig_search_table_free in any case.
// IG_INTERRUPTED: what was tried is saved.
ig_status ig_search_recipes(const ig_search_recipes_args *args, ig_search_table *table,
                            ig_error *err);
#endif
