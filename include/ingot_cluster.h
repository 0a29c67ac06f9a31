/* Many processes that work together, on one machine or on several, as `mpirun -n 4 PROGRAM` or
 * `srun` starts them. ig_train_options.cluster and others say what they then share. A program that
 * never calls ig_cluster_join needs no Open MPI, nor does one that was started alone.
 *
 * Each process has a rank, from 0 on. All join, call the same functions of the library in the same
 * order, and leave. A process that dies, or gives no sign of life for some seconds, ends the work
 * of all others with an error that names it. */
#ifndef INGOT_CLUSTER_H
#define INGOT_CLUSTER_H

#include "ingot/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many processes the launcher (mpirun, srun, ...) has started together with this one; 1: it was
 * started alone. Read from the environment: nothing is loaded. */
int ig_cluster_processes(void);
/* Joins them. *out is NULL, without an error, where this process was started alone. Open MPI is
 * loaded from a plugin, and where the program has not initialized it, by this call;
 * ig_cluster_leave then finalizes it, and MPI can be initialized but once: a program that joins
 * again later initializes MPI itself. Fails where another launcher has started the processes, or
 * the library was built without Open MPI. */
ig_status ig_cluster_join(ig_cluster **out, ig_error *err);
/* NULL: rank 0 of 1. */
int ig_cluster_rank(const ig_cluster *cluster);
int ig_cluster_size(const ig_cluster *cluster);
/* Leaves and frees. failure NULL: this process has done its part; it waits until the others have
 * done theirs, and fails where one of them has failed. Else failure is why it cannot go on: all
 * others are told, the result is failure's status, and *err is what the user is to be told:
 * failure, or an empty message where rank 0 tells of it. A program that had initialized MPI itself
 * finalizes it itself. Leaving NULL is fine. */
ig_status ig_cluster_leave(ig_cluster *cluster, const ig_error *failure, ig_error *err);

#ifdef __cplusplus
}
#endif
#endif
