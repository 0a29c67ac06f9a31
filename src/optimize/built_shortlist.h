// The shortlist of a model, built from a parallel corpus: the probabilities that a word of the
// target stands for one of the source, in both directions (numeric/lexical_model.h), and of each
// source token the best of them.
#ifndef IG_OPTIMIZE_BUILT_SHORTLIST_H
#define IG_OPTIMIZE_BUILT_SHORTLIST_H
#include <jansson.h>

#include "base/interrupt.h"
#include "ingot_optimize.h"
#include "io/shortlist.h"

typedef struct ig_built_shortlist_plan {
  const char *directory;  // of the model
  const ig_shortlist_options *options;
  int threads;
  const ig_reporter *reporter;
  ig_interrupt_watch *watch;
} ig_built_shortlist_plan;

typedef struct ig_built_shortlist {
  ig_shortlist *lists;  // NULL: there is none
  json_t *record;       // what it was made for (text/shortlist_record.h)
} ig_built_shortlist;   // ig_built_shortlist_free
void ig_built_shortlist_free(ig_built_shortlist *shortlist);  // what it holds

// IG_ERROR_ARGUMENT: a text is missing, or a number is negative.
ig_status ig_built_shortlist_check(const ig_shortlist_options *options, ig_error *err);
// The options are checked. The file's lists hold all that a sentence needs: those of the first
// target ids of the vocabulary that are not the most frequent in the corpus are made up for by the
// list of the source's end token, which every sentence has.
ig_status ig_built_shortlist_make(const ig_built_shortlist_plan *plan, ig_built_shortlist *out,
                                  ig_shortlist_made *made, ig_error *err);
// What was asked for, where the options leave it open.
int ig_built_shortlist_first(const ig_shortlist_options *options);
int ig_built_shortlist_best(const ig_shortlist_options *options);
enum { IG_BUILT_SHORTLIST_STEPS = 5 };  // of expectation and maximisation, in each direction
#endif
