// Windows of lines: ids from ids, errors with the line's number.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "pipeline/window.h"

static const ig_source_encoding sources[] = {{.vocabulary = 100, .longest = 6},
                                             {.vocabulary = 80, .longest = 4}};
static const ig_encoding by_id = {
    .sources = sources, .ids_in = true, .target_vocabulary = 50, .longest_target = 6};

static void add(ig_window *w, const char *source, const char *target) {
  const ig_window_input line = {.number = w->count + 1,
                                .source = {source, strlen(source)},
                                .target = {target, target ? strlen(target) : 0},
                                .ends_line = true};
  assert_int_equal(ig_window_add(w, &line, NULL), IG_OK);
}

static void test_ids(void **state) {
  (void)state;
  ig_window w = {.members = 1};
  add(&w, "  5 99\t0 \r", NULL);
  add(&w, "", NULL);
  add(&w, "1 2 3 4 5 6 7 8", NULL);
  assert_int_equal(ig_window_encode(&w, &by_id, NULL, NULL), IG_OK);
  assert_int_equal(w.sentences[0].sources[0].count, 3);
  assert_int_equal(w.sentences[0].sources[0].ids[1], 99);
  assert_int_equal(w.sentences[1].sources[0].count, 0);
  assert_int_equal(w.sentences[2].sources[0].count, 6);  // truncated, its end kept
  assert_int_equal(w.sentences[2].sources[0].ids[5], 8);
  assert_int_equal(w.sentences[2].sources[0].ids[4], 5);
  assert_int_equal(w.sentences[2].truncated_from, 8);
  assert_int_equal(w.sentences[2].truncated_to, 6);
  ig_window_free(&w);
}

static void test_bad_ids_name_the_line(void **state) {
  (void)state;
  static const char *const bad[] = {"1 x", "100", "-1", "3a", "99999999999999999999999",
                                    "1.5", "\xff"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ig_window w = {.members = 1};
    ig_error err = {0};
    add(&w, "1 2", NULL);
    add(&w, bad[i], NULL);
    add(&w, "oops", NULL);
    assert_int_equal(ig_window_encode(&w, &by_id, NULL, &err), IG_ERROR_FORMAT);
    if (!strstr(err.message, "line 2: ")) fail_msg("'%s': %s", bad[i], err.message);
    ig_window_free(&w);
  }
}

static void test_the_lowest_line_wins(void **state) {
  (void)state;
  ig_pool *pool;
  assert_int_equal(ig_pool_create(3, &pool, NULL), IG_OK);
  ig_window w = {.members = 1};
  for (int i = 0; i < 1000; i++) add(&w, i >= 300 && i % 100 == 7 ? "bad" : "1", NULL);
  ig_error err = {0};
  assert_int_equal(ig_window_encode(&w, &by_id, pool, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "line 308: "));
  ig_window_free(&w);
  ig_pool_free(pool);
}

static ig_window_part part_of(const ig_window *w, size_t sentence, size_t begin, size_t length) {
  const size_t text = w->sentences[sentence].source_text.begin;
  return (ig_window_part){
      .sentence = sentence, .source = {text + begin, length}, .gap = {text + begin - 1, 1}};
}

// Sentences in parts among others that stay whole, twice in the same memory: all in their order,
// each with its own ids.
static void test_division(void **state) {
  (void)state;
  ig_window w = {.members = 1};
  for (int again = 0; again < 2; again++) {
    const char *lines[] = {"1 2 3", "11 12 13 14 15", "", "21 22 23", "31"};
    const int firsts[] = {1, 11, 12, 14, -1, 21, 22, 31};
    const size_t numbers[] = {1, 2, 2, 2, 3, 4, 4, 5}, lengths[] = {3, 1, 2, 2, 0, 1, 2, 1};
    ig_window_clear(&w);
    for (size_t i = 0; i < 5; i++) add(&w, lines[i], NULL);
    assert_int_equal(ig_window_encode(&w, &by_id, NULL, NULL), IG_OK);
    w.sentences[1].truncated_from = 7;
    const ig_window_part parts[] = {part_of(&w, 1, 0, 2), part_of(&w, 1, 3, 5),
                                    part_of(&w, 1, 9, 5), part_of(&w, 3, 0, 2),
                                    part_of(&w, 3, 3, 5)};
    assert_int_equal(ig_window_divide(&w, parts, 5, &by_id, NULL), IG_OK);
    assert_int_equal(w.count, 8);
    for (size_t i = 0; i < w.count; i++) {
      const ig_window_sentence *s = &w.sentences[i];
      assert_int_equal(s->number, numbers[i]);
      assert_int_equal(s->sources[0].count, lengths[i]);
      assert_int_equal(s->length, lengths[i]);
      if (lengths[i]) assert_int_equal(s->sources[0].ids[0], firsts[i]);
      assert_int_equal(s->ends_line, i + 1 == w.count || numbers[i + 1] != numbers[i]);
      assert_int_equal(s->gap.length, i > 0 && numbers[i - 1] == numbers[i]);
      assert_int_equal(s->truncated_from, 0);
    }
  }
  ig_window_free(&w);
}

static void test_targets(void **state) {
  (void)state;
  ig_encoding e = by_id;
  e.scoring = true;
  ig_window w = {.members = 1};
  ig_error err = {0};
  add(&w, "1 2", "49 0");
  add(&w, "1", "");
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_OK);
  assert_int_equal(w.sentences[0].target.count, 2);
  assert_int_equal(w.sentences[1].target.count, 0);
  ig_window_clear(&w);
  add(&w, "1 2", "50");  // not in the target vocabulary
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_ERROR_FORMAT);
  ig_window_clear(&w);
  add(&w, "1 2", "1 2 3 4 5 6 7");
  assert_int_equal(ig_window_encode(&w, &e, NULL, &err),
                   IG_ERROR_ARGUMENT);  // a target is never truncated
  assert_non_null(strstr(err.message, "7 tokens"));
  ig_window_clear(&w);
  add(&w, " ", "1");
  assert_int_equal(ig_window_encode(&w, &e, NULL, NULL), IG_ERROR_FORMAT);
  ig_window_free(&w);
}

// A window is to take ten seconds: the first by the size of the models, the others by what the one
// before took, if it was full.
static void test_windows_follow_the_pace(void **state) {
  (void)state;
  ig_window w = {.members = 1};
  ig_window_begin_pace(&w, 14e6);
  assert_int_equal(w.most, 2048);
  ig_window_begin_pace(&w, 75e6);
  assert_int_equal(w.most, 458);
  ig_window_begin_pace(&w, 3.3e9);
  assert_int_equal(w.most, 64);
  for (int i = 0; i < 64; i++) {
    assert_false(ig_window_full(&w));
    add(&w, "1 2", NULL);
  }
  assert_true(ig_window_full(&w));
  ig_window_keep_pace(&w, 6.4);
  assert_int_equal(w.most, 100);
  ig_window_keep_pace(&w, 0.001);  // it was not full, so its time says nothing
  assert_int_equal(w.most, 100);
  ig_window_clear(&w);
  for (int i = 0; i < 100; i++) add(&w, "1 2", NULL);
  ig_window_keep_pace(&w, 0.0);
  assert_int_equal(w.most, 8192);
  ig_window_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_windows_follow_the_pace),
      cmocka_unit_test(test_ids),
      cmocka_unit_test(test_bad_ids_name_the_line),
      cmocka_unit_test(test_the_lowest_line_wins),
      cmocka_unit_test(test_division),
      cmocka_unit_test(test_targets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
