// Terms in texts: whole words, cases, white space, scripts without spaces.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "text/term_match.h"
#include "text/utf8.h"

// Where the term is found first, and in how many bytes.
static size_t find(const char *text, const char *term, size_t *bytes) {
  const size_t length = strlen(text);
  for (size_t at = 0; at < length; at += ig_utf8_step(text + at)) {
    *bytes = ig_term_match_at(text, length, at, term);
    if (*bytes) return at;
  }
  return SIZE_MAX;
}

static void matches(void **state) {
  (void)state;
  static const struct {
    const char *text, *term;
    size_t at, bytes;  // SIZE_MAX: not found
  } cases[] = {
      {"the cat sat", "cat", 4, 3},
      {"cats and cat", "cat", 9, 3},
      {"bobcat", "cat", SIZE_MAX, 0},
      {"cat2", "cat", SIZE_MAX, 0},
      {"a cat-like (cat)", "cat", 2, 3},
      {"Cat", "cat", 0, 3},
      {"CAT", "cat", 0, 3},
      {"made for us", "US", SIZE_MAX, 0},
      {"the US", "US", 4, 2},
      {"upper palatinate", "Upper Palatinate", SIZE_MAX, 0},
      {"UPPER PALATINATE", "Upper Palatinate", 0, 16},
      {"a budgetary  deficit.", "budgetary deficit", 2, 18},
      {"a budgetary\xC2\xA0"
       "deficit",
       "budgetary deficit", 2, 18},
      {"Über Öl", "öl", 6, 3},
      {"naïve", "na", SIZE_MAX, 0},
      {"我住在北京市", "北京", 9, 6},
      {"Python语言", "Python", 0, 6},
      {"cat", "cats", SIZE_MAX, 0},
      {"cat ", "cat x", SIZE_MAX, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t bytes = 0;
    const size_t at = find(cases[i].text, cases[i].term, &bytes);
    if (at != cases[i].at || bytes != cases[i].bytes)
      fail_msg("'%s' in '%s': at %zu, %zu bytes", cases[i].term, cases[i].text, at, bytes);
  }
}

static void capitals(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"wiederholt", "Wiederholt"},
                                         {"über uns", "Über uns"},
                                         {"Haus", NULL},
                                         {"北京", NULL},
                                         {"3d", NULL},
                                         {"", NULL},
                                         {"ÿx", "Ÿx"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *out;
    assert_int_equal(ig_term_match_capitalize(cases[i][0], &out, NULL), IG_OK);
    if (cases[i][1])
      assert_string_equal(out, cases[i][1]);
    else
      assert_null(out);
    free(out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(capitals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
