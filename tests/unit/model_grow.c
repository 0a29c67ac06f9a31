// Rows for new tokens: means of the rows before, in a larger model or in rows that it has.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "model/arch/tensor_row.h"
#include "model/create/grow.h"
#include "model_fixture.h"

enum { TOKENS = 10, NEW = 3 };

static ig_model *make(int rows, bool tied) {
  ig_config config = small_config(rows, 1);
  ig_model *m;
  ig_error err = {0};
  config.tied_output = tied;
  config.shared_embedding = tied;
  if (ig_model_create(&config, 1, &m, &err) != IG_OK) fail_msg("%s", err.message);
  for (size_t i = 0; i < m->value_count; i++) m->values[i] = (float)((i * 7919) % 97) - 40;
  return m;
}

static const ig_parameter *find(const ig_model *m, const char *name) {
  for (size_t i = 0; i < m->parameter_count; i++)
    if (strcmp(m->parameters[i].name, name) == 0) return &m->parameters[i];
  fail_msg("no %s", name);
  return NULL;
}

// Compares a table of the grown model with one before it grew.
static void check_table(const ig_model *grown, const ig_model *before, const ig_parameter *p) {
  const ig_parameter *old = find(before, p->name);
  const size_t width = old->count / (size_t)before->config.vocab_size;
  const float *a = grown->values + p->offset, *b = before->values + old->offset;
  assert_memory_equal(a, b, TOKENS * width * sizeof *a);
  for (size_t i = 0; i < width; i++) {
    double sum = 0;
    for (size_t row = 0; row < TOKENS; row++) sum += (double)b[row * width + i];
    const float mean = p->row->part == IG_PART_LOGITS_BIAS ? 0 : (float)(sum / TOKENS);
    for (size_t row = TOKENS; row < TOKENS + NEW; row++)
      assert_memory_equal(&a[row * width + i], &mean, sizeof mean);
  }
}

static void check(int rows, bool tied) {
  ig_model *before = make(rows, tied), *m = make(rows, tied);
  ig_error err = {0};
  if (ig_grow_vocabulary(&m, TOKENS, TOKENS + NEW, &err) != IG_OK) fail_msg("%s", err.message);
  const int expected = rows > TOKENS + NEW ? rows : TOKENS + NEW;
  size_t tables = 0;
  assert_int_equal(m->config.vocab_size, expected);
  assert_int_equal(m->config.target_vocab_size, expected);
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (ig_tensor_row_is_embedding(p->row) || p->row->part == IG_PART_OUTPUT ||
        p->row->part == IG_PART_LOGITS_BIAS) {
      check_table(m, before, p);
      tables++;
    } else {
      assert_memory_equal(m->values + p->offset, before->values + find(before, p->name)->offset,
                          p->count * sizeof(float));
    }
  }
  assert_int_equal(tables, tied ? 2 : 4);
  ig_model_free(m);
  ig_model_free(before);
}

static void rows_are_added(void **state) {
  (void)state;
  check(TOKENS, true);
  check(TOKENS, false);
}

static void unused_rows_come_first(void **state) {
  (void)state;
  check(TOKENS + 1, true);
  check(TOKENS + NEW + 5, true);
}

static void what_is_refused(void **state) {
  (void)state;
  ig_error err = {0};
  ig_model *m = make(TOKENS, true);
  assert_int_equal(ig_grow_vocabulary(&m, TOKENS + 1, TOKENS + 2, &err), IG_ERROR_FORMAT);
  m->config.target_vocab_size++;
  assert_int_equal(ig_grow_vocabulary(&m, TOKENS, TOKENS + 2, &err), IG_ERROR_UNSUPPORTED);
  m->config.target_vocab_size--;
  ig_model_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_added),
                                     cmocka_unit_test(unused_rows_come_first),
                                     cmocka_unit_test(what_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
