// Places of tokens beside those of a golden file, which counts code points.
#ifndef IG_TESTS_PLACE_FIXTURE_H
#define IG_TESTS_PLACE_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "io/json.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

// The code points before this byte; a byte within one counts half of it, so that nothing is equal.
static long twice_the_characters(const char *text, size_t byte) {
  long count = 0;
  size_t at = 0;
  for (; at < byte; at += ig_utf8_step(text + at)) count += 2;
  return at == byte ? count : count - 1;
}

static bool same_place(const char *text, ig_source_range place, const json_t *expected) {
  const json_int_t begin = json_integer_value(json_array_get(expected, 0));
  const json_int_t end = json_integer_value(json_array_get(expected, 1));
  return twice_the_characters(text, place.begin) == 2 * begin &&
         twice_the_characters(text, place.end) == 2 * end;
}

// The ids are those of ids (a list of JSON), and the places those of offsets.
static void expect_places(const ig_tokenizer *t, const char *name, const char *text,
                          const json_t *ids, const json_t *offsets) {
  ig_ids found = {0};
  ig_source_ranges places = {0};
  ig_error err = {0};
  const ig_side_text side_text = {IG_SIDE_SOURCE, text, strlen(text), 0};
  if (ig_tokenizer_encode_placed(t, &side_text, &found, &places, &err) != IG_OK)
    fail_msg("%s", err.message);
  assert_int_equal(found.count, json_array_size(ids));
  assert_int_equal(places.count, json_array_size(offsets));
  for (size_t i = 0; i < places.count; i++) {
    assert_int_equal(found.ids[i], json_integer_value(json_array_get(ids, i)));
    if (!same_place(text, places.list[i], json_array_get(offsets, i)))
      fail_msg("%s: '%s': token %zu is at bytes %zu to %zu", name, text, i, places.list[i].begin,
               places.list[i].end);
  }
  ig_source_ranges_free(&places);
  ig_ids_free(&found);
}
#endif
