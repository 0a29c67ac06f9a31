// The memory plan of training: after the reservation updates allocate nothing; recomputation gives
// the same bits in less memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "counted_allocations.h"
#include "model/run/memory_plan.h"
#include "model/run/pass.h"
#include "train/trainer.h"
#include "model_fixture.h"

enum { VOCABULARY = 29, SEQUENCES = 6, LONGEST = 40, ROWS = SEQUENCES * LONGEST };

typedef struct example {
  int ids[ROWS], output[ROWS], offsets[SEQUENCES + 1];
  ig_batch batch;
} example;

// Sequences of `length` tokens on both sides.
static void fill_example(example *e, int length) {
  for (int r = 0; r < ROWS; r++) {
    e->ids[r] = 3 + (int)(ig_random_u32(1, 1, (uint64_t)r) % (VOCABULARY - 3));
    e->output[r] = 3 + (int)(ig_random_u32(1, 2, (uint64_t)r) % (VOCABULARY - 3));
  }
  for (int s = 0; s <= SEQUENCES; s++) e->offsets[s] = s * length;
  e->batch = (ig_batch){SEQUENCES, e->ids, e->offsets, e->ids, e->output, e->offsets, NULL};
}

typedef struct run {
  ig_model *model;
  ig_trainer *trainer;
} run;

static run open_run_in(const char *compute, bool pre_norm, bool recompute) {
  ig_config config =
      torch_config((ig_torch_options){VOCABULARY, 24, 3, 3, 3, 40, 0.1f, pre_norm, NULL});
  ig_trainer_options options = ig_trainer_options_default();
  options.threads = 2;
  options.recompute = recompute;
  options.compute = compute;
  run r;
  ig_error err;
  if (ig_model_create(&config, 7, &r.model, &err) != IG_OK ||
      ig_trainer_create(r.model, &options, &r.trainer, &err) != IG_OK)
    fail_msg("%s", err.message);
  return r;
}

static run open_run(bool pre_norm, bool recompute) {
  return open_run_in(NULL, pre_norm, recompute);
}

static void close_run(run *r) {
  ig_trainer_free(r->trainer);
  ig_model_free(r->model);
}

static void update(run *r, const ig_batch *batch) {
  ig_error err;
  ig_loss loss;
  if (ig_trainer_accumulate(r->trainer, batch, 0, &loss, &err) != IG_OK ||
      ig_trainer_update(r->trainer, 1e-3f, NULL, &err) != IG_OK)
    fail_msg("%s", err.message);
}

static void check_reserved_updates(const char *compute) {
  for (int recompute = 0; recompute < 2; recompute++) {
    run r = open_run_in(compute, false, recompute);
    const ig_batch_bounds most = {SEQUENCES, {ROWS, ROWS}, {LONGEST, LONGEST}};
    assert_int_equal(ig_trainer_reserve(r.trainer, &most, &most, NULL), IG_OK);
    example e;
    allocations = 0;
    for (int length = 10; length <= LONGEST; length += 10) {  // growing batches
      fill_example(&e, length);
      update(&r, &e.batch);
    }
    assert_int_equal(allocations, 0);
    close_run(&r);
  }
}

static void reserved_updates_allocate_nothing(void **state) {
  (void)state;
  check_reserved_updates("float32");
  check_reserved_updates("bfloat16");
}

// The negative control: without a reservation, growing batches do allocate.
static void unreserved_updates_are_seen(void **state) {
  (void)state;
  run r = open_run(false, false);
  example e;
  fill_example(&e, LONGEST);
  allocations = 0;
  update(&r, &e.batch);
  if (sizeof(void *) < 8) skip();  // memory is mapped by mmap64 there, which is not wrapped
  assert_true(allocations > 0);
  close_run(&r);
}

static void recomputation_changes_no_bit(void **state) {
  (void)state;
  for (int pre_norm = 0; pre_norm < 2; pre_norm++) {
    run kept = open_run(pre_norm, false), recomputed = open_run(pre_norm, true);
    example e;
    for (int length = 5; length <= LONGEST; length += 7) {
      fill_example(&e, length);
      update(&kept, &e.batch);
      update(&recomputed, &e.batch);
    }
    assert_memory_equal(kept.model->values, recomputed.model->values,
                        kept.model->value_count * sizeof(float));
    close_run(&kept);
    close_run(&recomputed);
  }
}

// What the plan says about a trainer is what is mapped for it, to the page.
static void the_plan_is_kept(void **state) {
  (void)state;
  if (sizeof(void *) < 8) skip();
  enum { THREADS = 2, MAPPINGS = 5, PAGES = 2 * 4096 };
  const ig_memory_plan_sizes sizes = {
      .tokens = ROWS, .length = LONGEST, .beam_size = 1, .threads = THREADS};
  for (int recompute = 0; recompute < 2; recompute++) {
    mapped_bytes = 0;
    run r = open_run(false, recompute);
    const ig_batch_bounds most = {SEQUENCES + 1, {ROWS, ROWS}, {LONGEST, LONGEST}};
    assert_int_equal(ig_trainer_reserve(r.trainer, &most, &most, NULL), IG_OK);
    const size_t taken = mapped_bytes;
    ig_memory_plan plan;
    assert_int_equal(ig_memory_plan_of(ig_model_config(r.model), &sizes, &plan, NULL), IG_OK);
    const size_t planned = plan.training.weights + plan.training.gradients + plan.training.moments +
                           plan.training.scratch +
                           (recompute ? plan.training.recomputed : plan.training.activations);
    assert_in_range(taken, planned, planned + MAPPINGS * PAGES);
    close_run(&r);
  }
}

static void recomputation_takes_less_memory(void **state) {
  (void)state;
  run r = open_run(false, false);
  ig_pass *pass;
  assert_int_equal(ig_pass_create(r.model, NULL, &pass, NULL), IG_OK);
  ig_pass_bounds bounds = {SEQUENCES, ROWS, ROWS, LONGEST, LONGEST, .backward = true};
  ig_pass_plan all, inputs, none;
  assert_int_equal(ig_pass_measure(pass, &bounds, &all, NULL), IG_OK);
  bounds.recompute = true;
  assert_int_equal(ig_pass_measure(pass, &bounds, &inputs, NULL), IG_OK);
  bounds.backward = false;
  assert_int_equal(ig_pass_measure(pass, &bounds, &none, NULL), IG_OK);
  assert_true(none.activations < inputs.activations);
  assert_true(inputs.activations < all.activations * 2 / 3);
  ig_pass_free(pass);
  close_run(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reserved_updates_allocate_nothing),
      cmocka_unit_test(unreserved_updates_are_seen), cmocka_unit_test(recomputation_changes_no_bit),
      cmocka_unit_test(the_plan_is_kept), cmocka_unit_test(recomputation_takes_less_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
