// The product of nearly all methods: a model directory.
#include "base/fail.h"
#include "fuse/run/companions.h"
#include "fuse/run/dtype_set.h"
#include "fuse/run/execute.h"
#include "fuse/run/fusion_product.h"
#include "fuse/run/output.h"

static ig_status check_plan(const ig_fusion_plan *plan, const ig_fusion_request *request,
                            ig_problems *problems, ig_error *err) {
  return ig_output_check(plan, request->shard_bytes, problems, err);
}

static size_t model_bytes(const ig_fusion_plan *plan) {
  size_t bytes = 0;
  for (size_t i = 0; i < plan->count; i++)
    bytes += plan->tensors[i].elements * ig_dtype_size(plan->tensors[i].dtype);
  return bytes;
}

static void describe_model(const ig_fusion_plan *plan, FILE *out) {
  ig_dtype_set dtypes = {{false}};
  size_t values = 0;
  for (size_t i = 0; i < plan->count; i++) {
    values += plan->tensors[i].elements;
    dtypes.has[plan->tensors[i].dtype] = true;
  }
  fprintf(out, "%zu tensors, %zu values, %.1f MB", plan->count, values,
          (double)model_bytes(plan) / 1e6);
  ig_dtype_set_print(&dtypes, out);
}

// Hashes the weights while the disk takes them: they were just written, so the system's cache has
// them.
static ig_status hash_and_sync(const ig_fusion_writing *w, ig_output *output, ig_error *err) {
  if (w->for_scoring_only) return ig_output_flush(output, err);
  IG_TRY(ig_contents_add_outputs(&w->provenance->contents, w->staging->directory, NULL, err));
  IG_TRY(ig_output_sync_begin(output, err));
  const ig_status hashed = ig_provenance_hash(w->provenance, w->pool, err);
  // If both fail, the first failure is reported.
  const ig_status synced = ig_output_sync_end(output, hashed == IG_OK ? err : NULL);
  return hashed != IG_OK ? hashed : synced;
}

static ig_status write_weights(const ig_fusion_writing *w, ig_output *output, ig_error *err) {
  const ig_execution_target target = {.staging = w->staging,
                                      .output = output,
                                      .reporter = w->reporter,
                                      .interrupter = w->interrupter};
  IG_TRY(ig_execute_plan(w->plan, w->pool, &target, err));
  return hash_and_sync(w, output, err);
}

static ig_status write_model(const ig_fusion_writing *w, ig_error *err) {
  const ig_output_options options = {.shard_bytes = w->shard_bytes};
  ig_output output;
  ig_status status = ig_output_open(w->plan, w->staging, &options, &output, err);
  if (status == IG_OK) status = write_weights(w, &output, err);
  ig_output_close(&output);
  return status == IG_OK ? ig_companions_write(w->plan, w->staging, err) : status;
}

const ig_fusion_product ig_fusion_product_model = {
    .check_plan = check_plan,
    .bytes = model_bytes,
    .memory = ig_execute_memory,
    .describe = describe_model,
    .write = write_model,
};
