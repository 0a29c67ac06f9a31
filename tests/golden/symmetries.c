// The families' small models compute the same, but for rounding, when their units, heads and
// streams are put in other orders.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "ingot.h"
#include "symmetry_fixture.h"

enum { ROWS = 9, SENTENCES = 2, MOST_LOGITS = ROWS * 64 };

static const int ids[ROWS] = {5, 9, 11, 7, 8, 14, 10, 12, 1}, offsets[SENTENCES + 1] = {0, 4, ROWS};

static void compute(ig_model *model, float *logits) {
  ig_trainer *trainer;
  ig_loss loss;
  ig_error err = {0};
  const ig_trainer_options options = ig_trainer_options_default();
  const ig_batch batch = {.sequences = SENTENCES,
                          .source = ids,
                          .source_offsets = offsets,
                          .target_input = ids,
                          .target_offsets = offsets};
  if (ig_trainer_create(model, &options, &trainer, &err) != IG_OK) fail_msg("%s", err.message);
  assert_int_equal(ig_trainer_forward(trainer, &batch, logits, &loss, NULL), IG_OK);
  ig_trainer_free(trainer);
}

static double difference(const float *a, const float *b, size_t count) {
  double squares = 0, size = 0;
  for (size_t i = 0; i < count; i++) {
    squares += pow((double)a[i] - (double)b[i], 2);
    size += pow((double)a[i], 2);
  }
  return sqrt(squares / size);
}

// matrices: so many of the table are put in order; 0: all.
static double difference_of(const char *name, size_t left_out) {
  char path[512];
  static float before[MOST_LOGITS], after[MOST_LOGITS];
  ig_model *model;
  ig_symmetries s;
  ig_error err = {0};
  snprintf(path, sizeof path, "%s/tests/golden/%s", getenv("INGOT_SOURCE"), name);
  if (ig_model_load(path, &model, &err) != IG_OK) fail_msg("%s", err.message);
  const size_t count = (size_t)(ROWS * model->config.target_vocab_size);
  assert_true(count <= MOST_LOGITS);
  compute(model, before);
  assert_int_equal(ig_symmetries_list(model, path, &s, NULL), IG_OK);
  uint32_t *orders = malloc(s.places * sizeof *orders);
  symmetry_draw(&s, 11, orders);
  s.matrix_count -= left_out;
  assert_int_equal(ig_symmetries_apply(&s, orders, model->values, NULL), IG_OK);
  compute(model, after);
  free(orders);
  ig_symmetries_free(&s);
  ig_model_free(model);
  return difference(before, after, count);
}

static void orders_change_nothing(void **state) {
  (void)state;
  for (size_t i = 0; i < SYMMETRY_MODELS; i++) {
    const double found = difference_of(symmetry_models[i], 0);
    if (!(found < 1e-5)) fail_msg("%s: differs by %g", symmetry_models[i], found);
  }
}

// A negative control: a matrix that keeps its order makes another model.
static void a_forgotten_matrix_is_seen(void **state) {
  (void)state;
  for (size_t i = 0; i < SYMMETRY_MODELS; i++)
    assert_true(difference_of(symmetry_models[i], 1) > 1e-3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orders_change_nothing),
      cmocka_unit_test(a_forgotten_matrix_is_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
