// Several translators on one engine, at the same time: each gets what it gets alone.
#include "translator_fixture.h"

#include <pthread.h>

typedef struct sharer {
  ig_translator *translator;
  streams found;
  ig_status status;
} sharer;

static void *translate_all(void *context) {
  sharer *s = context;
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s->found};
  s->status = ig_translate_lines(s->translator, &stream, NULL, NULL);
  return NULL;
}

// Every third line by itself, as a server gets them; the others keep their place.
static void *translate_each(void *context) {
  sharer *s = context;
  for (size_t i = 0; i < s->found.count && s->status == IG_OK; i += 3)
    s->status = ig_translate(s->translator, s->found.lines[i], &s->found.out[i], NULL);
  return NULL;
}

// Streams with other options, and single lines beside whole streams, over one engine at the same
// time: each gets what it gets alone, whatever threads and workers the engine has.
static void test_translators_share_an_engine(void **state) {
  (void)state;
  enum { SHARERS = 4, KINDS = 2 };
  static const ig_engine_options engines[] = {
      {.threads = 1}, {.threads = 3}, {.threads = 2, .workers = 4}};
  const char **lines = some_lines();
  const ig_translator_options options[KINDS] = {options_of(2, 1), options_of(1, 1)};
  static streams expected[KINDS];
  for (int k = 0; k < KINDS; k++) {
    expected[k] = (streams){.lines = lines, .count = LINES};
    translate(options[k], &expected[k]);
  }
  for (size_t e = 0; e < sizeof engines / sizeof *engines; e++) {
    ig_engine *engine = open_engine(engines[e]);
    static sharer sharers[SHARERS];
    pthread_t threads[SHARERS];
    for (int i = 0; i < SHARERS; i++) {
      sharers[i] = (sharer){.found = {.lines = lines, .count = LINES}};
      assert_int_equal(
          ig_translator_open_on(engine, &options[i % KINDS], &sharers[i].translator, NULL), IG_OK);
    }
    for (int i = 0; i < SHARERS; i++)
      assert_int_equal(
          pthread_create(&threads[i], NULL, i < 2 ? translate_all : translate_each, &sharers[i]),
          0);
    for (int i = 0; i < SHARERS; i++) {
      pthread_join(threads[i], NULL);
      assert_int_equal(sharers[i].status, IG_OK);
      for (size_t line = 0; line < LINES; line += i < 2 ? 1 : 3)
        assert_string_equal(sharers[i].found.out[line], expected[i % KINDS].out[line]);
      assert_int_equal(ig_translator_stats(sharers[i].translator).sentences,
                       i < 2 ? LINES : LINES / 3);
      ig_translator_free(sharers[i].translator);
      for (size_t line = 0; line < LINES; line++) free(sharers[i].found.out[line]);
    }
    ig_engine_free(engine);
  }
  for (int k = 0; k < KINDS; k++) release(&expected[k]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_translators_share_an_engine),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
