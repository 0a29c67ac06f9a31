// Recipes of mergekit as they stand: references as maps, merge keys, numbers for flags, float64,
// chat templates; and what has no effect is told.
#include "fuse_fixture.h"

#include "io/json.h"

static void make_model(const char *name, float value) {
  const float values[] = {value, 2 * value};
  const ig_safetensors_output tensor = {
      .name = "layers.0.w.weight", .rank = 2, .shape = {1, 2}, .values = values};
  fixture_model(name, "{\"model_type\": \"made-up\"}", &tensor, 1);
}

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  make_model("a", 1);
  make_model("b", 3);
  make_model("c", 5);
  make_model("x@y", 7);
  return 0;
}

static void remove_output(void) { nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS); }

// Fuses, with exactly this message, into these two values.
static void fuses_to(const char *recipe, const char *message, float first, float second) {
  const char *messages = fixture_fuse(recipe, "out");
  if (strcmp(messages, message) != 0) fail_msg("expected: %s\nfound: %s", message, messages);
  fixture_expect("out", "layers.0.w.weight", (const float[]){first, second}, 2);
  remove_output();
}

static void references_may_be_maps(void **state) {
  (void)state;
  fuses_to(
      "merge_method: linear\nmodels:\n  - model: {model: {path: a}}\n  - model: {model: b}\n"
      "parameters: {weight: 1}\n",
      "", 2, 4);
  fixture_refused(
      "merge_method: linear\nmodels:\n  - model: a\n  - model: {model: {path: a}}\n"
      "parameters: {weight: 1}\n",
      "'a' stands twice");
}

static void maps_that_are_no_references_are_refused(void **state) {
  (void)state;
#define WITH_MODEL(map) \
  "merge_method: passthrough\nmodels:\n  - model: " map "\nparameters: {scale: 1}\n"
  fixture_refused(WITH_MODEL("{path: a}"), "unknown key");
  fixture_refused(WITH_MODEL("{lora: a}"), "recipe.yml:3: models[0].model: has no 'model'");
  fixture_refused(WITH_MODEL("{model: {revision: main}}"), "has no 'path'");
  fuses_to(
      WITH_MODEL("{model: {path: a, revision: main}, override_architecture: Llama}"),
      "recipe.yml:3: models[0].model.model: revision 'main' has no effect: a is taken as it is "
      "on the diskrecipe.yml:3: models[0].model: override_architecture 'Llama' has no effect: "
      "tensors go by their names",
      1, 2);
  fuses_to(WITH_MODEL("a@main"),
           "recipe.yml:3: models[0].model: revision 'main' has no effect: a is taken as it is on "
           "the disk",
           1, 2);
  fuses_to(WITH_MODEL("x@y"), "", 7, 14);
  fixture_refused(WITH_MODEL("{model: a, lora: {path: nowhere}}"), "nowhere");
}

static void merge_keys_are_carried_out(void **state) {
  (void)state;
  fuses_to(
      "merge_method: linear\nmodels:\n  - model: a\n    parameters: &p {weight: 1}\n"
      "  - model: b\n    parameters:\n      <<: *p\n      weight: 3\n"
      "  - model: c\n    parameters: {<<: [*p]}\nparameters: {normalize: false}\n",
      "", 1 + 9 + 5, 2 + 18 + 10);
}

static void flags_may_be_numbers(void **state) {
  (void)state;
#define NORMALIZE(value)                                                             \
  "merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1, " \
  "normalize: " value "}\n"
  static const char *const yes[] = {NORMALIZE("1.0"), NORMALIZE("1"), NORMALIZE("+1e0"),
                                    NORMALIZE("on"), NORMALIZE("'1'")};
  static const char *const no[] = {NORMALIZE("0.0"), NORMALIZE("0"), NORMALIZE("-0."),
                                   NORMALIZE("off"), NORMALIZE("'0.0'")};
  for (size_t i = 0; i < 5; i++) fuses_to(yes[i], "", 2, 4);
  for (size_t i = 0; i < 5; i++) fuses_to(no[i], "", 4, 8);
  fixture_refused(NORMALIZE("0.5"), "expected true or false, found '0.5'");
}

