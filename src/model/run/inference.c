// The two runs of one model, made and fed together.
#include "model/run/inference.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

static ig_encoder_run_size encoder_size(const ig_inference_size *size) {
  return (ig_encoder_run_size){.rows = size->source_rows, .longest = size->longest};
}

static ig_decoder_run_size decoder_size(const ig_inference_size *size) {
  return (ig_decoder_run_size){.seats = size->sentences,
                               .joining_rows = size->source_rows,
                               .memory_rows = size->memory_rows,
                               .longest = size->longest,
                               .slots = size->slots,
                               .max_length = size->max_length,
                               .without_logits = size->without_logits,
                               .attended = size->attended};
}

static ig_status measure_runs(ig_run_context *context, const ig_inference_size *size,
                              ig_run_needs *out, ig_error *err) {
  const ig_encoder_run_size encoder = encoder_size(size);
  const ig_decoder_run_size decoder = decoder_size(size);
  ig_run_needs encoding, decoding;
  IG_TRY(ig_encoder_run_measure(context, &encoder, &encoding, err));
  IG_TRY(ig_decoder_run_measure(context, &decoder, &decoding, err));
  *out = ig_run_context_needs_of_both(&encoding, &decoding);
  if (out->overflow)
    return ig_fail(err, IG_ERROR_MEMORY,
                   "%d hypotheses of %d positions need more memory than can be addressed",
                   size->slots, size->max_length);
  return IG_OK;
}

static ig_status create_runs(ig_inference *p, const ig_model *model, ig_pool *pool,
                             const ig_inference_size *size, ig_error *err) {
  IG_TRY(ig_config_check_decodes(&model->config, "decoding", err));
  const ig_encoder_run_size encoder = encoder_size(size);
  const ig_decoder_run_size decoder = decoder_size(size);
  ig_run_needs needs;
  IG_TRY(ig_run_context_create(model, pool, &p->context, err));
  IG_TRY(measure_runs(&p->context, size, &needs, err));
  // At once for both: the table of positions is computed only once.
  IG_TRY(ig_run_context_reserve(&p->context, &needs, NULL, err));
  IG_TRY(ig_encoder_run_create(&p->context, &encoder, &p->encoder, err));
  return ig_decoder_run_create(&p->context, &decoder, &p->decoder, err);
}

ig_status ig_inference_create(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                              ig_inference **out, ig_error *err) {
  *out = NULL;
  ig_inference *p = ig_allocate(1, sizeof *p, err);
  if (!p) return IG_ERROR_MEMORY;
  const ig_status status = create_runs(p, model, pool, size, err);
  if (status != IG_OK) {
    ig_inference_free(p);
    return status;
  }
  *out = p;
  return IG_OK;
}

ig_status ig_inference_measure(const ig_model *model, ig_pool *pool, const ig_inference_size *size,
                               size_t *bytes, ig_error *err) {
  ig_run_context context;
  ig_run_needs needs;
  IG_TRY(ig_run_context_create(model, pool, &context, err));
  IG_TRY(measure_runs(&context, size, &needs, err));
  *bytes = ig_run_context_bytes(model, &needs);
  return IG_OK;
}

void ig_inference_free(ig_inference *p) {
  if (!p) return;
  ig_encoder_run_free(p->encoder);
  ig_decoder_run_free(p->decoder);
  ig_run_context_free(&p->context);
  free(p);
}

void ig_inference_join(ig_inference *p, const int *seats, const int *ids,
                       const ig_ragged *sentences) {
  ig_decoder_run_join(p->decoder, seats, ig_encoder_run_forward(p->encoder, ids, sentences),
                      sentences);
}

void ig_inference_encode(ig_inference *p, const int *ids, const ig_ragged *sentences) {
  ig_decoder_run_leave_all(p->decoder);
  ig_inference_join(p, NULL, ids, sentences);
}
