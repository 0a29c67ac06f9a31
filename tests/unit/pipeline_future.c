// Futures: several on one engine at the same time give what ig_translate_texts gives; what goes
// wrong is told by the wait; and freeing waits, whoever has taken what.
#include "translator_fixture.h"

#include "ingot_texts.h"

enum { FUTURES = 3 };

static void expect_same_texts(const ig_translations *found, const ig_translations *expected) {
  assert_int_equal(found->count, expected->count);
  for (size_t i = 0; i < found->count; i++) {
    const ig_translation *a = found->texts[i].translations, *b = expected->texts[i].translations;
    assert_string_equal(found->texts[i].text, expected->texts[i].text);
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->ids, b->ids, (size_t)a->count * sizeof(int));
    assert_memory_equal(a->log_probs, b->log_probs, (size_t)a->count * sizeof(float));
  }
}

// Each on a translator of its own; the texts are gone before the end.
static void beside_each_other(void **state) {
  (void)state;
  static const ig_engine_options engines[] = {{.threads = 1}, {.threads = 2, .workers = 3}};
  const ig_texts_options asked = {.log_probs = true};
  for (size_t e = 0; e < 2; e++) {
    ig_engine *engine = open_engine(engines[e]);
    ig_translator *translators[FUTURES];
    ig_translations *expected[FUTURES], *found;
    ig_future *futures[FUTURES];
    for (int i = 0; i < FUTURES; i++) {
      const ig_translator_options o = options_of(1 + i, 1);
      assert_int_equal(ig_translator_open_on(engine, &o, &translators[i], NULL), IG_OK);
      assert_int_equal(
          ig_translate_texts(translators[i], some_lines(), LINES, &asked, &expected[i], NULL),
          IG_OK);
    }
    for (int i = 0; i < FUTURES; i++) {
      const char **lines = some_lines();
      assert_int_equal(ig_submit_texts(translators[i], lines, LINES, &asked, &futures[i], NULL),
                       IG_OK);
      for (size_t k = 0; k < LINES; k++) *(char *)lines[k] = '\0';
    }
    for (int i = FUTURES; i-- > 0;) {
      assert_int_equal(ig_future_wait(futures[i], &found, NULL), IG_OK);
      assert_true(ig_future_ready(futures[i]));
      expect_same_texts(found, expected[i]);
      ig_translations_free(found);
      ig_future_free(futures[i]);
      ig_translations_free(expected[i]);
      ig_translator_free(translators[i]);
    }
    ig_engine_free(engine);
  }
}

static void what_goes_wrong(void **state) {
  (void)state;
  const char **lines = some_lines();
  ig_interrupter *interrupter;
  ig_translations *found;
  ig_future *future;
  ig_error err = {0};
  assert_int_equal(ig_interrupter_create(&interrupter, NULL), IG_OK);
  ig_translator_options o = options_of(4, 1);
  o.interrupter = interrupter;
  ig_translator *t = open_with(o);
  ig_interrupt(interrupter);
  assert_int_equal(ig_submit_texts(t, lines, LINES, NULL, &future, &err), IG_OK);
  assert_int_equal(ig_future_wait(future, &found, &err), IG_INTERRUPTED);
  assert_null(found);
  assert_int_equal(ig_future_wait(future, &found, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "taken"));
  ig_future_free(future);
  ig_interrupter_reset(interrupter);
  // Nobody waits: freeing does, and frees what was found.
  assert_int_equal(ig_submit_texts(t, lines, LINES, NULL, &future, &err), IG_OK);
  ig_future_free(future);
  // The translator is free again, and may be interrupted within its work.
  assert_int_equal(ig_submit_texts(t, lines, LINES, NULL, &future, &err), IG_OK);
  ig_interrupt(interrupter);
  const ig_status status = ig_future_wait(future, &found, &err);
  assert_true(status == IG_OK || status == IG_INTERRUPTED);
  assert_int_equal(found != NULL, status == IG_OK);
  ig_translations_free(found);
  ig_future_free(future);
  ig_translator_free(t);
  ig_interrupter_free(interrupter);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(beside_each_other),
                                     cmocka_unit_test(what_goes_wrong)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
