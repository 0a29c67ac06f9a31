// Executes a plan: blocks of rows of all inputs are read, fused and written to their place in the
// output. Memory is a few blocks for each thread, whatever the model's size, and the method's state
// of the largest tensor. The bytes written do not depend on the number of threads.
#ifndef IG_FUSE_RUN_EXECUTE_H
#define IG_FUSE_RUN_EXECUTE_H
#include "base/pool.h"
#include "fuse/run/output.h"
#include "fuse/plan/fusion_plan.h"
#include "fuse/run/staging.h"
#include "ingot.h"

// Where the values go.
typedef struct ig_execution_target {
  ig_staging *staging;  // its journal learns which tensors are done
  ig_output *output;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;  // NULL: nothing stops it
} ig_execution_target;

// Bytes of buffers that ig_execute_plan takes.
size_t ig_execute_memory(const ig_fusion_plan *plan, int threads);
// Bytes of values that it reads from the inputs, if every pass is needed.
size_t ig_execute_reads(const ig_fusion_plan *plan);
// Writes the weights into the output, except tensors that are done. The last of them may not be on
// the disk yet (ig_output_flush). Values that are not finite, in the inputs or in the result, are
// IG_ERROR_FORMAT.
ig_status ig_execute_plan(const ig_fusion_plan *plan, ig_pool *pool,
                          const ig_execution_target *target, ig_error *err);
#endif