static void what_has_no_effect_is_told(void **state) {
  (void)state;
  fuses_to(
      "merge_method: passthrough\nslices:\n  - sources: [{model: a, layer_range: [0, 1]}]\n"
      "    residual_weight: 0.5\nparameters:\n  scale: 1\n  embed_slerp: true\n  t: 0.5\n",
      "recipe.yml:4: slices[0].residual_weight: 0.5 has no effect, as in mergekit"
      "recipe.yml:7: parameters.embed_slerp: has no effect on passthrough"
      "recipe.yml:8: parameters.t: has no effect on passthrough",
      1, 2);
  fixture_refused("merge_method: passthrough\nmodels: [{model: a}]\nparameters: {scle: 1}\n",
                  "did you mean 'scale'");
  fixture_refused(
      "merge_method: passthrough\nslices:\n  - sources: [{model: a, layer_range: [0, "
      "1]}]\n    residual_weight: much\n",
      "residual_weight: expected a number");
}

static void float64_is_told(void **state) {
  (void)state;
  fuses_to("merge_method: passthrough\nmodels: [{model: a}]\ndtype: torch.float64\n",
           "recipe.yml:3: dtype: torch.float64: float32 is taken in its place: values are computed "
           "in it",
           1, 2);
  fixture_refused("merge_method: passthrough\nmodels: [{model: a}]\ndtype: float99\n",
                  "expected float32, bfloat16 or float16");
}

// ---- chat templates ---------------------------------------------------------

static void expect_text(const char *path, const char *expected) {
  char *text;
  assert_int_equal(ig_file_load(path, &text, NULL, NULL), IG_OK);
  assert_string_equal(text, expected);
  free(text);
}

static void expect_template(const char *expected) {
  json_t *config;
  expect_text("out/chat_template.jinja", expected);
  assert_int_equal(ig_json_load("out/tokenizer_config.json", &config, NULL), IG_OK);
  assert_string_equal(json_string_value(json_object_get(config, "chat_template")), expected);
  assert_int_equal(json_integer_value(json_object_get(config, "model_max_length")), 9);
  json_decref(config);
  remove_output();
}

static void a_chat_template_is_written(void **state) {
  (void)state;
#define TEMPLATE(value)                                                                           \
  "merge_method: linear\nmodels: [{model: a}, {model: b}, {model: c}]\nparameters: {weight: 1}\n" \
  "chat_template: " value "\n"
  fixture_write("a/tokenizer_config.json", "{\"model_max_length\": 9}");
  const char *messages = fixture_fuse(TEMPLATE("auto"), "out");
  if (!strstr(messages, "auto has no effect: no model has a chat template"))
    fail_msg("%s", messages);
  assert_false(ig_file_exists("out/chat_template.jinja"));
  remove_output();
  fixture_write("a/chat_template.jinja", "{{ one }}\n");
  fixture_write("b/chat_template.jinja", " {{ two }}\n");
  fixture_write("c/tokenizer_config.json",
                "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"{{ one }}\"}, "
                "{\"name\": \"default\", \"template\": \"{{ two }}\"}]}");
  fixture_fused(TEMPLATE("auto"), "out");  // two of three have it
  expect_template("{{ two }}");
  fixture_fused(TEMPLATE("'{% for m in messages %}{{ m }}{% endfor %}'"), "out");
  expect_template("{% for m in messages %}{{ m }}{% endfor %}");
  fixture_write("mine.jinja", "{{ mine }}\n");
  fixture_fused(TEMPLATE("mine.jinja"), "out");
  expect_template("{{ mine }}");
  fixture_refused(TEMPLATE("chatml"), "chat_template: 'chatml' is neither auto");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(references_may_be_maps),
      cmocka_unit_test(maps_that_are_no_references_are_refused),
      cmocka_unit_test(merge_keys_are_carried_out),
      cmocka_unit_test(flags_may_be_numbers),
      cmocka_unit_test(what_has_no_effect_is_told),
      cmocka_unit_test(float64_is_told),
      cmocka_unit_test(a_chat_template_is_written),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
