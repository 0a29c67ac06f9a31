// Sums of arrays over ranks, in an order that does not depend on who adds up what: a binary tree
// over the ranks whose left branch has the largest power of two below their number. Each rank adds
// up a slice of its own, so that a value goes over the wire twice, whatever the number of ranks.
#ifndef IG_CLUSTER_TREE_SUM_H
#define IG_CLUSTER_TREE_SUM_H
#include "cluster/cluster.h"

// Where the left branch of a tree of `leaves`, at least 2, ends.
size_t ig_tree_sum_split(size_t leaves);

typedef struct ig_tree_sum {
  ig_cluster *cluster;
  size_t slice;                  // values that a rank adds up at a time
  float *parts;                  // (2, size, slice): this rank's slice of each rank's values
  ig_cluster_message *messages;  // (4 * size)
} ig_tree_sum;                   // ig_tree_sum_free

// cluster NULL: of one rank, which needs no memory.
ig_status ig_tree_sum_make(ig_cluster *cluster, ig_tree_sum *out, ig_error *err);
void ig_tree_sum_free(ig_tree_sum *sum);
// values (count) become the sums over all ranks, the same bits on each.
ig_status ig_tree_sum_run(const ig_tree_sum *sum, float *values, size_t count, ig_error *err);
#endif
