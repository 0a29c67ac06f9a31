// Scoring of given targets, all positions at once, against stepping through them one by one.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decode/scorer.h"
#include "decode/search.h"
#include "model/run/inference.h"
#include "model/run/pack.h"
#include "decode_fixture.h"

enum { SENTENCES = 7, LONGEST = 40, MOST_ROWS = SENTENCES * LONGEST, VOCABULARY = 50, START = 49 };

// Targets shorter and longer than a block of attention, an empty one among them.
typedef struct example {
  int source[MOST_ROWS], target[MOST_ROWS], source_offsets[SENTENCES + 1],
      target_offsets[SENTENCES + 1];
} example;

static void fill_example(example *e) {
  static const int source_lengths[SENTENCES] = {5, 1, 40, 9, 3, 2, 17},
                   target_lengths[SENTENCES] = {3, 40, 33, 0, 1, 9, 4};
  e->source_offsets[0] = e->target_offsets[0] = 0;
  for (int s = 0; s < SENTENCES; s++) {
    e->source_offsets[s + 1] = e->source_offsets[s] + source_lengths[s];
    e->target_offsets[s + 1] = e->target_offsets[s] + target_lengths[s];
  }
  for (int i = 0; i < MOST_ROWS; i++) {
    e->source[i] = (7 * i + i * i) % 48;
    e->target[i] = (11 * i + i * i * 3) % 48;
  }
}

// Scores sentences first .. last-1.
static ig_status score(ig_scorer *scorer, const example *e, int first, int last, float *log_probs,
                       ig_error *err) {
  int source[SENTENCES + 1], target[SENTENCES + 1];
  for (int s = first; s <= last; s++) {
    source[s - first] = e->source_offsets[s] - e->source_offsets[first];
    target[s - first] = e->target_offsets[s] - e->target_offsets[first];
  }
  const ig_score_args args = {.source = {last - first, source},
                              .target = {last - first, target},
                              .source_ids = e->source + e->source_offsets[first],
                              .target_ids = e->target + e->target_offsets[first]};
  return ig_scorer_run(scorer, &args, log_probs + e->target_offsets[first], err);
}

static ig_scorer *open_scorer(const ig_model *model, ig_pool *pool) {
  ig_scorer *scorer;
  assert_int_equal(ig_scorer_create(model, pool, START, &scorer, NULL), IG_OK);
  return scorer;
}

// Sentence s token by token, through the cache.
static void step_through(const ig_model *model, const example *e, int s, float *log_probs) {
  const int source = e->source_offsets[s], length = e->source_offsets[s + 1] - source,
            target = e->target_offsets[s];
  const ig_inference_size size = {.sentences = 1,
                                  .source_rows = length,
                                  .memory_rows = length,
                                  .longest = length,
                                  .slots = 1,
                                  .max_length = LONGEST};
  const ig_kernels *kernels;
  ig_inference *inference;
  int history[LONGEST];
  for (int t = 0; t < LONGEST; t++) history[t] = t;
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  assert_int_equal(ig_inference_create(model, NULL, &size, &inference, NULL), IG_OK);
  ig_inference_encode(inference, e->source + source, &(ig_ragged){1, (const int[]){0, length}});
  for (int t = 0; target + t < e->target_offsets[s + 1]; t++) {
    const int *id = e->target + target + t, start = START;
    const float *logits = ig_decoder_run_step(
        inference->decoder,
        &(ig_decoder_step){1, t ? id - 1 : &start, &t, (const int[]){0}, history});
    log_probs[target + t] = logits[*id] - kernels->log_sum_exp(VOCABULARY, logits);
  }
  ig_inference_free(inference);
}

static void test_agrees_with_stepping(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  ig_model *model = small_model(VOCABULARY, START);
  for (int packed = 0; packed < 2; packed++) {
    float found[MOST_ROWS], expected[MOST_ROWS];
    ig_scorer *scorer = open_scorer(model, NULL);
    assert_int_equal(score(scorer, &e, 0, SENTENCES, found, NULL), IG_OK);
    for (int s = 0; s < SENTENCES; s++) step_through(model, &e, s, expected);
    for (int r = 0; r < e.target_offsets[SENTENCES]; r++)
      if (!(fabsf(found[r] - expected[r]) <= 1e-5f * (1 + fabsf(expected[r]))))
        fail_msg("row %d: %g, expected %g", r, (double)found[r], (double)expected[r]);
    ig_scorer_free(scorer);
    assert_int_equal(ig_pack_model(model, NULL), IG_OK);
  }
  ig_model_free(model);
}

