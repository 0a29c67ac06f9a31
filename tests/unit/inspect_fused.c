// What was fused is shown whatever its family.
#include "fuse_fixture.h"
#include "io/json.h"

static void any_family_is_shown(void **state) {
  (void)state;
  static const float one = 1;
  const ig_safetensors_output tensors[] = {
      {.name = "x", .dtype = IG_DTYPE_BF16, .rank = 1, .shape = {1}, .values = &one},
      {.name = "y", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {1}, .values = &one}};
  fixture_model("a", "{\"model_type\": \"llama\"}", tensors, 2);
  char *text;
  ig_error err = {0};
  assert_int_not_equal(ig_inspect("a", NULL, &text, &err), IG_OK);  // it was not fused
  assert_null(text);
  fixture_fused("merge_method: passthrough\nmodels: [{model: a}]\n", "out");
  if (ig_inspect("out", NULL, &text, &err) != IG_OK) fail_msg("%s", err.message);
  assert_non_null(strstr(text, "model_type: \"llama\" is not a family"));
  assert_non_null(strstr(text, "2 tensors, 2 values, 6 bytes (BF16, F32)"));
  assert_non_null(strstr(text, "by passthrough"));
  assert_non_null(strstr(text, "a/model.safetensors"));
  free(text);
  ig_inspect_options options = ig_inspect_options_default();
  options.json = true;
  assert_int_equal(ig_inspect("out", &options, &text, NULL), IG_OK);
  json_t *json;
  assert_int_equal(ig_json_parse(text, strlen(text), "text", &json, NULL), IG_OK);
  assert_true(json_is_null(json_object_get(json, "family")));
  assert_string_equal(json_string_value(json_object_get(json_object_get(json, "fusion"), "method")),
                      "passthrough");
  assert_int_equal(json_array_size(json_object_get(json, "tensors")), 2);
  json_decref(json);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_family_is_shown)};
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
