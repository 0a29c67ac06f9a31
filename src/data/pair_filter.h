// Simple filters of pairs: each pair is kept, or left out for one reason, by its own text and that
// of the pairs before it.
#ifndef IG_DATA_PAIR_FILTER_H
#define IG_DATA_PAIR_FILTER_H
#include <stdint.h>
#include "io/pairs.h"
#include "text/writing.h"

typedef struct ig_pair_filters {
  double max_ratio;               // of the tokens of a side to those of the other; 0: any
  bool identical;                 // pairs whose sides are the same text are left out
  bool duplicates;                // pairs that an earlier one is the same as
  const ig_writing *writings[2];  // that half of a side's letters must be of; NULL: any
} ig_pair_filters;

// Why a pair is left out, in the order in which it is asked.
typedef enum ig_pair_verdict {
  IG_PAIR_VERDICT_KEPT,
  IG_PAIR_VERDICT_IDENTICAL,
  IG_PAIR_VERDICT_SCRIPT,
  IG_PAIR_VERDICT_RATIO,
  IG_PAIR_VERDICT_DUPLICATE,
  IG_PAIR_VERDICT_COUNT,
} ig_pair_verdict;

typedef struct ig_pair_filter {
  ig_pair_filters filters;
  // Of the pairs kept so far, where duplicates are looked for: 64 bits of the hash of each, in an
  // open table, 0 where there is none.
  uint64_t *seen;
  size_t count, capacity;  // capacity: a power of 2
} ig_pair_filter;          // start from {.filters = …}; ig_pair_filter_free

// White space at the ends of texts does not count. tokens: of each side, without the end of
// sentence. A pair that is kept is remembered.
ig_status ig_pair_filter_judge(ig_pair_filter *filter, const ig_pair *pair, const size_t tokens[2],
                               ig_pair_verdict *verdict, ig_error *err);
void ig_pair_filter_free(ig_pair_filter *filter);  // leaves {0}
#endif
