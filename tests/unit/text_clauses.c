// Where sentences are divided that are too long.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "text/clauses.h"

// expected is text with '|' where its first part ends and where the rest begins, once or twice.
static void expect_division(const char *expected, size_t most) {
  char *text = calloc(1, strlen(expected) + 1);
  size_t length = 0, places[2] = {0, 0}, count = 0;
  for (const char *p = expected; *p; p++) {
    if (*p != '|')
      text[length++] = *p;
    else if (count < 2)
      places[count++] = length;
  }
  char *exact = malloc(length);
  memcpy(exact, text, length);
  const ig_clause found = ig_clauses_first(exact, length, most);
  if (found.end != places[0] || found.next != places[count - 1])
    fail_msg("'%s': %zu, %zu", expected, found.end, found.next);
  free(exact);
  free(text);
}

static void test_clauses(void **state) {
  (void)state;
  expect_division("one, two, three,| |four five", 18);
  expect_division("one; two and three| |four five", 18);  // a mark in the first third: too early
  expect_division("one two three,|  |four five six", 21);
  expect_division("he said \"go,\"| |and went away", 18);  // the closing quote stays
  expect_division("costs 1,000,000 or| |2:30 more", 19);   // marks within words
  expect_division("Hello Mr. Smith| |is here", 16);        // no full stop
  expect_division("一二三，|四五六七八九", 15);
  expect_division("一二三，”|四五六七八九", 18);
}

static void test_words_and_characters(void **state) {
  (void)state;
  expect_division("one two| |three", 9);
  expect_division("one two| |three", 7);
  expect_division("one| |two three", 6);
  expect_division("aaaa|aaaaaa", 4);
  expect_division("一二|三四", 8);
  expect_division(
      "cafe|e\xcc\x81"
      "e",
      6);                       // an accent stays with its letter
  expect_division("一|二", 1);  // at least a character
  expect_division("a|bc", 0);
  expect_division("one\xc2\xa0two|\xc2\xa0|three", 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_clauses),
                                     cmocka_unit_test(test_words_and_characters)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
