// A vocabulary: what is found in it, and ids that its file may not have.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "text/vocabulary.h"

enum { TOKENS = 300, NULS = 16 };

// A text that holds a NUL is no token, though tokens end with one.
static void a_nul_ends_no_text(void **state) {
  (void)state;
  ig_vocabulary v = {0};
  char text[40] = "";
  for (int i = 0; i < TOKENS; i++) {
    const int length = snprintf(text, sizeof text, "%d", i);
    assert_int_equal(ig_vocabulary_add(&v, text, (size_t)length, i, NULL), IG_OK);
  }
  for (int i = 0; i < TOKENS; i++) {
    memset(text, 0, sizeof text);
    const size_t length = (size_t)snprintf(text, sizeof text, "%d", i);
    assert_int_equal(ig_vocabulary_find(&v, text, length), i);
    for (size_t nuls = 1; nuls <= NULS; nuls++)
      assert_int_equal(ig_vocabulary_find(&v, text, length + nuls), -1);
  }
  ig_vocabulary_free(&v);
}

// Files leave few gaps between their ids: a small one costs little memory.
static void ids_are_bounded_by_the_tokens(void **state) {
  (void)state;
  assert_int_equal(ig_vocabulary_most_id(0), 65536);
  assert_int_equal(ig_vocabulary_most_id(1000), 81536);
  assert_int_equal(ig_vocabulary_most_id(1 << 24), (1 << 24) - 1);
  assert_int_equal(ig_vocabulary_most_id(SIZE_MAX), (1 << 24) - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_nul_ends_no_text),
      cmocka_unit_test(ids_are_bounded_by_the_tokens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
