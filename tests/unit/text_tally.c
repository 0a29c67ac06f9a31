// Counts of texts, and how they are told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "text/tally.h"

static void add(ig_tally *tally, const char *text, uint64_t times) {
  assert_int_equal(ig_tally_add(tally, text, strlen(text), times, NULL), IG_OK);
}

static void sorted_by_count_then_bytes(void **state) {
  (void)state;
  ig_tally tally = {0};
  add(&tally, "b", 2);
  add(&tally, "c", 1);
  add(&tally, "a", 1);
  add(&tally, "c", 1);
  ig_tally_entry *entries;
  assert_int_equal(ig_tally_sort(&tally, &entries, NULL), IG_OK);
  assert_string_equal(entries[0].text, "b");
  assert_string_equal(entries[1].text, "c");
  assert_int_equal(entries[1].count, 2);
  assert_string_equal(entries[2].text, "a");
  free(entries);
  ig_tally_free(&tally);
}

static void described(void **state) {
  (void)state;
  ig_tally tally = {0};
  char text[256];
  assert_int_equal(ig_tally_describe(&tally, 3, text, sizeof text, NULL), IG_OK);
  assert_string_equal(text, "");
  add(&tally, "\xC3\x9C", 7);      // U+00DC, a letter
  add(&tally, "\xE2\x80\x8B", 5);  // U+200B, which does not show
  add(&tally, "\x1B[2J", 4);       // does something to a terminal
  add(&tally, "\xCC\x81", 3);      // a mark that would sit on the quotation mark
  add(&tally, "z", 1);
  assert_int_equal(ig_tally_describe(&tally, 4, text, sizeof text, NULL), IG_OK);
  assert_string_equal(text,
                      "'\xC3\x9C' 7, U+200B 5, U+001B U+005B U+0032 U+004A 4, U+0301 3 and 1 more");
  // Too small a buffer holds the beginning.
  char small[8];
  assert_int_equal(ig_tally_describe(&tally, 4, small, sizeof small, NULL), IG_OK);
  assert_string_equal(small, "'\xC3\x9C' 7,");
  ig_tally_free(&tally);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sorted_by_count_then_bytes),
      cmocka_unit_test(described),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
