// Writes the weights of the output: model.safetensors, or shards with model.safetensors.index.json,
// as transformers reads them.
#ifndef IG_FUSE_RUN_OUTPUT_H
#define IG_FUSE_RUN_OUTPUT_H
#include <pthread.h>
#include "fuse/plan/fusion_plan.h"
#include "base/problems.h"
#include "fuse/run/staging.h"
#include "io/shards.h"

typedef struct ig_output {
  ig_shards files;
  ig_safetensors_shard **shards;  // (files.count)
  pthread_t syncing;
  ig_status status;  // of the syncing
  ig_error err;
} ig_output;

typedef struct ig_output_options {
  size_t shard_bytes;  // most_bytes of ig_shards_divide
} ig_output_options;

// Adds a problem if there are more shards than can be open at a time.
ig_status ig_output_check(const ig_fusion_plan *plan, size_t shard_bytes, ig_problems *problems,
                          ig_error *err);
// Tensors stay in their order; values of those that are done are kept. ig_output_close in any
// case.
ig_status ig_output_open(const ig_fusion_plan *plan, ig_staging *staging,
                         const ig_output_options *options, ig_output *out, ig_error *err);
// Writes bytes of tensor `index`, from its byte `offset` on. Thread-safe.
ig_status ig_output_put(const ig_output *output, size_t index, size_t offset, const void *data,
                        size_t bytes, ig_error *err);
ig_status ig_output_flush(const ig_output *output, ig_error *err);  // to the disk
// Flushes on a thread of its own, which mostly waits for the disk. After a successful begin,
// ig_output_put may still be called; call ig_output_sync_end before anything else.
ig_status ig_output_sync_begin(ig_output *output, ig_error *err);
ig_status ig_output_sync_end(ig_output *output, ig_error *err);
void ig_output_close(ig_output *output);
#endif
