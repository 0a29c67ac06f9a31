// An engine that many threads submit to at the same time: each job gives the bits that it gives
// alone, whatever the engine has to run it and whoever else uses the engine.
#include "decode_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/run/pack.h"
#include "pipeline/engine.h"

enum { SENTENCES = 40, MOST_IDS = 12, VOCABULARY = 50, START = 49, MOST_LENGTH = 20 };

// ---- jobs and their results -------------------------------------------------

static ig_ids sources[SENTENCES], targets[SENTENCES];

static int make_sentences(void **state) {
  (void)state;
  for (int i = 0; i < SENTENCES; i++) {
    for (int j = 0; j < (7 * i) % MOST_IDS; j++)
      if (ig_ids_append(&sources[i], (13 * i + 5 * j) % 48, NULL) != IG_OK) return -1;
    for (int j = 0; j <= (5 * i) % MOST_IDS; j++)
      if (ig_ids_append(&targets[i], (11 * i + 3 * j) % 48, NULL) != IG_OK) return -1;
  }
  return 0;
}

static int free_sentences(void **state) {
  (void)state;
  for (int i = 0; i < SENTENCES; i++) {
    ig_ids_free(&sources[i]);
    ig_ids_free(&targets[i]);
  }
  return 0;
}

// What somebody asks of an engine.
typedef struct request {
  int first, count;  // of the sentences
  int beam_size, max_length;
  bool own_lengths;  // every other sentence brings a shorter length of its own
  bool scoring;
  int batch_tokens;
} request;

typedef struct result {
  int times;  // delivered
  int length;
  int ids[MOST_LENGTH];
  float numbers[MOST_LENGTH];  // the score, or the log-probabilities
} result;

typedef struct answer {
  const request *request;
  result results[SENTENCES];
} answer;

static ig_status keep_decoded(void *context, size_t sentence, const ig_hypothesis *found,
                              ig_error *err) {
  (void)err;
  result *r = &((answer *)context)->results[sentence];
  r->times++;
  r->length = found[0].length;
  memcpy(r->ids, found[0].ids, (size_t)found[0].length * sizeof(int));
  r->numbers[0] = found[0].score;
  return IG_OK;
}

static ig_status keep_scored(void *context, size_t sentence, const ig_engine_scores *scores,
                             ig_error *err) {
  (void)err;
  answer *a = context;
  result *r = &a->results[sentence];
  r->times++;
  r->length = (int)targets[a->request->first + (int)sentence].count;
  memcpy(r->numbers, scores->log_probs, (size_t)r->length * sizeof(float));
  return IG_OK;
}

static ig_status submit(ig_engine *engine, const request *q, answer *a, ig_error *err) {
  static const ig_sentence_options shorter = {.max_length = 5, .forced_bos = 3, .forced_eos = -1};
  ig_queue_sentence sentences[SENTENCES];
  ig_decode_options options = plain_options(q->beam_size, VOCABULARY, START, 0);
  ig_engine_counts counts;
  options.sentence.max_length = q->max_length;
  memset(a, 0, sizeof *a);
  a->request = q;
  for (int i = 0; i < q->count; i++)
    sentences[i] = (ig_queue_sentence){.sources = &sources[q->first + i],
                                       .length = sources[q->first + i].count,
                                       .target = q->scoring ? &targets[q->first + i] : NULL,
                                       .options = q->own_lengths && i % 2 ? &shorter : NULL};
  const ig_engine_job job = {.sentences = sentences,
                             .count = (size_t)q->count,
                             .options = &options,
                             .batch_tokens = q->batch_tokens,
                             .decoded = q->scoring ? NULL : keep_decoded,
                             .scored = q->scoring ? keep_scored : NULL,
                             .context = a};
  return ig_engine_run(engine, &job, &counts, err);
}

static void expect_same(const answer *found, const answer *expected) {
  const request *q = found->request;
  for (int i = 0; i < q->count; i++) {
    const int times = sources[q->first + i].count > 0;  // a sentence without ids has no answer
    assert_int_equal(found->results[i].times, times);
    assert_memory_equal(&found->results[i], &expected->results[i], sizeof found->results[i]);
  }
}

// ---- several at a time ------------------------------------------------------

static const request requests[] = {
    {.first = 0, .count = SENTENCES, .beam_size = 4, .max_length = 20, .batch_tokens = 64},
    {.first = 3, .count = 1, .beam_size = 1, .max_length = 20, .batch_tokens = 2048},
    {.first = 5,
     .count = 6,
     .beam_size = 4,
     .max_length = 20,
     .own_lengths = true,
     .batch_tokens = 2048},
    {.first = 10, .count = 20, .beam_size = 1, .max_length = 9, .batch_tokens = 30},
    {.first = 1, .count = 6, .scoring = true, .beam_size = 1, .max_length = 20, .batch_tokens = 40},
    {.first = 7, .count = 2, .beam_size = 4, .max_length = 20, .batch_tokens = 2048},
};
enum { REQUESTS = sizeof requests / sizeof *requests, TIMES = 6 };

typedef struct submitter {
  ig_engine *engine;
  int number;
  const answer *expected;  // (REQUESTS)
  answer found;
  int faults;
} submitter;

// cmocka's assertions are for the main thread.
static void *submit_again_and_again(void *context) {
  submitter *s = context;
  for (int i = 0; i < TIMES; i++) {
    const int k = (s->number + i) % REQUESTS;
    if (submit(s->engine, &requests[k], &s->found, NULL) != IG_OK ||
        memcmp(s->found.results, s->expected[k].results, sizeof s->found.results) != 0)
      s->faults++;
  }
  return NULL;
}

