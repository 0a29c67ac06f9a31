// Opening a translator: options that are refused, and what a model asks for.
#include "translator_fixture.h"

#include <unistd.h>

#include "base/file.h"

static void test_what_is_not_built_is_named(void **state) {
  (void)state;
  static const struct {
    const char *text, *named;
  } cases[] = {
      {"{\"do_sample\": false, \"num_beam_groups\": 1, \"temperature\": 0.6, "
       "\"suppress_tokens\": [], \"guidance_scale\": null}",
       NULL},
      {"{\"do_sample\": true, \"top_k\": 3, \"suppress_tokens\": [5]}", NULL},
      {"{\"do_sample\": true, \"typical_p\": 0.5}", "left out: typical_p"},
      {"{\"num_beam_groups\": 2, \"max_time\": 5}", "left out: num_beam_groups, max_time"}};
  char path[256];
  snprintf(path, sizeof path, "%s/generation_config.json", directory);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *lines[] = {"w1"};
    streams s = {.lines = lines, .count = 1};
    assert_int_equal(ig_file_write(path, cases[i].text, strlen(cases[i].text), NULL), IG_OK);
    translate(options_of(1, 1), &s);
    if (cases[i].named ? !strstr(s.warning, cases[i].named) : *s.warning)
      fail_msg("%s: '%s'", cases[i].text, s.warning);
    release(&s);
  }
  unlink(path);
}

// An engine of ids alone has no tokenizer to share.
static void test_an_engine_of_ids_needs_ids(void **state) {
  (void)state;
  ig_engine *engine = open_engine((ig_engine_options){.threads = 1, .ids_only = true});
  ig_translator_options o = options_of(1, 1);
  ig_translator *t;
  ig_error err = {0};
  assert_int_equal(ig_translator_open_on(engine, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_null(t);
  assert_non_null(strstr(err.message, "tokenizer"));
  o.ids_in = true;
  assert_int_equal(ig_translator_open_on(engine, &o, &t, &err), IG_ERROR_ARGUMENT);
  o.ids_out = true;
  assert_int_equal(ig_translator_open_on(engine, &o, &t, &err), IG_OK);
  ig_translator_free(t);
  assert_int_equal(ig_translator_open_on(NULL, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_null(t);
  ig_engine_free(engine);
}

static void test_bad_options(void **state) {
  (void)state;
  ig_translator *t;
  ig_error err = {0};
  ig_translator_options o = options_of(1, 1);
  o.type = "int4";
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_UNSUPPORTED);
  o = options_of(1, 1);
  o.max_length = 49;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "48"));
  o = options_of(2, 3);
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  o = options_of(-1, 1);
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_int_equal(ig_translator_open("/nonexistent", &o, &t, &err), IG_ERROR_ARGUMENT);
  o = options_of(1, 1);
  assert_int_not_equal(ig_translator_open("/nonexistent", &o, &t, &err), IG_OK);
  o = options_of(1, 1);
  o.sampling.on = (ig_switch)3;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  o = options_of(1, 1);
  o.sampling.min_p = 0.5f;  // of sampling, which is off
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  o.sampling.on = IG_SWITCH_ON;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_OK);
  ig_translator_free(t);
  o = options_of(1, 1);
  // What the model's own file asks for is wrong: the message names the file, and a caller may ask
  // for something else.
  char path[256];
  snprintf(path, sizeof path, "%s/generation_config.json", directory);
  assert_int_equal(ig_file_write(path, "{\"num_beams\": 5000}", 19, &err), IG_OK);
  o.beam_size = 0;
  o.n_best = 0;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "generation_config.json: beam_size"));
  o.beam_size = 2;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_OK);
  ig_translator_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_not_built_is_named),
      cmocka_unit_test(test_an_engine_of_ids_needs_ids),
      cmocka_unit_test(test_bad_options),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
