// Greedy generation by id with a model in memory.
#include <string.h>

#include "base/fail.h"
#include "decode/search.h"
#include "model/run/inference.h"

static ig_status check_args(const ig_model *model, const ig_generate_args *args, ig_error *err) {
  const int longest = ig_decode_options_longest(&model->config),
            vocab_size = model->config.vocab_size;
  IG_TRY(ig_fail_if_null(args->source, "source", err));
  if (args->source_length < 1 || args->source_length > longest)
    return ig_fail(err, IG_ERROR_ARGUMENT, "source: expected 1 to %d ids, found %d", longest,
                   args->source_length);
  for (int i = 0; i < args->source_length; i++)
    if (args->source[i] < 0 || args->source[i] >= vocab_size)
      return ig_fail(err, IG_ERROR_ARGUMENT, "source id %d: expected 0 to %d, found %d", i + 1,
                     vocab_size - 1, args->source[i]);
  if (args->max_length < 1 || args->max_length > longest)
    return ig_fail(err, IG_ERROR_ARGUMENT, "max_length: expected 1 to %d, found %d", longest,
                   args->max_length);
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

static ig_status encode_and_search(const ig_model *model, const ig_decode_options *options,
                                   const ig_generate_args *args, int *out, int *length,
                                   ig_error *err) {
  const ig_inference_size size = {.sentences = 1,
                                  .source_rows = args->source_length,
                                  .memory_rows = args->source_length,
                                  .longest = args->source_length,
                                  .slots = 1,
                                  .max_length = args->max_length,
                                  .without_logits = ig_choice_serves(options)};
  ig_inference *inference;
  IG_TRY(ig_inference_create(model, NULL, &size, &inference, err));
  ig_inference_encode(inference, args->source,
                      &(ig_ragged){1, (const int[]){0, args->source_length}});
  const ig_status status = search_greedily(options, inference, out, length, err);
  ig_inference_free(inference);
  return status;
}

ig_status ig_generate(ig_model *model, const ig_generate_args *args, int *out, int *length,
                      ig_error *err) {
  ig_decode_options options;
  IG_TRY(ig_fail_if_null(length, "length", err));
  *length = 0;
  IG_TRY(ig_fail_if_null(model, "model", err));
  IG_TRY(ig_fail_if_null(args, "args", err));
  IG_TRY(ig_fail_if_null(out, "out", err));
  IG_TRY(ig_config_check_decodes(&model->config, "generation", err));
  IG_TRY(check_args(model, args, err));
  IG_TRY(ig_decode_options_load(model, &options, err));
  options.beam_size = 1;
  options.n_best = 1;
  options.sentence.max_length = args->max_length;
  if (options.sentence.min_length > args->max_length)
    options.sentence.min_length = args->max_length;
  const ig_status status = encode_and_search(model, &options, args, out, length, err);
  ig_decode_options_free(&options);
  return status;
}
