// The ranks that work together (ingot_cluster.h), and what they say to each other. A function that
// takes part in an exchange is called by every rank, in the same order; a cluster that is NULL is
// one rank, which says nothing to anybody. A rank that is lost makes each of them fail, with a
// message that names it. One thread of a process uses a cluster at a time.
#ifndef IG_CLUSTER_CLUSTER_H
#define IG_CLUSTER_CLUSTER_H
#include "cluster/carrier.h"
#include "ingot_cluster.h"

// A rank that gives no sign of life for so long is lost. Signs are given each second.
#define IG_CLUSTER_SILENCE 6.0  // seconds: with what ending takes, below ten on a busy machine

// Takes over the carrier, on failure too. silence: in seconds.
ig_status ig_cluster_create(const ig_carrier *carrier, double silence, ig_cluster **out,
                            ig_error *err);

// One of several messages that are on their way at the same time.
typedef struct ig_cluster_message {
  int rank;          // the other one
  const void *send;  // NULL: it is received,
  void *receive;     // to here
  size_t bytes;      // not 0
} ig_cluster_message;
// Returns when all have been sent and received. Between two ranks they come in the order of the
// list. After a failure the buffers are no longer written to.
ig_status ig_cluster_transfer(ig_cluster *cluster, const ig_cluster_message *messages, size_t count,
                              ig_error *err);

// Rank 0's bytes become everybody's.
ig_status ig_cluster_broadcast(ig_cluster *cluster, void *data, size_t bytes, ig_error *err);
// The same for a text of any length: the others' *text is malloc'ed, for the caller to free().
ig_status ig_cluster_broadcast_text(ig_cluster *cluster, char **text, ig_error *err);
// all (size, bytes): own of each rank.
ig_status ig_cluster_gather_all(ig_cluster *cluster, const void *own, size_t bytes, void *all,
                                ig_error *err);
// Returns when every rank has come here.
ig_status ig_cluster_meet(ig_cluster *cluster, ig_error *err);
#endif
