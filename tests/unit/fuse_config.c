// config.json of a fused model: its dtype is that of the weights, differences between the models
// are told.
#include "fuse_fixture.h"
#include "io/json.h"

static const char *const names[] = {"text_model.layers.0.x", "vision_model.layers.0.x"};

static void remove_models(void) {
  static const char *const directories[] = {"a", "b", "out"};
  for (size_t i = 0; i < 3; i++) nftw(directories[i], fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_typed(const char *directory, const char *config, ig_dtype text, ig_dtype vision) {
  static const float one = 1;
  const ig_dtype dtypes[] = {text, vision};
  ig_safetensors_output tensors[2];
  for (size_t i = 0; i < 2; i++)
    tensors[i] = (ig_safetensors_output){
        .name = names[i], .dtype = dtypes[i], .rank = 1, .shape = {1}, .values = &one};
  fixture_model(directory, config, tensors, 2);
}

static void expect_key(const char *section, const char *key, const char *expected) {
  json_t *config;
  assert_int_equal(ig_json_load_in("out", "config.json", &config, NULL), IG_OK);
  const json_t *value = json_object_get(section ? json_object_get(config, section) : config, key);
  const char *found = json_is_string(value) ? json_string_value(value) : "none";
  if (strcmp(found, expected) != 0)
    fail_msg("%s %s is %s, expected %s", section ? section : "", key, found, expected);
  json_decref(config);
}

#define BOTH "models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]\n"

static void dtype_is_that_of_the_weights(void **state) {
  (void)state;
  static const struct {
    ig_dtype a, b;
    const char *recipe, *expected;
  } cases[] = {{IG_DTYPE_BF16, IG_DTYPE_F32, "", "float32"},
               {IG_DTYPE_BF16, IG_DTYPE_BF16, "", "bfloat16"},
               {IG_DTYPE_BF16, IG_DTYPE_F16, "", "float32"},
               {IG_DTYPE_F32, IG_DTYPE_F32, "dtype: float32\nout_dtype: float16\n", "float16"},
               {IG_DTYPE_F32, IG_DTYPE_F32, "dtype: bfloat16\n", "bfloat16"}};
  for (size_t i = 0; i < 5; i++)
    for (int new_key = 0; new_key < 2; new_key++) {
      const char *config =
          new_key ? "{\"dtype\": \"float64\", \"text_config\": {\"dtype\": \"bfloat16\"}}"
                  : "{\"torch_dtype\": \"torch.float64\", \"text_config\": "
                    "{\"torch_dtype\": \"bfloat16\", \"dtype_of_mine\": \"x\"}}";
      char recipe[300];
      remove_models();
      write_typed("a", config, cases[i].a, cases[i].a);
      write_typed("b", config, cases[i].b, cases[i].b);
      snprintf(recipe, sizeof recipe, "merge_method: linear\n" BOTH "%s", cases[i].recipe);
      fixture_fused(recipe, "out");
      expect_key(NULL, new_key ? "dtype" : "torch_dtype", cases[i].expected);
      expect_key(NULL, new_key ? "torch_dtype" : "dtype", "none");
      expect_key("text_config", new_key ? "dtype" : "torch_dtype", cases[i].expected);
    }
}

static void towers_have_types_of_their_own(void **state) {
  (void)state;
  static const char *const config =
      "{\"dtype\": \"bfloat16\", \"text_config\": {\"dtype\": \"float32\"}, "
      "\"vision_config\": {\"dtype\": \"bfloat16\"}}";
  remove_models();
  write_typed("a", config, IG_DTYPE_BF16, IG_DTYPE_F32);
  fixture_fused("merge_method: passthrough\nmodels: [{model: a}]\n", "out");
  expect_key(NULL, "dtype", "float32");
  expect_key("text_config", "dtype", "bfloat16");
  expect_key("vision_config", "dtype", "float32");
  remove_models();
  write_typed("a", "{}", IG_DTYPE_BF16, IG_DTYPE_BF16);
  fixture_fused("merge_method: passthrough\nmodels: [{model: a}]\n", "out");
  expect_key(NULL, "dtype", "none");
}

static void differences_are_told(void **state) {
  (void)state;
  remove_models();
  write_typed("a",
              "{\"rope_theta\": 10000.0, \"rms_norm_eps\": 1e-6, \"n_embd\": 4, \"k\": 1, "
              "\"_name_or_path\": \"x\", \"attention_dropout\": 0.1, \"transformers_version\": "
              "\"4\", \"text_config\": {\"head_dim\": 64}, \"id2label\": {\"0\": \"good\"}}",
              IG_DTYPE_F32, IG_DTYPE_F32);
  write_typed("b",
              "{\"rope_theta\": 500000, \"rms_norm_eps\": 1e-5, \"n_embd\": 4.0, "
              "\"rope_scaling\": {\"factor\": 8}, \"_name_or_path\": \"y\", "
              "\"attention_dropout\": 0.0, \"transformers_version\": \"5\", "
              "\"text_config\": {\"head_dim\": 32}, \"id2label\": {\"0\": \"bad\"}}",
              IG_DTYPE_F32, IG_DTYPE_F32);
  const char *messages = fixture_fuse("merge_method: linear\n" BOTH, "out");
  static const char *const told[] = {
      "config.json: rope_theta is 10000.0 in a, but 500000 in b; the output has the first",
      "rms_norm_eps is ", "rope_scaling is missing in a, but {\"factor\":8} in b",
      "text_config.head_dim is 64 in a, but 32 in b", "id2label.0 is \"good\" in a"};
  for (size_t i = 0; i < 5; i++)
    if (!strstr(messages, told[i])) fail_msg("expected: %s\nfound: %s", told[i], messages);
  static const char *const untold[] = {"n_embd", "_name_or_path", "dropout", "version", " k is"};
  for (size_t i = 0; i < 5; i++)
    if (strstr(messages, untold[i])) fail_msg("told: %s", untold[i]);
}

static void ten_differences_and_a_count(void **state) {
  (void)state;
  char a[600] = "{\"x\": 0", b[600] = "{\"x\": 0";
  for (int i = 0; i < 13; i++) {
    snprintf(a + strlen(a), 40, ", \"scale%02d\": 1", i);
    snprintf(b + strlen(b), 40, ", \"scale%02d\": 2", i);
  }
  strcat(a, "}");
  strcat(b, "}");
  remove_models();
  write_typed("a", a, IG_DTYPE_F32, IG_DTYPE_F32);
  write_typed("b", b, IG_DTYPE_F32, IG_DTYPE_F32);
  const char *messages = fixture_fuse("merge_method: linear\n" BOTH, "out");
  assert_non_null(strstr(messages, "scale09 is 1 in a"));
  assert_null(strstr(messages, "scale10"));
  assert_non_null(strstr(messages, "3 more keys differ between the models"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dtype_is_that_of_the_weights),
      cmocka_unit_test(towers_have_types_of_their_own),
      cmocka_unit_test(differences_are_told),
      cmocka_unit_test(ten_differences_and_a_count),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
