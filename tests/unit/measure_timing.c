// ig_time_model reports each product and layer of a model once, with its own sizes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "ingot_measure.h"
#include "model_fixture.h"

typedef struct seen {
  ig_timing timings[96];
  size_t count;
} seen;

static void collect(void *context, const ig_timing *timing) {
  seen *s = context;
  assert_true(s->count < sizeof s->timings / sizeof *s->timings);
  s->timings[s->count++] = *timing;
}

static const ig_timing *find(const seen *s, const char *name) {
  for (size_t i = 0; i < s->count; i++) {
    if (strcmp(s->timings[i].name, name) == 0) return &s->timings[i];
  }
  fail_msg("no '%s'", name);
  return NULL;
}

static void each_product_and_layer_once(void **state) {
  (void)state;
  const ig_config config = torch_config((ig_torch_options){90, 8, 2, 1, 1, 20, 0.1f, false, NULL});
  const ig_timing_options options = {.rows = 10, .length = 4, .threads = 1, .repeat = 1};
  seen s = {0};
  ig_error err;
  assert_int_equal(ig_time_model(&config, &options, collect, &s, &err), IG_OK);
  for (size_t i = 0; i < s.count; i++) {
    const ig_timing *t = &s.timings[i];
    assert_true(t->seconds > 0 && isfinite(t->seconds));
    if (t->n) assert_true(t->operations == 2.0 * (double)(t->m * t->n * t->k));
    for (size_t j = 0; j < i; j++) assert_string_not_equal(t->name, s.timings[j].name);
  }
  const ig_timing *inner = find(&s, "feed-forward, inner, backward-weight"),
                  *output = find(&s, "output layer, packed, 32 rows");
  assert_true(inner->m == 20 && inner->n == 8 && inner->k == 10);
  assert_true(output->m == 32 && output->n == 90 && output->k == 8);
  assert_int_equal(find(&s, "self-attention, backward")->m, 8);  // two whole sentences of 4
  assert_true(find(&s, "output layer and loss, forward and backward")->operations ==
              6.0 * 8 * 8 * 90);
  // The decoder's feed-forward is as large as the encoder's: it is not timed again.
  for (size_t i = 0; i < s.count; i++) assert_null(strstr(s.timings[i].name, "decoder's"));
}

// Training stays in float32; so do products of a few outputs, as in a model of that type.
static void decoding_steps_have_the_type_of_the_options(void **state) {
  (void)state;
  const ig_config config = torch_config((ig_torch_options){90, 8, 2, 1, 1, 20, 0.1f, false, NULL});
  const ig_timing_options options = {
      .rows = 10, .length = 4, .threads = 1, .repeat = 1, .type = "int8"};
  seen s = {0};
  ig_error err;
  assert_int_equal(ig_time_model(&config, &options, collect, &s, &err), IG_OK);
  const ig_timing *output = find(&s, "output layer, packed, 32 rows"),
                  *few = find(&s, "attention output, packed, 8 rows"),
                  *training = find(&s, "output layer, forward");
  assert_true(output->peak == IG_PEAK_INT8 && output->m == 32);
  assert_string_equal(output->type, "int8");
  assert_true(few->peak == IG_PEAK_INFERENCE && few->n == 8);
  assert_string_equal(few->type, "fp32");
  assert_int_equal(training->peak, IG_PEAK_TRAINING);
  assert_string_equal(training->type, "fp32");
}

static void senseless_options_are_errors(void **state) {
  (void)state;
  ig_config config = torch_config((ig_torch_options){90, 8, 2, 1, 1, 20, 0.1f, false, NULL});
  ig_timing_options options = ig_timing_options_default();
  seen s = {0};
  ig_error err;
  options.rows = 0;
  assert_int_equal(ig_time_model(&config, &options, collect, &s, &err), IG_ERROR_ARGUMENT);
  options.rows = 1;
  options.type = "int7";
  assert_int_equal(ig_time_model(&config, &options, collect, &s, &err), IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "int7"));
  options.type = NULL;
  config.decoder.self.heads = 3;
  assert_int_not_equal(ig_time_model(&config, &options, collect, &s, &err), IG_OK);
  assert_int_equal(s.count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_product_and_layer_once),
                                     cmocka_unit_test(decoding_steps_have_the_type_of_the_options),
                                     cmocka_unit_test(senseless_options_are_errors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
