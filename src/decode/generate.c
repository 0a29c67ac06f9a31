// Greedy generation by id with a model in memory.
#include <string.h>

#include "base/fail.h"
#include "decode/search.h"
#include "model/run/inference.h"

static ig_status check_source(const ig_model *model, const int *source, int length, ig_error *err) {
  if (length < 1 || length > ig_decode_options_longest(&model->config))
    return ig_fail(err, IG_ERROR_ARGUMENT, "source: expected 1 to %d ids, found %d",
                   ig_decode_options_longest(&model->config), length);
  for (int i = 0; i < length; i++)
    if (source[i] < 0 || source[i] >= model->config.vocab_size)
      return ig_fail(err, IG_ERROR_ARGUMENT, "source id %d: expected 0 to %d, found %d", i + 1,
                     model->config.vocab_size - 1, source[i]);
  return IG_OK;
}

// The inference has encoded the source in seat 0.
static ig_status search_greedily(const ig_decode_options *options, ig_inference *inference,
                                 int *out, int *length, ig_error *err) {
  const ig_kernels *kernels;
  ig_search *search;
  const ig_hypothesis *found;
  IG_TRY(ig_kernels_select(&kernels, err));
  IG_TRY(ig_search_create(options, kernels, NULL, 1, &search, err));
  const ig_stepper stepper = ig_search_stepper_of(inference->decoder);
  const ig_status status = ig_search_run(search, &stepper, 1, &found, err);
  if (status == IG_OK) {
    *length = found->length;
    memcpy(out, found->ids, (size_t)found->length * sizeof *out);
  }
  ig_search_free(search);
  return status;
}

ig_status ig_generate(ig_model *model, const int *source, int source_length, int max_length,
                      int *out, int *length, ig_error *err) {
  ig_decode_options options;
  ig_inference *inference = NULL;
  *length = 0;
  IG_TRY(ig_fail_if_null(model, "model", err));
  IG_TRY(ig_fail_if_null(source, "source", err));
  IG_TRY(check_source(model, source, source_length, err));
  if (max_length < 1 || max_length > ig_decode_options_longest(&model->config))
    return ig_fail(err, IG_ERROR_ARGUMENT, "max_length: expected 1 to %d, found %d",
                   ig_decode_options_longest(&model->config), max_length);
  IG_TRY(ig_decode_options_load(model, &options, err));
  options.beam_size = 1;
  options.n_best = 1;
  options.sentence.max_length = max_length;
  if (options.sentence.min_length > max_length) options.sentence.min_length = max_length;
  const ig_inference_size size = {.sentences = 1,
                                  .source_rows = source_length,
                                  .memory_rows = source_length,
                                  .longest = source_length,
                                  .slots = 1,
                                  .max_length = max_length};
  ig_status status = ig_inference_create(model, NULL, &size, &inference, err);
  if (status == IG_OK) {
    ig_inference_encode(inference, source, &(ig_ragged){1, (const int[]){0, source_length}});
    status = search_greedily(&options, inference, out, length, err);
  }
  ig_inference_free(inference);
  ig_decode_options_free(&options);
  return status;
}
