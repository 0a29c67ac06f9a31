// An encoder with memory for batches up to a size.
#include "model/run/encoder_run.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/run/encoder.h"

struct ig_encoder_run {
  ig_run_context *context;
  ig_arena arena;
  ig_encoder_state encoder;
};

static ig_status create_without_buffers(ig_run_context *context, ig_encoder_run **out,
                                        ig_error *err) {
  ig_encoder_run *run = ig_allocate(1, sizeof *run, err);
  if (!run) return IG_ERROR_MEMORY;
  run->context = context;
  const ig_status status = ig_encoder_create(context->model, &run->encoder, err);
  if (status != IG_OK) {
    ig_encoder_run_free(run);
    return status;
  }
  *out = run;
  return IG_OK;
}

static ig_run_needs measure_needs(ig_encoder_run *run, const ig_encoder_run_size *size) {
  const ig_attention_sizes sizes = {.rows = size->rows, .max_keys = size->longest};
  ig_arena plan = ig_arena_measure();
  ig_encoder_carve(&run->encoder, &plan, run->context->model, size->rows, IG_KEEPING_NOTHING);
  return (ig_run_needs){.state = plan.peak,
                        .scratch = ig_encoder_scratch(run->context, &sizes),
                        .positions = size->longest,
                        .overflow = plan.overflow};
}

static ig_status reserve_buffers(ig_encoder_run *run, const ig_encoder_run_size *size,
                                 ig_error *err) {
  const ig_run_needs needs = measure_needs(run, size);
  IG_TRY(ig_run_context_reserve(run->context, &needs, NULL, err));
  IG_TRY(ig_arena_create(&run->arena, needs.state, err));
  ig_encoder_carve(&run->encoder, &run->arena, run->context->model, size->rows, IG_KEEPING_NOTHING);
  return IG_OK;
}

ig_status ig_encoder_run_create(ig_run_context *context, const ig_encoder_run_size *size,
                                ig_encoder_run **out, ig_error *err) {
  *out = NULL;
  ig_encoder_run *run = NULL;
  IG_TRY(create_without_buffers(context, &run, err));
  const ig_status status = reserve_buffers(run, size, err);
  if (status != IG_OK) {
    ig_encoder_run_free(run);
    return status;
  }
  *out = run;
  return IG_OK;
}

ig_status ig_encoder_run_measure(ig_run_context *context, const ig_encoder_run_size *size,
                                 ig_run_needs *out, ig_error *err) {
  ig_encoder_run *run = NULL;
  IG_TRY(create_without_buffers(context, &run, err));
  *out = measure_needs(run, size);
  ig_encoder_run_free(run);
  return IG_OK;
}

void ig_encoder_run_free(ig_encoder_run *run) {
  if (!run) return;
  ig_arena_free(&run->arena);
  ig_encoder_free(&run->encoder);
  free(run);
}

const float *ig_encoder_run_forward_typed(ig_encoder_run *run, const int *ids, const int *types,
                                          const ig_ragged *sentences) {
  const ig_encoder_view view = {.rows = *sentences, .ids = ids, .types = types};
  return ig_encoder_forward(run->context, &run->encoder, &view);
}

const float *ig_encoder_run_forward(ig_encoder_run *run, const int *ids,
                                    const ig_ragged *sentences) {
  return ig_encoder_run_forward_typed(run, ids, NULL, sentences);
}
