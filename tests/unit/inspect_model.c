// What ig_inspect tells of a model is the same in every locale; clear errors.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "comma_locale.h"
#include "ingot.h"

static char model[4096];

static char *inspect(bool json) {
  ig_inspect_options options = ig_inspect_options_default();
  ig_error err = {0};
  char *text;
  options.json = json;
  if (ig_inspect(model, &options, &text, &err) != IG_OK) fail_msg("%s", err.message);
  return text;
}

static void the_report_is_the_same_in_every_locale(void **state) {
  (void)state;
  static const char *const locales[] = {"de_DE", "ps_AF"};
  char *expected[2] = {inspect(false), inspect(true)};
  assert_non_null(strstr(expected[0], "marian"));
  for (size_t l = 0; l < 2; l++) {
    if (!use_locale(locales[l])) continue;
    char *found[2] = {inspect(false), inspect(true)};
    setlocale(LC_ALL, "C");
    for (int json = 0; json < 2; json++) {
      assert_string_equal(found[json], expected[json]);
      free(found[json]);
    }
  }
  free(expected[0]);
  free(expected[1]);
}

static void refused(const char *directory, ig_status status, const char *message) {
  char *text = (char *)"garbage";
  ig_error err = {0};
  assert_int_equal(ig_inspect(directory, NULL, &text, &err), status);
  assert_null(text);
  if (!strstr(err.message, message)) fail_msg("expected: %s, found: %s", message, err.message);
}

static void errors_say_what_is_wrong(void **state) {
  (void)state;
  refused("/nonexistent", IG_ERROR_IO, "/nonexistent");
  refused(NULL, IG_ERROR_ARGUMENT, "directory");
}

static char *inspect_golden(const char *name, bool json) {
  const char *source = getenv("INGOT_SOURCE");
  char *text, kept[sizeof model];
  memcpy(kept, model, sizeof model);
  snprintf(model, sizeof model, "%s/tests/golden/encoders/%s", source ? source : ".", name);
  text = inspect(json);
  memcpy(model, kept, sizeof model);
  return text;
}

static void has(const char *text, const char *wanted, bool expected) {
  if ((strstr(text, wanted) != NULL) != expected) fail_msg("'%s' in %s", wanted, text);
}

// An encoder has a head, and neither a decoder nor an end of sentences; one that is not trained has
// no memory of training.
static void encoders_are_what_they_are(void **state) {
  (void)state;
  static const struct {
    const char *name, *head;
    bool trains;
  } cases[] = {
      {"bert_span", "  head          where an answer begins and ends (question answering)\n", true},
      {"distilbert_classes", "  head          classes of sequences\n", false},
      {"roberta_masked", "  head          masked tokens, tied\n", true},
      {"roberta_none", "  head          none\n", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = inspect_golden(cases[i].name, false), *json = inspect_golden(cases[i].name, true);
    has(text, cases[i].head, true);
    has(text, "decoder", false);
    has(text, "translating", false);
    has(text, "    encoding    ", true);
    has(text, "    training    ", cases[i].trains);
    has(json, "\"encoding\": {", true);
    has(json, "\"training\": null", !cases[i].trains);
    has(json, "target embedding\"", false);
    free(text);
    free(json);
  }
}

// The bytes of the weights while they run as this type; NULL: as the directory has them.
static long long planned(const char *directory, const char *type) {
  ig_inspect_options options = ig_inspect_options_default();
  ig_error err = {0};
  char *text, wanted[80];
  options.json = true;
  options.type = type;
  if (ig_inspect(directory, &options, &text, &err) != IG_OK) fail_msg("%s", err.message);
  snprintf(wanted, sizeof wanted, "\"type\": \"%s\"", type ? type : "fp32");
  has(text, wanted, true);
  const char *found = strstr(strstr(text, "\"translation\""), "\"weights\": ");
  const long long bytes = strtoll(found + strlen("\"weights\": "), NULL, 10);
  free(text);
  return bytes;
}

// A plan is of the type that is asked for: a draft is held as int8, whatever its directory has.
static void the_plan_is_of_a_type(void **state) {
  (void)state;
  char draft[4096], *text = NULL;
  ig_error err = {0};
  ig_inspect_options options = ig_inspect_options_default();
  const char *source = getenv("INGOT_SOURCE");
  snprintf(draft, sizeof draft, "%s/models/en-de", source ? source : ".");
  const long long floats = planned(draft, NULL), integers = planned(draft, "int8");
  assert_int_equal(planned(draft, "fp32"), floats);
  assert_true(planned(draft, "bf16") < floats * 6 / 10);
  assert_true(integers < floats * 3 / 10);
  options.type = "int4";
  assert_int_equal(ig_inspect(draft, &options, &text, &err), IG_ERROR_UNSUPPORTED);
  assert_null(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_report_is_the_same_in_every_locale),
      cmocka_unit_test(errors_say_what_is_wrong),
      cmocka_unit_test(encoders_are_what_they_are),
      cmocka_unit_test(the_plan_is_of_a_type),
  };
  const char *source = getenv("INGOT_SOURCE");
  snprintf(model, sizeof model, "%s/tests/golden/marian_tiny", source ? source : ".");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
