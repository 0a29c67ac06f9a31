// How fast all threads together read a buffer; ig_machine_bandwidth of ingot_measure.h reads two.
#ifndef IG_MEASURE_BANDWIDTH_H
#define IG_MEASURE_BANDWIDTH_H
#include "base/pool.h"
#include "kernel/kernels.h"

// *gigabytes: 10^9 bytes a second that the threads of the pool together read from a buffer of about
// `bytes`, which they read again and again.
ig_status ig_bandwidth_read(const ig_kernels *kernels, ig_pool *pool, size_t bytes,
                            double *gigabytes, ig_error *err);
#endif
