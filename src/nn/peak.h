// What the machine can do at best: what ig_machine_bandwidth of ingot_measure.h is made of.
#ifndef IG_NN_PEAK_H
#define IG_NN_PEAK_H
#include "nn/nn.h"

// 10^9 bytes a second that all threads of the pool together read of a buffer of about `bytes`,
// again and again.
ig_status ig_read_bandwidth(const ig_kernels *kernels, ig_pool *pool, size_t bytes,
                            double *gigabytes, ig_error *err);
#endif
