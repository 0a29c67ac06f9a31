// Buckets of distances between a query and a key (Raffel et al. 2020, 2.1): each small distance has
// a bucket of its own, larger ones share more and more of them, and all from `farthest` on the
// last.
#ifndef IG_NN_RELATIVE_BUCKETS_H
#define IG_NN_RELATIVE_BUCKETS_H
#include <stdbool.h>
#include "ingot.h"

typedef struct ig_relative_buckets {
  int count;       // of the table's rows
  bool two_sided;  // keys after the query have the second half of the buckets; else bucket 0
  int sided;       // buckets of one side
  // (sided): the smallest distance of each bucket, 0 first. A bucket that no distance has begins
  // where the next one does.
  int *first;
} ig_relative_buckets;

// farthest: above the number of distances that have a bucket of their own: half of the buckets of
// one side. ig_relative_buckets_free releases it; one of zeros may be freed too.
ig_status ig_relative_buckets_create(int count, int farthest, bool two_sided,
                                     ig_relative_buckets *out, ig_error *err);
void ig_relative_buckets_free(ig_relative_buckets *buckets);
#endif
