// An encoder run, and memory for what its head reads and gives.
#include "model/run/head_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/head/head.h"

struct ig_head_run {
  ig_run_context context;
  ig_encoder_run *encoder;
  const ig_head *head;
  ig_arena arena;
  float *first_rows;  // (sequences, d_model), of a head of sequences
  float *outputs;     // (rows or sequences, columns); NULL: there is none, or none is wanted
};

static void carve(ig_head_run *run, ig_arena *arena, const ig_encoder_run_size *size) {
  const size_t rows = (size_t)size->rows, columns = (size_t)run->head->outputs(run->context.model);
  run->outputs = NULL;
  if (size->without_outputs) return;
  if (run->head->of_sequences)
    run->first_rows = IG_TAKE(arena, float, rows *(size_t)run->context.model->config.d_model);
  run->outputs = columns ? IG_TAKE(arena, float, rows *columns) : NULL;
}

static ig_status measure_needs(ig_head_run *run, const ig_encoder_run_size *size, ig_run_needs *out,
                               ig_error *err) {
  ig_run_needs encoder;
  IG_TRY(ig_encoder_run_measure(&run->context, size, &encoder, err));
  ig_arena plan = ig_arena_measure();
  carve(run, &plan, size);
  ig_run_needs head = {.state = plan.peak, .overflow = plan.overflow};
  if (!size->without_outputs)
    head.scratch = run->head->forward_scratch(&run->context.nn, run->context.model, size->rows);
  *out = ig_run_context_needs_of_both(&encoder, &head);
  if (!out->overflow) return IG_OK;
  return ig_fail(err, IG_ERROR_MEMORY, "%d tokens need more memory than can be addressed",
                 size->rows);
}

static ig_status reserve(ig_head_run *run, const ig_encoder_run_size *size, ig_error *err) {
  ig_run_needs needs;
  ig_arena plan = ig_arena_measure();
  IG_TRY(measure_needs(run, size, &needs, err));
  IG_TRY(ig_run_context_reserve(&run->context, &needs, NULL, err));
  IG_TRY(ig_encoder_run_create(&run->context, size, &run->encoder, err));
  carve(run, &plan, size);
  IG_TRY(ig_arena_create(&run->arena, plan.peak, err));
  carve(run, &run->arena, size);
  return IG_OK;
}

// Without buffers.
static ig_status create_empty(const ig_model *model, ig_pool *pool, ig_head_run **out,
                              ig_error *err) {
  *out = NULL;
  ig_head_run *run = ig_allocate(1, sizeof *run, err);
  if (!run) return IG_ERROR_MEMORY;
  run->head = ig_head_of(model);
  const ig_status status = ig_run_context_create(model, pool, &run->context, err);
  if (status != IG_OK) {
    ig_head_run_free(run);
    return status;
  }
  *out = run;
  return IG_OK;
}

ig_status ig_head_run_create(const ig_model *model, ig_pool *pool, const ig_encoder_run_size *size,
                             ig_head_run **out, ig_error *err) {
  IG_TRY(create_empty(model, pool, out, err));
  const ig_status status = reserve(*out, size, err);
  if (status != IG_OK) {
    ig_head_run_free(*out);
    *out = NULL;
  }
  return status;
}

ig_status ig_head_run_measure(const ig_model *model, ig_pool *pool, const ig_encoder_run_size *size,
                              size_t *bytes, ig_error *err) {
  ig_head_run *run;
  ig_run_needs needs;
  IG_TRY(create_empty(model, pool, &run, err));
  const ig_status status = measure_needs(run, size, &needs, err);
  if (status == IG_OK) *bytes = ig_run_context_bytes(model, &needs);
  ig_head_run_free(run);
  return status;
}

void ig_head_run_free(ig_head_run *run) {
  if (!run) return;
  ig_encoder_run_free(run->encoder);
  ig_arena_free(&run->arena);
  ig_run_context_free(&run->context);
  free(run);
}

void ig_head_run_watch(ig_head_run *run, ig_interrupt_watch *watch) {
  run->context.nn.watch = watch;
}

static const float *gather_first_rows(ig_head_run *run, const ig_ragged *rows,
                                      const float *hidden) {
  const size_t d = (size_t)run->context.model->config.d_model;
  for (int s = 0; s < rows->sequences; s++)
    memcpy(run->first_rows + (size_t)s * d, hidden + (size_t)rows->offsets[s] * d,
           d * sizeof *hidden);
  return run->first_rows;
}

ig_head_run_result ig_head_run_forward(ig_head_run *run, const ig_head_run_batch *batch) {
  const float *hidden =
      ig_encoder_run_forward_typed(run->encoder, batch->ids, batch->types, batch->rows);
  ig_head_run_result result = {.hidden = hidden,
                               .hidden_columns = run->context.model->config.d_model,
                               .columns = run->head->outputs(run->context.model),
                               .of_sequences = run->head->of_sequences};
  if (!run->outputs) return result;
  const bool all = !run->head->of_sequences;
  run->head->forward(&run->context.nn, run->context.model,
                     all ? ig_ragged_rows(batch->rows) : batch->rows->sequences,
                     all ? hidden : gather_first_rows(run, batch->rows, hidden), run->outputs);
  result.outputs = run->outputs;
  return result;
}