static void test_same_bits_in_any_company(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  ig_model *model = small_model(VOCABULARY, START);
  ig_pool *pool;
  float together[MOST_ROWS], alone[MOST_ROWS];
  assert_int_equal(ig_pool_create(3, &pool, NULL), IG_OK);
  ig_scorer *threaded = open_scorer(model, pool), *serial = open_scorer(model, NULL);
  assert_int_equal(score(threaded, &e, 0, SENTENCES, together, NULL), IG_OK);
  for (int group = 1; group <= SENTENCES; group += 2) {
    for (int s = 0; s < SENTENCES; s += group)
      assert_int_equal(
          score(serial, &e, s, s + group < SENTENCES ? s + group : SENTENCES, alone, NULL), IG_OK);
    assert_memory_equal(together, alone, (size_t)e.target_offsets[SENTENCES] * sizeof(float));
  }
  ig_scorer_free(threaded);
  ig_scorer_free(serial);
  ig_pool_free(pool);
  ig_model_free(model);
}

// Scoring what beam search found must give back its score.
static void test_agrees_with_the_search(void **state) {
  (void)state;
  ig_decode_options options = plain_options(4, VOCABULARY, START, 0);
  options.length_penalty = 0;  // the score is the sum
  const ig_inference_size size = {.sentences = SENTENCES,
                                  .source_rows = MOST_ROWS,
                                  .memory_rows = MOST_ROWS,
                                  .longest = LONGEST,
                                  .slots = 4 * SENTENCES,
                                  .max_length = 20};
  example e;
  fill_example(&e);
  ig_model *model = small_model(VOCABULARY, START);
  const ig_kernels *kernels;
  ig_inference *inference;
  ig_search *search;
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  assert_int_equal(ig_inference_create(model, NULL, &size, &inference, NULL), IG_OK);
  assert_int_equal(ig_search_create(&options, kernels, NULL, SENTENCES, &search, NULL), IG_OK);
  ig_inference_encode(inference, e.source, &(ig_ragged){SENTENCES, e.source_offsets});
  const ig_stepper stepper = ig_search_stepper_of(inference->decoder);
  const ig_hypothesis *found;
  assert_int_equal(ig_search_run(search, &stepper, SENTENCES, &found, NULL), IG_OK);
  for (int s = 0; s < SENTENCES; s++) {
    e.target_offsets[s + 1] = e.target_offsets[s] + found[s].length;
    memcpy(e.target + e.target_offsets[s], found[s].ids, (size_t)found[s].length * sizeof(int));
  }
  float log_probs[MOST_ROWS];
  ig_scorer *scorer = open_scorer(model, NULL);
  assert_int_equal(score(scorer, &e, 0, SENTENCES, log_probs, NULL), IG_OK);
  for (int s = 0; s < SENTENCES; s++) {
    float sum = 0;
    for (int r = e.target_offsets[s]; r < e.target_offsets[s + 1]; r++) sum += log_probs[r];
    assert_true(fabsf(sum - found[s].score) < 1e-5f * (1 + fabsf(sum)));
  }
  ig_scorer_free(scorer);
  ig_search_free(search);
  ig_inference_free(inference);
  ig_model_free(model);
}

static void test_nan_is_an_error(void **state) {
  (void)state;
  example e;
  fill_example(&e);
  ig_model *model = small_model(VOCABULARY, START);
  ig_scorer *scorer = open_scorer(model, NULL);
  ig_error err = {0};
  float log_probs[MOST_ROWS];
  for (int r = 0; r < e.target_offsets[2]; r++) e.target[r] = r == e.target_offsets[1] + 4 ? 7 : 5;
  for (int i = 0; i < model->config.d_model; i++)
    model->values[7 * model->config.d_model + i] = NAN;  // the shared embedding comes first
  assert_int_equal(score(scorer, &e, 0, 2, log_probs, &err), IG_ERROR_DIVERGED);
  assert_non_null(strstr(err.message, "NaN"));
  ig_scorer_free(scorer);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agrees_with_stepping),
      cmocka_unit_test(test_same_bits_in_any_company),
      cmocka_unit_test(test_agrees_with_the_search),
      cmocka_unit_test(test_nan_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