static void test_jobs_of_many_threads(void **state) {
  (void)state;
  static answer expected[REQUESTS], again;
  static submitter submitters[REQUESTS];
  ig_model *model = small_model(VOCABULARY, START);
  ig_engine *engine;
  ig_error err = {0};
  assert_int_equal(ig_pack_model(model, NULL), IG_OK);
  assert_int_equal(ig_engine_borrow(model, NULL, NULL, &engine, NULL), IG_OK);
  for (int k = 0; k < REQUESTS; k++) {
    if (submit(engine, &requests[k], &expected[k], &err) != IG_OK) fail_msg("%s", err.message);
    assert_int_equal(submit(engine, &requests[k], &again, &err), IG_OK);
    expect_same(&again, &expected[k]);
  }
  ig_engine_free(engine);
  for (int threads = 1; threads <= 3; threads++) {
    ig_pool *pool;
    pthread_t running[REQUESTS];
    assert_int_equal(ig_pool_create(threads, &pool, NULL), IG_OK);
    assert_int_equal(ig_engine_borrow(model, NULL, pool, &engine, NULL), IG_OK);
    for (int i = 0; i < REQUESTS; i++) {
      submitters[i] = (submitter){.engine = engine, .number = i, .expected = expected};
      assert_int_equal(pthread_create(&running[i], NULL, submit_again_and_again, &submitters[i]),
                       0);
    }
    for (int i = 0; i < REQUESTS; i++) {
      pthread_join(running[i], NULL);
      assert_int_equal(submitters[i].faults, 0);
    }
    ig_engine_free(engine);
    ig_pool_free(pool);
  }
  ig_model_free(model);
}

static void test_sentences_with_lengths_of_their_own(void **state) {
  (void)state;
  static answer a;
  ig_model *model = small_model(VOCABULARY, START);
  ig_engine *engine;
  assert_int_equal(ig_engine_borrow(model, NULL, NULL, &engine, NULL), IG_OK);
  assert_int_equal(submit(engine, &requests[2], &a, NULL), IG_OK);
  for (int i = 1; i < requests[2].count; i += 2) {
    assert_in_range(a.results[i].length, 1, 5);
    assert_int_equal(a.results[i].ids[0], 3);
  }
  ig_engine_free(engine);
  ig_model_free(model);
}

// ---- errors -----------------------------------------------------------------

static ig_status refuse(void *context, size_t sentence, const ig_hypothesis *found, ig_error *err) {
  (void)context, (void)sentence, (void)found;
  snprintf(err->message, sizeof err->message, "the disk is full");
  return IG_ERROR_IO;
}

// A job that fails leaves the engine as it was: the next one gives the same as ever.
static void test_a_failing_job_harms_no_other(void **state) {
  (void)state;
  static answer expected, found;
  ig_model *model = small_model(VOCABULARY, START);
  ig_pool *pool;
  ig_engine *engine;
  const ig_decode_options options = plain_options(4, VOCABULARY, START, 0);
  ig_queue_sentence sentences[SENTENCES];
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  assert_int_equal(ig_pack_model(model, NULL), IG_OK);
  assert_int_equal(ig_engine_borrow(model, NULL, pool, &engine, NULL), IG_OK);
  assert_int_equal(submit(engine, &requests[0], &expected, NULL), IG_OK);
  for (int i = 0; i < SENTENCES; i++)
    sentences[i] = (ig_queue_sentence){.sources = &sources[i], .length = sources[i].count};
  for (int count = 2; count <= SENTENCES; count += SENTENCES - 2) {
    const ig_engine_job job = {.sentences = sentences,
                               .count = (size_t)count,
                               .options = &options,
                               .batch_tokens = 2048,
                               .decoded = refuse};
    ig_engine_counts counts;
    ig_error err = {0};
    assert_int_equal(ig_engine_run(engine, &job, &counts, &err), IG_ERROR_IO);
    assert_string_equal(err.message, "the disk is full");
    assert_int_equal(submit(engine, &requests[0], &found, NULL), IG_OK);
    expect_same(&found, &expected);
  }
  ig_engine_free(engine);
  ig_pool_free(pool);
  ig_model_free(model);
}

static void test_the_pool_is_lent_when_nobody_works(void **state) {
  (void)state;
  ig_model *model = small_model(VOCABULARY, START);
  ig_pool *pool, *lent, *second;
  ig_engine *engine;
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  assert_int_equal(ig_engine_borrow(model, NULL, pool, &engine, NULL), IG_OK);
  assert_true(ig_engine_lend_pool(engine, &lent));
  assert_ptr_equal(lent, pool);
  assert_false(ig_engine_lend_pool(engine, &second));
  assert_null(second);
  ig_engine_return_pool(engine);
  assert_true(ig_engine_lend_pool(engine, &lent));
  ig_engine_return_pool(engine);
  ig_engine_free(engine);
  ig_pool_free(pool);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_jobs_of_many_threads),
      cmocka_unit_test(test_sentences_with_lengths_of_their_own),
      cmocka_unit_test(test_a_failing_job_harms_no_other),
      cmocka_unit_test(test_the_pool_is_lent_when_nobody_works),
  };
  return cmocka_run_group_tests(tests, make_sentences, free_sentences);
}
