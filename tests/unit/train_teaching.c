// A trainer with teachers: what is refused, that a teaching can change between batches, that
// reserved updates allocate nothing, also with a new teaching, and the same bits for any number of
// threads.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "counted_allocations.h"
#include "model_fixture.h"
#include "train/trainer.h"

enum { VOCABULARY = 29, SEQUENCES = 6, LONGEST = 40, ROWS = SEQUENCES * LONGEST };

typedef struct example {
  int ids[ROWS], output[ROWS], offsets[SEQUENCES + 1];
  ig_batch batch;
} example;

static void fill_example(example *e, int length) {
  for (int r = 0; r < ROWS; r++) {
    e->ids[r] = 3 + (int)(ig_random_u32(1, 1, (uint64_t)r) % (VOCABULARY - 3));
    e->output[r] = 3 + (int)(ig_random_u32(1, 2, (uint64_t)r) % (VOCABULARY - 3));
  }
  for (int s = 0; s <= SEQUENCES; s++) e->offsets[s] = s * length;
  e->batch = (ig_batch){SEQUENCES, e->ids, e->offsets, e->ids, e->output, e->offsets, NULL};
}

static ig_model *new_model(int vocabulary, int d_model, uint64_t seed) {
  const ig_config config =
      torch_config((ig_torch_options){vocabulary, d_model, 3, 2, 2, 40, 0, false, NULL});
  ig_model *model;
  ig_error err;
  if (ig_model_create(&config, seed, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

typedef struct run {
  ig_model *model, *first, *second;
  ig_trainer *trainer;
  ig_teacher teachers[2];
  ig_teaching teaching;
} run;

static void open_run(run *r, int threads) {
  ig_trainer_options options = ig_trainer_options_default();
  ig_error err;
  options.threads = threads;
  r->model = new_model(VOCABULARY, 24, 7);
  r->first = new_model(VOCABULARY, 36, 8);
  r->second = new_model(VOCABULARY, 12, 9);
  r->teachers[0] = (ig_teacher){r->first, 1};
  r->teachers[1] = (ig_teacher){r->second, 3};
  r->teaching = (ig_teaching){r->teachers, 2, 0.8, 1, 0};
  if (ig_trainer_create(r->model, &options, &r->trainer, &err) != IG_OK)
    fail_msg("%s", err.message);
}

static void close_run(run *r) {
  ig_trainer_free(r->trainer);
  ig_model_free(r->model);
  ig_model_free(r->first);
  ig_model_free(r->second);
}

static void teach(run *r, size_t count) {
  ig_error err;
  r->teaching.count = count;
  if (ig_trainer_set_teaching(r->trainer, &r->teaching, &err) != IG_OK) fail_msg("%s", err.message);
}

static ig_loss_sums accumulate(run *r, const ig_batch *batch) {
  ig_error err;
  ig_loss_sums sums;
  if (ig_trainer_accumulate_sums(r->trainer, batch, 0, &sums, &err) != IG_OK)
    fail_msg("%s", err.message);
  return sums;
}

static void update(run *r) {
  assert_int_equal(ig_trainer_update(r->trainer, 3e-3f, NULL, NULL), IG_OK);
}

// ---- what is refused -------------------------------------------------------------

static void expect_refused(run *r, const char *message) {
  ig_error err;
  assert_int_equal(ig_trainer_set_teaching(r->trainer, &r->teaching, &err), IG_ERROR_ARGUMENT);
  if (!strstr(err.message, message)) fail_msg("'%s' is not in '%s'", message, err.message);
}

static void refuses_what_cannot_teach(void **state) {
  (void)state;
  run r;
  example e;
  open_run(&r, 1);
  fill_example(&e, 5);
  teach(&r, 2);
  const ig_loss_sums before = accumulate(&r, &e.batch);
  const ig_teaching good = r.teaching;
  ig_model *other = new_model(VOCABULARY + 1, 24, 1);
  r.teachers[1].model = other;
  expect_refused(&r,
                 "teacher 2: expected as many target ids as the model that learns has, 29, "
                 "found 30");
  r.teachers[1] = (ig_teacher){r.second, -1};
  expect_refused(&r, "teacher 2: weight: expected a finite number from 0 on, found -1");
  r.teachers[1] = (ig_teacher){r.second, 1e308};
  r.teachers[0].weight = 1e308;
  expect_refused(&r, "weights with a finite sum");
  r.teachers[0] = (ig_teacher){NULL, 1};
  expect_refused(&r, "the model of a teacher: expected a value, found NULL");
  r.teachers[0] = (ig_teacher){r.first, 1};
  r.teachers[1] = (ig_teacher){r.second, 3};
  r.teaching.share = 1.1;
  expect_refused(&r, "share: expected a number from 0 to 1, found 1.1");
  r.teaching = good;
  r.teaching.temperature = 0;
  expect_refused(&r, "temperature: expected a number above 0, found 0");
  r.teaching = good;
  r.teaching.top_k = -1;
  expect_refused(&r, "top_k: expected a number not below 0, found -1");
  r.teaching = good;
  r.teaching.teachers = NULL;
  expect_refused(&r, "teachers: expected a value, found NULL");
  assert_int_equal(ig_trainer_set_teaching(r.trainer, NULL, NULL), IG_ERROR_ARGUMENT);
  assert_int_equal(ig_trainer_set_teaching(NULL, &good, NULL), IG_ERROR_ARGUMENT);
  const ig_loss_sums after = accumulate(&r, &e.batch);  // the first teaching is still there
  assert_memory_equal(&before, &after, sizeof before);
  ig_model_free(other);
  close_run(&r);
}

// A teacher without the positions that a batch needs is named.
static void names_a_teacher_that_fails(void **state) {
  (void)state;
  run r;
  example e;
  ig_error err;
  ig_loss_sums sums;
  open_run(&r, 1);
  fill_example(&e, 5);
  r.second->config.positions.count = 4;
  teach(&r, 2);
  assert_int_equal(ig_trainer_accumulate_sums(r.trainer, &e.batch, 0, &sums, &err),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "teacher 2: "));
  close_run(&r);
}

// ---- teachings that change --------------------------------------------------------

static void teachings_change_between_batches(void **state) {
  (void)state;
  run r;
  example e;
  open_run(&r, 2);
  fill_example(&e, 9);
  const ig_loss_sums alone = accumulate(&r, &e.batch);
  assert_true(alone.kl_divergence == 0);
  teach(&r, 2);
  const ig_loss_sums both = accumulate(&r, &e.batch);
  assert_true(both.kl_divergence > 0 && both.nll == alone.nll && both.loss != alone.loss);
  teach(&r, 1);
  const ig_loss_sums first = accumulate(&r, &e.batch);
  assert_true(first.kl_divergence > 0 && first.kl_divergence != both.kl_divergence);
  r.teachers[1].weight = 0;  // is as if it were not there
  teach(&r, 2);
  const ig_loss_sums weightless = accumulate(&r, &e.batch);
  assert_memory_equal(&first, &weightless, sizeof first);
  r.teachers[0].weight = 0;  // all are 0: equal weights, in place of 1 to 3
  teach(&r, 2);
  const ig_loss_sums equal = accumulate(&r, &e.batch);
  r.teachers[0].weight = r.teachers[1].weight = 5;
  teach(&r, 2);
  const ig_loss_sums fives = accumulate(&r, &e.batch);
  assert_memory_equal(&equal, &fives, sizeof equal);
  assert_true(equal.kl_divergence != both.kl_divergence);
  teach(&r, 0);
  const ig_loss_sums again = accumulate(&r, &e.batch);
  assert_memory_equal(&alone, &again, sizeof alone);
  ig_loss_sums references;
  teach(&r, 2);
  assert_int_equal(ig_trainer_score(r.trainer, &e.batch, &references, NULL), IG_OK);
  assert_true(references.kl_divergence == 0);
  close_run(&r);
}

// One who is taught comes nearer.
static void learns(void **state) {
  (void)state;
  run r;
  example e;
  open_run(&r, 2);
  fill_example(&e, 12);
  r.teaching.share = 1;
  teach(&r, 2);
  const double begin = accumulate(&r, &e.batch).kl_divergence;
  update(&r);
  for (int i = 0; i < 200; i++) {
    accumulate(&r, &e.batch);
    update(&r);
  }
  ig_loss_sums end;
  assert_int_equal(ig_trainer_score_taught(r.trainer, &e.batch, &end, NULL), IG_OK);
  print_message("divergence: %.4f, then %.4f\n", begin / (double)end.tokens,
                end.kl_divergence / (double)end.tokens);
  assert_true(end.kl_divergence < 0.2 * begin);
  close_run(&r);
}

// ---- memory and threads -------------------------------------------------------------

static void reserved_updates_allocate_nothing(void **state) {
  (void)state;
  const ig_batch_bounds most = {SEQUENCES, {ROWS, ROWS}, {LONGEST, LONGEST}};
  run r;
  example e;
  open_run(&r, 2);
  teach(&r, 1);
  assert_int_equal(ig_trainer_reserve(r.trainer, &most, &most, NULL), IG_OK);
  for (size_t count = 1; count <= 2; count++) {
    teach(&r, count);
    allocations = 0;
    for (int length = 10; length <= LONGEST; length += 10) {
      fill_example(&e, length);
      accumulate(&r, &e.batch);
      update(&r);
    }
    assert_int_equal(allocations, 0);
  }
  close_run(&r);
}

// A teaching of those who have taught before is set between batches, as often as one likes.
static void known_teachings_allocate_nothing(void **state) {
  (void)state;
  run r;
  example e;
  open_run(&r, 2);
  fill_example(&e, 12);
  allocations = 0;
  teach(&r, 2);
  assert_true(allocations > 0);  // the control: those who are new need memory
  accumulate(&r, &e.batch);
  allocations = 0;
  for (int i = 0; i < 6; i++) {
    teach(&r, (size_t)(i % 3));
    accumulate(&r, &e.batch);
  }
  assert_int_equal(allocations, 0);
  close_run(&r);
}

// The negative control: without a reservation, growing batches do allocate.
static void unreserved_updates_are_seen(void **state) {
  (void)state;
  run r;
  example e;
  open_run(&r, 2);
  teach(&r, 2);
  fill_example(&e, LONGEST);
  allocations = 0;
  accumulate(&r, &e.batch);
  if (sizeof(void *) < 8) skip();  // memory is mapped by mmap64 there, which is not wrapped
  assert_true(allocations > 0);
  close_run(&r);
}

static void threads_change_no_bit(void **state) {
  (void)state;
  run r[3];
  example e;
  fill_example(&e, LONGEST);
  for (int t = 0; t < 3; t++) {
    open_run(&r[t], t + 1);
    r[t].teaching.top_k = 7;
    teach(&r[t], 2);
    for (int i = 0; i < 3; i++) {
      accumulate(&r[t], &e.batch);
      update(&r[t]);
    }
    assert_memory_equal(r[t].model->values, r[0].model->values,
                        r[0].model->value_count * sizeof(float));
  }
  for (int t = 0; t < 3; t++) close_run(&r[t]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_what_cannot_teach),
                                     cmocka_unit_test(names_a_teacher_that_fails),
                                     cmocka_unit_test(teachings_change_between_batches),
                                     cmocka_unit_test(learns),
                                     cmocka_unit_test(reserved_updates_allocate_nothing),
                                     cmocka_unit_test(known_teachings_allocate_nothing),
                                     cmocka_unit_test(unreserved_updates_are_seen),
                                     cmocka_unit_test(threads_change_no_bit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
