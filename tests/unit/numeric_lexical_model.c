// Probabilities of words against those that tests/golden/shortlist/make_goldens.py computes word by
// word, and the bound of a word's neighbours.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "numeric/lexical_model.h"

enum { SOURCES = 4, TARGETS = 4, STEPS = 5 };

static const int32_t source[] = {0, 1, 0, 2, 3, 2, 3, 1}, target[] = {0, 1, 0, 2, 2, 3, 2, 1, 0};
static const size_t source_offsets[] = {0, 2, 4, 7, 8}, target_offsets[] = {0, 2, 5, 7, 9};
static const ig_lexical_text text = {.pairs = 4,
                                     .source = source,
                                     .target = target,
                                     .source_offsets = source_offsets,
                                     .target_offsets = target_offsets,
                                     .source_size = SOURCES,
                                     .target_size = TARGETS};

static ig_lexical_model *make_model(size_t most, int steps) {
  ig_lexical_model *m;
  ig_error err = {0};
  if (ig_lexical_model_create(&text, most, NULL, &m, &err) != IG_OK) fail_msg("%s", err.message);
  for (int i = 0; i < steps; i++) ig_lexical_model_step(m, NULL);
  return m;
}

// The largest difference from the golden file, which lists all cells.
static double difference_from_golden(const ig_lexical_model *m, size_t *cells) {
  char path[1000];
  const char *root = getenv("INGOT_SOURCE");
  snprintf(path, sizeof path, "%s/tests/golden/shortlist/probabilities.tsv", root ? root : ".");
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  int s, t;
  double expected, most = 0;
  for (*cells = 0; fscanf(file, "%d %d %lf", &s, &t, &expected) == 3; ++*cells) {
    const ig_lexical_row row = ig_lexical_model_row(m, s);
    size_t i = 0;
    while (i < row.count && row.targets[i] != t) i++;
    assert_true(i < row.count);
    const double off = row.probability[i] - expected;
    if (off > most || -off > most) most = off < 0 ? -off : off;
  }
  fclose(file);
  return most;
}

static void agrees_with_the_formulas(void **state) {
  (void)state;
  size_t cells;
  ig_lexical_model *m = make_model(100, STEPS);
  assert_true(difference_from_golden(m, &cells) < 1e-6);
  assert_int_equal(cells, ig_lexical_model_cells(m));
  ig_lexical_model_free(m);
  // The comparison would notice a step too few.
  m = make_model(100, STEPS - 1);
  assert_true(difference_from_golden(m, &cells) > 1e-3);
  ig_lexical_model_free(m);
}

// Word 2 stands beside target 2 three times, beside 0 and 3 once; the empty word keeps all.
static void keeps_the_nearest_neighbours(void **state) {
  (void)state;
  ig_lexical_model *m = make_model(2, 1);
  const ig_lexical_row row = ig_lexical_model_row(m, 2), empty = ig_lexical_model_row(m, SOURCES);
  assert_int_equal(row.count, 2);
  assert_int_equal(row.targets[0], 0);
  assert_int_equal(row.targets[1], 2);
  assert_true(row.probability[1] > row.probability[0]);
  assert_int_equal(empty.count, TARGETS);
  assert_true(ig_lexical_model_bytes(m) > 0);
  ig_lexical_model_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_the_formulas),
      cmocka_unit_test(keeps_the_nearest_neighbours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
