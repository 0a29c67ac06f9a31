// What a search scores models by (fuse/recipe/search_space.h): its files are read once, before the
// first model is made.
#ifndef IG_FUSE_SEARCH_OBJECTIVE_H
#define IG_FUSE_SEARCH_OBJECTIVE_H
#include "fuse/plan/fusion_plan.h"
#include "fuse/recipe/search_space.h"
#include "ingot.h"
#include "ingot_answer.h"
#include "io/content_hash.h"

// The lines of a text file.
typedef struct ig_objective_lines {
  char **items;
  size_t count, capacity;
} ig_objective_lines;

typedef struct ig_objective {
  const ig_search_objective *what;
  const ig_fuse_options *options;
  ig_objective_lines lines[2];       // of pairs: source, target
  ig_held_out_options pairs;         // of these lines
  bool told;                         // what the vocabulary lacks of them, after the first score
  ig_held_out_questions *questions;  // NULL: it is not of questions
} ig_objective;

// options must outlive it. ig_objective_close in any case. What the caller does not allow or give
// is an error that names the place in the recipe.
ig_status ig_objective_open(const ig_search_objective *what, const ig_fuse_options *options,
                            ig_objective *out, ig_error *err);
void ig_objective_close(ig_objective *objective);
// Whether it can be scored with these options: commands only where they are allowed, a held-out
// score only where the caller has one.
ig_status ig_objective_check(const ig_search_objective *what, const ig_fuse_options *options,
                             ig_error *err);
// A score that is not finite is an error. The objective of kind HELD_OUT is the caller's to ask.
ig_status ig_objective_score(ig_objective *objective, const char *directory, double *score,
                             ig_error *err);
// A hash of all that the scores of a search depend on: the recipe as it was written, what the files
// of all objectives hold, what the caller says that it scores by, and `models`, a hash of those.
ig_status ig_objective_identify(const ig_search_space *space, const ig_fuse_options *options,
                                const char *models, char identity[IG_HASH_TEXT], ig_error *err);
// Bytes of the model that is scored, besides what its batches take: a search's, or one of
// greedy_soup. 0: nothing is scored, or by commands alone, which are processes of their own.
size_t ig_objective_memory(const ig_fusion_plan *plan);
#endif
