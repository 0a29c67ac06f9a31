// Measuring with a model of zeros: only its sizes are used.
#include "model/run/memory_plan.h"

#include "base/fail.h"
#include "base/pool.h"
#include "model/create/create.h"
#include "model/head/head.h"
#include "model/run/head_run.h"
#include "model/run/inference.h"
#include "model/run/output_subset.h"
#include "model/run/pack.h"
#include "model/run/pass.h"

static ig_status measure_training(const ig_model *model, ig_pool *pool,
                                  const ig_memory_plan_sizes *sizes, ig_memory_plan *out,
                                  ig_error *err) {
  ig_pass_bounds bounds = {.sequences = sizes->tokens / sizes->length + 1,
                           .source_rows = sizes->tokens,
                           .longest_source = sizes->length,
                           .backward = true};
  const size_t values = model->trained_count * sizeof(float);
  ig_pass *pass;
  ig_pass_plan kept, recomputed;
  if (!ig_head_of(model)->loss) return IG_OK;
  if (ig_config_decodes(&model->config)) {
    bounds.target_rows = sizes->tokens;
    bounds.longest_target = sizes->length;
  }
  IG_TRY(ig_pass_create(model, pool, &pass, err));
  ig_status status = ig_pass_measure(pass, &bounds, &kept, err);
  bounds.recompute = true;
  if (status == IG_OK) status = ig_pass_measure(pass, &bounds, &recomputed, err);
  ig_pass_free(pass);
  IG_TRY(status);
  out->trains = true;
  out->training.weights = model->value_count * sizeof(float);
  out->training.gradients = values;
  out->training.moments = 2 * values;
  out->training.scratch = kept.scratch;
  out->training.activations = kept.activations;
  out->training.recomputed = recomputed.activations;
  return IG_OK;
}

static ig_status measure_translation(ig_model *model, ig_pool *pool,
                                     const ig_memory_plan_sizes *sizes, ig_memory_plan *out,
                                     ig_error *err) {
  const int sentences = sizes->tokens > sizes->length ? sizes->tokens / sizes->length : 1;
  const ig_inference_size size = {.sentences = sentences,
                                  .source_rows = sentences * sizes->length,
                                  .memory_rows = sentences * sizes->length,
                                  .longest = sizes->length,
                                  .slots = sentences * sizes->beam_size,
                                  .max_length = sizes->length,
                                  .without_logits = true};
  IG_TRY(ig_inference_measure(model, NULL, &size, &out->running.state, err));
  IG_TRY(ig_inference_measure(model, pool, &size, &out->running.shared, err));
  IG_TRY(ig_pack_bytes(model, sizes->stored, &out->running.weights, err));
  return ig_output_subset_measure(model, &out->running.columns, err);
}

static ig_status measure_encoding(ig_model *model, ig_pool *pool, const ig_memory_plan_sizes *sizes,
                                  ig_memory_plan *out, ig_error *err) {
  const ig_encoder_run_size size = {
      .rows = sizes->tokens > sizes->length ? sizes->tokens : sizes->length,
      .longest = sizes->length,
      .without_outputs = model->config.head.kind != IG_HEAD_SPAN};  // nothing asks for others
  IG_TRY(ig_head_run_measure(model, NULL, &size, &out->running.state, err));
  IG_TRY(ig_head_run_measure(model, pool, &size, &out->running.shared, err));
  return ig_pack_bytes(model, sizes->stored, &out->running.weights, err);
}

ig_status ig_memory_plan_of(const ig_config *config, const ig_memory_plan_sizes *sizes,
                            ig_memory_plan *out, ig_error *err) {
  ig_model *model;
  ig_pool *pool = NULL;
  *out = (ig_memory_plan){.trains = false};
  IG_TRY(ig_create_zeroed(config, "config.json", &model, err));
  model->weight_type =
      sizes->stored ? ig_stored_weights_type(sizes->stored, model->parameter_count, sizes->type)
                    : sizes->type;
  out->running.type = model->weight_type;
  ig_status status = ig_pool_create(sizes->threads, &pool, err);
  if (status == IG_OK) status = measure_training(model, pool, sizes, out, err);
  if (status == IG_OK)
    status = ig_config_decodes(config) ? measure_translation(model, pool, sizes, out, err)
                                       : measure_encoding(model, pool, sizes, out, err);
  ig_pool_free(pool);
  ig_model_free(model);
  return status;
}
