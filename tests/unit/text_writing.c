// Writing systems of texts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/writing.h"

static bool is_of(const char *name, const char *text) {
  const ig_writing *writing = ig_writing_find(name);
  assert_non_null(writing);
  return ig_writing_is_of(writing, text, strlen(text));
}

static void half_of_the_letters(void **state) {
  (void)state;
  assert_true(is_of("Latin", "Größe, façade"));
  assert_true(is_of("Cyrillic", "Привет, мир"));
  assert_true(is_of("Greek", "Γειά σου"));
  assert_true(is_of("Arabic", "مرحبا"));
  assert_true(is_of("Hangul", "안녕하세요"));
  assert_true(is_of("Han", "这是中文 ABC"));
  assert_true(is_of("Japanese", "これは日本語です"));
  assert_false(is_of("Han", "これはぺんです"));
  assert_false(is_of("Latin", "Привет"));
  assert_false(is_of("Cyrillic", "Привет all friends"));
  assert_true(is_of("Latin", "ab да"));  // half
  assert_true(is_of("Thai", "12:30, 100%"));
  assert_true(is_of("Thai", ""));
}

static void names(void **state) {
  (void)state;
  assert_null(ig_writing_find("latin"));
  assert_null(ig_writing_find(""));
  size_t count = 0, size = 0;
  for (; ig_writing_list(count); count++) {
    assert_string_equal(ig_writing_name(ig_writing_find(ig_writing_list(count))),
                        ig_writing_list(count));
    size += strlen(ig_writing_list(count)) + 2;
  }
  assert_true(count > 20);
  assert_true(size < 512);  // a message of the configuration has all of them
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(half_of_the_letters),
      cmocka_unit_test(names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
