// What a tokenizer does beside a golden file, whose offsets count code points.
#ifndef IG_TESTS_GOLDEN_TOKENIZER_H
#define IG_TESTS_GOLDEN_TOKENIZER_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/json.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

// Twice the code points before this byte; a byte within one counts one more, so that nothing is
// equal.
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
static inline void expect_places(const ig_tokenizer *t, const char *name, const char *text,
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

static inline void expect_decoded_text(const ig_tokenizer *t, const char *text, const json_t *ids,
                                       const json_t *expected) {
  const size_t count = json_array_size(ids);
  int *list = calloc(count + 1, sizeof *list);
  char *decoded;
  ig_error err = {0};
  assert_non_null(list);
  for (size_t i = 0; i < count; i++) list[i] = (int)json_integer_value(json_array_get(ids, i));
  if (ig_tokenizer_decode(t, list, count, &decoded, &err) != IG_OK) fail_msg("%s", err.message);
  if (strcmp(decoded, json_string_value(expected)) != 0)
    fail_msg("'%s': decoded as '%s'", text, decoded);
  free(decoded);
  free(list);
}

static inline void expect_golden_ids(const ig_tokenizer *t, const char *name, const char *text,
                                     const json_t *expected) {
  char list[400] = "";
  ig_ids ids = {0};
  ig_error err = {0};
  if (ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err) != IG_OK)
    fail_msg("%s", err.message);
  bool same = json_array_size(expected) == ids.count;
  for (size_t i = 0; same && i < ids.count; i++)
    same = json_integer_value(json_array_get(expected, i)) == ids.ids[i];
  for (size_t i = 0, used = 0; !same && i < ids.count && used < 380; i++)
    used += (size_t)snprintf(list + used, sizeof list - used, " %d", ids.ids[i]);
  if (!same) fail_msg("%s: '%s': other ids than expected:%s", name, text, list);
  ig_ids_free(&ids);
}

// A list of so many objects: text, ids, offsets, decoded.
static inline void expect_golden_cases(const ig_tokenizer *t, const char *path, size_t count) {
  json_t *cases, *c;
  size_t i;
  ig_error err = {0};
  if (ig_json_load(path, &cases, &err) != IG_OK) fail_msg("%s", err.message);
  assert_int_equal(json_array_size(cases), count);
  json_array_foreach(cases, i, c) {
    const char *text = json_string_value(json_object_get(c, "text"));
    const json_t *ids = json_object_get(c, "ids");
    expect_golden_ids(t, path, text, ids);
    expect_places(t, path, text, ids, json_object_get(c, "offsets"));
    expect_decoded_text(t, text, ids, json_object_get(c, "decoded"));
  }
  json_decref(cases);
}
#endif
