// Where a job looks whether it is to end: between encoded parts, around steps, within products.
// Counted, not timed. The linker sends the library's calls of the two functions here.
#include "decode_fixture.h"

#include <string.h>

#include "base/interrupt.h"
#include "model_fixture.h"
#include "pipeline/engine.h"

enum { SENTENCES = 2, MOST_IDS = 200, LENGTH = 5, VOCABULARY = 50, START = 49 };

ig_status __real_ig_interrupt_check(ig_interrupt_watch *watch, ig_error *err);
ig_status __wrap_ig_interrupt_check(ig_interrupt_watch *watch, ig_error *err);
bool __real_ig_interrupt_seen(ig_interrupt_watch *watch);
bool __wrap_ig_interrupt_seen(ig_interrupt_watch *watch);

static ig_interrupter *interrupter;
static int checks, looks;                // of the job: calls of the one and of the other function
static int stop_at_check, stop_at_look;  // the request comes within that call; 0: never

ig_status __wrap_ig_interrupt_check(ig_interrupt_watch *watch, ig_error *err) {
  if (++checks == stop_at_check) ig_interrupt(interrupter);
  return __real_ig_interrupt_check(watch, err);
}

// A product's look. The interrupter is reset at once, as by a caller that does not wait: what has
// been left out must not become an answer for all that.
bool __wrap_ig_interrupt_seen(ig_interrupt_watch *watch) {
  if (!watch) return false;
  const bool last = ++looks == stop_at_look;
  if (last) ig_interrupt(interrupter);
  const bool seen = __real_ig_interrupt_seen(watch);
  if (last) ig_interrupter_reset(interrupter);
  return seen;
}

static ig_model *model;
static ig_engine *engine;
static ig_ids sources[SENTENCES], target;

static int open_engine(void **state) {
  (void)state;
  ig_config config = small_config(VOCABULARY, START);
  config.positions.count = 256;
  for (int i = 0; i < MOST_IDS; i++)
    for (int s = 0; s < SENTENCES; s++)
      if (ig_ids_append(&sources[s], 1 + (7 * i + s) % 40, NULL) != IG_OK) return -1;
  for (int i = 0; i < LENGTH; i++)
    if (ig_ids_append(&target, 3 * i, NULL) != IG_OK) return -1;
  if (ig_interrupter_create(&interrupter, NULL) != IG_OK) return -1;
  if (ig_model_create(&config, 5, &model, NULL) != IG_OK) return -1;
  return ig_engine_borrow(model, NULL, NULL, &engine, NULL) == IG_OK ? 0 : -1;
}

static int free_engine(void **state) {
  (void)state;
  ig_engine_free(engine);
  ig_model_free(model);
  ig_interrupter_free(interrupter);
  for (int s = 0; s < SENTENCES; s++) ig_ids_free(&sources[s]);
  ig_ids_free(&target);
  return 0;
}

typedef struct answers {
  int count;
  int ids[SENTENCES][LENGTH];
  float log_probs[SENTENCES][LENGTH];
} answers;

static ig_status keep_decoded(void *context, size_t sentence, const ig_hypothesis *found,
                              ig_error *err) {
  (void)err;
  answers *a = context;
  assert_int_equal(found[0].length, LENGTH);
  memcpy(a->ids[sentence], found[0].ids, sizeof a->ids[sentence]);
  a->count++;
  return IG_OK;
}

static ig_status keep_scored(void *context, size_t sentence, const ig_engine_scores *scores,
                             ig_error *err) {
  (void)err;
  answers *a = context;
  memcpy(a->log_probs[sentence], scores->log_probs, sizeof a->log_probs[sentence]);
  a->count++;
  return IG_OK;
}

// Sentences of `length` ids, with this beam; 0: they are scored.
static ig_status submit(int beam, size_t length, answers *a) {
  ig_decode_options options = plain_options(beam ? beam : 1, VOCABULARY, START, 0);
  options.sentence.min_length = options.sentence.max_length = LENGTH;
  ig_ids parts[SENTENCES];
  ig_queue_sentence sentences[SENTENCES];
  ig_engine_counts counts;
  for (int s = 0; s < SENTENCES; s++) {
    parts[s] = (ig_ids){.ids = sources[s].ids, .count = length};
    sentences[s] = (ig_queue_sentence){
        .sources = &parts[s], .length = length, .target = beam ? NULL : &target};
  }
  const ig_engine_job job = {.sentences = sentences,
                             .count = SENTENCES,
                             .options = &options,
                             .batch_tokens = 2048,
                             .decoded = beam ? keep_decoded : NULL,
                             .scored = beam ? NULL : keep_scored,
                             .context = a,
                             .interrupter = interrupter};
  *a = (answers){0};
  checks = 0;
  looks = 0;
  ig_interrupter_reset(interrupter);
  return ig_engine_run(engine, &job, &counts, NULL);
}

static void test_between_encoded_parts(void **state) {
  (void)state;
  answers a;
  assert_int_equal(submit(1, MOST_IDS / 2, &a), IG_OK);
  assert_int_equal(checks, 1 + 2 * LENGTH);  // one part, and around each step
  assert_int_equal(submit(1, MOST_IDS, &a), IG_OK);
  assert_int_equal(checks, 2 + 2 * LENGTH);
}

// Wherever the request comes, the job ends, and the next one is as if nothing had happened.
static void expect_stops(int beam, int *stop_at, const int *calls) {
  answers expected, found;
  *stop_at = 0;
  assert_int_equal(submit(beam, MOST_IDS, &expected), IG_OK);
  assert_int_equal(expected.count, SENTENCES);
  const int all = *calls;
  assert_true(all > 1);
  for (int at = 1; at <= all; at += 1 + all / 60) {
    *stop_at = at;
    assert_int_equal(submit(beam, MOST_IDS, &found), IG_INTERRUPTED);
    assert_int_equal(found.count, 0);
  }
  *stop_at = all;
  assert_int_equal(submit(beam, MOST_IDS, &found), IG_INTERRUPTED);
  *stop_at = 0;
  assert_int_equal(submit(beam, MOST_IDS, &found), IG_OK);
  assert_memory_equal(&found, &expected, sizeof found);
}

static void test_every_check_ends_the_job(void **state) {
  (void)state;
  static const int beams[] = {1, 4, 0};
  for (size_t i = 0; i < sizeof beams / sizeof *beams; i++)
    expect_stops(beams[i], &stop_at_check, &checks);
}

static void test_every_product_ends_the_job(void **state) {
  (void)state;
  static const int beams[] = {1, 4, 0};
  for (size_t i = 0; i < sizeof beams / sizeof *beams; i++)
    expect_stops(beams[i], &stop_at_look, &looks);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_between_encoded_parts),
                                     cmocka_unit_test(test_every_check_ends_the_job),
                                     cmocka_unit_test(test_every_product_ends_the_job)};
  return cmocka_run_group_tests(tests, open_engine, free_engine);
}
