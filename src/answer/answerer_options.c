#include "answer/answerer_options.h"

#include <math.h>

#include "answer/answerer_state.h"
#include "base/fail.h"

enum { USUAL_LENGTH = 384, USUAL_STRIDE = 128, USUAL_BATCH_TOKENS = 2048, USUAL_GENERATED = 30 };

ig_answerer_options ig_answerer_options_default(void) {
  return (ig_answerer_options){.stride = -1, .length_penalty = NAN};
}

// Tokens of a window that every member has positions for.
static int most_positions(const ig_engine_members *members) {
  int most = 0;
  for (int m = 0; m < members->models.count; m++) {
    const int its = members->models.list[m].model->config.positions.count;
    if (its && (!most || its < most)) most = its;
  }
  return most;
}

static ig_status settle_lengths(ig_answerer_options *o, const ig_engine_members *members,
                                ig_error *err) {
  const int positions = most_positions(members);
  if (o->max_length == 0)
    o->max_length = positions && positions < USUAL_LENGTH ? positions : USUAL_LENGTH;
  IG_TRY(ig_fail_if_outside("max_length", o->max_length, 1, positions ? positions : 1 << 20, err));
  if (o->stride == -1)
    o->stride = o->max_length / 2 < USUAL_STRIDE ? o->max_length / 2 : USUAL_STRIDE;
  return ig_fail_if_outside("stride", o->stride, 0, o->max_length - 1, err);
}

static ig_status fail_of_kind(const ig_answerer *a, const char *option, ig_error *err) {
  return ig_fail(err, IG_ERROR_ARGUMENT, "%s: the model %s", option,
                 a->generates ? "generates its answers: the option is of encoders, which find them"
                              : "is an encoder, which finds answers: the option is of models that "
                                "generate them");
}

static ig_status settle_extraction(ig_answerer *a, ig_error *err) {
  ig_answerer_options *o = &a->options;
  const bool pipeline = o->post_processing == IG_POST_PROCESSING_PIPELINE;
  if (o->beam_size != 0) return fail_of_kind(a, "beam_size", err);
  if (!isnan(o->length_penalty)) return fail_of_kind(a, "length_penalty", err);
  if (o->n_best == 0) o->n_best = pipeline ? 1 : 20;
  if (o->max_answer_length == 0) o->max_answer_length = pipeline ? 15 : 30;
  return ig_fail_if_outside("max_answer_length", o->max_answer_length, 1, 1 << 20, err);
}

// The model's own settings, and the caller's. Answers are searched for, never drawn.
static ig_status settle_generation(ig_answerer *a, ig_error *err) {
  ig_answerer_options *o = &a->options;
  ig_decode_options *d = &a->decode;
  const int longest = ig_members_longest(ig_engine_members_of(a->engine));
  if (o->post_processing != IG_POST_PROCESSING_PIPELINE)
    return fail_of_kind(a, "post_processing", err);
  if (o->part_words) return fail_of_kind(a, "part_words", err);
  if (o->null_threshold != 0) return fail_of_kind(a, "null_threshold", err);
  if (o->n_best == 0) o->n_best = 1;
  if (o->max_answer_length == 0)
    o->max_answer_length = longest < USUAL_GENERATED ? longest : USUAL_GENERATED;
  IG_TRY(ig_fail_if_outside("max_answer_length", o->max_answer_length, 1, longest, err));
  *d = *ig_engine_defaults(a->engine);
  d->sampling.on = false;
  d->score_greedy = true;
  d->n_best = o->n_best;
  if (o->beam_size != 0) d->beam_size = o->beam_size;
  if (!isnan(o->length_penalty)) d->length_penalty = o->length_penalty;
  d->sentence.max_length = o->max_answer_length;
  if (d->sentence.min_length > o->max_answer_length) d->sentence.min_length = o->max_answer_length;
  return ig_decode_options_check(d, err);
}

ig_status ig_answerer_options_settle(ig_answerer *a, ig_error *err) {
  ig_answerer_options *o = &a->options;
  IG_TRY(ig_fail_if_outside("post_processing", (long)o->post_processing,
                            IG_POST_PROCESSING_PIPELINE, IG_POST_PROCESSING_RUN_QA, err));
  IG_TRY(a->generates ? settle_generation(a, err) : settle_extraction(a, err));
  if (o->batch_tokens == 0) o->batch_tokens = USUAL_BATCH_TOKENS;
  IG_TRY(ig_fail_if_outside("n_best", o->n_best, 1, 10000, err));
  IG_TRY(ig_fail_if_outside("batch_tokens", o->batch_tokens, 1, 1 << 24, err));
  return settle_lengths(o, ig_engine_members_of(a->engine), err);
}
