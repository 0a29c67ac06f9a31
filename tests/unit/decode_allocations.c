// No memory is asked for while sentences join, step and leave, or are scored: everything is
// reserved before the first step.

#include "counted_allocations.h"
#include "decode/ensemble.h"
#include "model/run/pack.h"
#include "decode_fixture.h"

#define SENTENCES 12
#define SEATS 3
#define LONGEST 6

typedef struct feed {
  const ig_members *members;
  ig_ensemble_inference *inference;
  int next, left;
} feed;

static ig_status join(void *context, const int *seats, ig_sentence_options *options, int free,
                      int *joined, ig_error *err) {
  (void)options, (void)err;
  feed *f = context;
  for (*joined = 0; *joined < free && f->next < SENTENCES; (*joined)++, f->next++) {
    int ids[LONGEST];
    const int length = LONGEST - f->next % 4;
    for (int i = 0; i < length; i++) ids[i] = 1 + (7 * f->next + 3 * i) % 48;
    for (int m = 0; m < f->members->count; m++)
      ig_ensemble_join(f->inference, m, &seats[*joined], ids,
                       &(ig_ragged){1, (const int[]){0, length}});
  }
  return IG_OK;
}

static ig_status leave(void *context, int seat, const ig_hypothesis *found, ig_error *err) {
  (void)err;
  feed *f = context;
  assert_true(found[0].length > 0);
  ig_ensemble_leave(f->inference, seat);
  f->left++;
  return IG_OK;
}

// Allocations while SENTENCES sentences are decoded over SEATS seats.
static int asked_while_searching(const ig_members *members, int beam, ig_pool *pool) {
  ig_decode_options options = plain_options(beam, 50, 49, 0);
  options.n_best = beam;
  options.repetition_penalty = 1.2f;
  options.no_repeat_ngram = 3;
  const ig_inference_size size = {.sentences = SEATS,
                                  .source_rows = LONGEST,
                                  .memory_rows = 2 * SEATS * LONGEST,
                                  .longest = LONGEST,
                                  .slots = SEATS * beam,
                                  .max_length = options.sentence.max_length};
  const ig_kernels *kernels;
  ig_search *search;
  feed f = {.members = members};
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  const int before = allocations;
  assert_int_equal(ig_ensemble_inference_create(members, pool, &size, &f.inference, NULL), IG_OK);
  assert_int_equal(ig_search_create(&options, kernels, pool, SEATS, &search, NULL), IG_OK);
  assert_true(allocations > before);  // that they are counted at all
  const ig_stepper stepper = ig_ensemble_stepper(f.inference);
  const int begin = allocations;
  assert_int_equal(
      ig_search_stream(search, &stepper,
                       &(ig_search_feed){.join = join, .leave = leave, .context = &f}, SEATS, NULL),
      IG_OK);
  const int end = allocations;
  assert_int_equal(f.left, SENTENCES);
  ig_search_free(search);
  ig_ensemble_inference_free(f.inference);
  return end - begin;
}

// A model alone, and two that decide together, of which one starts from another token.
enum { WAYS = 3 };
static ig_member list[2];
static const ig_members ways[WAYS] = {{.list = list, .count = 1, .mean = IG_MEAN_ARITHMETIC},
                                      {.list = list, .count = 2, .mean = IG_MEAN_ARITHMETIC},
                                      {.list = list, .count = 2, .mean = IG_MEAN_GEOMETRIC}};

static void test_steps_allocate_nothing(void **state) {
  (void)state;
  ig_model *model = small_model(50, 49);
  ig_pool *pool;
  list[0] = (ig_member){model, 49, 0.5f};
  list[1] = (ig_member){model, 48, 0.5f};
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  for (int packed = 0; packed < 2; packed++) {
    for (int beam = 1; beam <= 4; beam += 3) {
      for (int way = 0; way < WAYS; way++) {
        assert_int_equal(asked_while_searching(&ways[way], beam, NULL), 0);
        assert_int_equal(asked_while_searching(&ways[way], beam, pool), 0);
      }
    }
    assert_int_equal(ig_pack_model(model, NULL), IG_OK);
  }
  ig_pool_free(pool);
  ig_model_free(model);
}

enum { SENTENCES_A_BATCH = 4, ROWS = SENTENCES_A_BATCH * LONGEST };

// Batches of growing sentences, all within what was reserved.
static int asked_while_scoring(const ig_members *members) {
  const ig_pass_bounds most = {SENTENCES_A_BATCH, ROWS, ROWS, LONGEST, LONGEST, .backward = false};
  static const int ids[ROWS] = {3, 4, 5};
  ig_ensemble_scorer *scorer;
  const int before = allocations;
  assert_int_equal(ig_ensemble_scorer_create(members, NULL, &scorer, NULL), IG_OK);
  assert_int_equal(ig_ensemble_scorer_reserve(scorer, &most, NULL), IG_OK);
  assert_true(allocations > before);  // that they are counted at all
  const int begin = allocations;
  for (int length = 1; length <= LONGEST; length++) {
    int offsets[SENTENCES_A_BATCH + 1];
    float log_probs[ROWS];
    for (int s = 0; s <= SENTENCES_A_BATCH; s++) offsets[s] = s * length;
    const ig_ragged ragged = {SENTENCES_A_BATCH, offsets};
    const ig_score_args args = {
        .source = ragged, .target = ragged, .source_ids = ids, .target_ids = ids};
    for (int m = 0; m < members->count; m++)
      assert_int_equal(ig_ensemble_scorer_run(scorer, m, &args, log_probs, NULL), IG_OK);
  }
  const int end = allocations;
  ig_ensemble_scorer_free(scorer);
  return end - begin;
}

static void test_scoring_allocates_nothing(void **state) {
  (void)state;
  ig_model *model = small_model(50, 49);
  list[0] = (ig_member){model, 49, 0.5f};
  list[1] = (ig_member){model, 48, 0.5f};
  for (int way = 0; way < WAYS; way++) assert_int_equal(asked_while_scoring(&ways[way]), 0);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps_allocate_nothing),
                                     cmocka_unit_test(test_scoring_allocates_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
