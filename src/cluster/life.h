// Signs of life: a thread of each process says once a second that the process is there, and listens
// to those of the others. A process that computes for long gives them all the same; one that was
// killed, stopped or cut off does not.
#ifndef IG_CLUSTER_LIFE_H
#define IG_CLUSTER_LIFE_H
#include "cluster/state.h"

ig_status ig_life_begin(ig_cluster *cluster, ig_error *err);
void ig_life_stop(ig_cluster *cluster);
// Says how this rank has ended, once, and listens: to be called with the lock. Returns whether
// every other rank has ended too, or failed, and has been told.
bool ig_life_tell_end(ig_cluster *cluster);
// IG_ERROR_IO if a rank has failed or is lost: to be called with the lock.
ig_status ig_life_check(const ig_cluster *cluster, ig_error *err);
#endif
