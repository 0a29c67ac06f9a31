// Tokens as they come: those of each sentence one by one, and the last text is the line.
#include "translator_fixture.h"

#include "pipeline/translator.h"

typedef struct kept_tokens {
  int count[LINES + 1];  // of each line
  char *text[LINES + 1];
  int events, fail_at;
} kept_tokens;

static ig_status keep_token(void *context, const ig_token_event *e, ig_error *err) {
  (void)err;
  kept_tokens *k = context;
  if (k->fail_at && k->events == k->fail_at) return IG_ERROR_IO;
  k->events++;
  assert_in_range(e->line, 1, LINES);
  assert_int_equal(e->sentence, 0);
  assert_int_equal(e->count, ++k->count[e->line]);
  free(k->text[e->line]);
  k->text[e->line] = strdup(e->text);
  return IG_OK;
}

static void release_tokens(kept_tokens *k) {
  for (int i = 0; i <= LINES; i++) free(k->text[i]);
}

static ig_translator_options token_options(kept_tokens *k) {
  ig_translator_options o = options_of(1, 1);
  o.split_sentences = IG_SPLIT_SENTENCES_OFF;
  o.on_token = (ig_token_options){.write = keep_token, .context = k};
  return o;
}

static void each_token(void **state) {
  (void)state;
  for (int sampling = 0; sampling <= 1; sampling++) {
    kept_tokens k = {0};
    streams s = {.lines = some_lines(), .count = LINES},
            alone = {.lines = some_lines(), .count = LINES};
    ig_translator_options o = token_options(&k);
    if (sampling) o.sampling.on = IG_SWITCH_ON;
    ig_translator *t = open_with(o);
    translate_with(t, &s);
    int tokens = 0;
    for (size_t i = 0; i < LINES; i++) {
      tokens += k.count[i + 1];
      assert_string_equal(k.text[i + 1] ? k.text[i + 1] : "", s.out[i]);
    }
    assert_int_equal(tokens, ig_translator_stats(t).target_tokens);
    ig_translator_free(t);
    o.on_token.write = NULL;
    translate(o, &alone);
    expect_same(&s, &alone);
    release(&s);
    release(&alone);
    release_tokens(&k);
  }
}

static void refused(void **state) {
  (void)state;
  kept_tokens k = {.fail_at = 7};
  ig_translator_options o = token_options(&k);
  ig_translator *t = open_with(o);
  streams s = {.lines = some_lines(), .count = LINES};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  ig_error err = {0};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "on_token: write"));
  ig_translator_free(t);
  release(&s);
  release_tokens(&k);
  o.beam_size = 2;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_token), cmocka_unit_test(refused)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
