// A directory of another program opens as the one that ig_convert makes of it: the same options,
// the same bits of every tensor, the same settings of the decoder, the same ids of text.
#include "fuse_fixture.h"

#include "io/json.h"
#include "model/files/load.h"

static char golden[512];

static const char *golden_directory(const char *name) {
  snprintf(golden, sizeof golden, "%s/tests/golden/%s", getenv("INGOT_SOURCE"), name);
  return golden;
}

static ig_model *load_model(const char *directory) {
  ig_model *model;
  ig_error err = {0};
  if (ig_model_load(directory, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static ig_tokenizer *load_tokenizer(const char *directory) {
  ig_tokenizer *tokenizer;
  ig_error err = {0};
  if (ig_load_tokenizer(directory, &tokenizer, &err) != IG_OK) fail_msg("%s", err.message);
  return tokenizer;
}

static void expect_same_configs(const ig_model *a, const ig_model *b) {
  char *x, *y;
  assert_int_equal(ig_config_json(ig_model_config(a), &x, NULL), IG_OK);
  assert_int_equal(ig_config_json(ig_model_config(b), &y, NULL), IG_OK);
  assert_string_equal(x, y);
  free(x);
  free(y);
}

static void expect_same_generation(const ig_model *a, const ig_model *b) {
  json_t *x, *y;
  const char *of_a = a->generation_config, *of_b = b->generation_config;
  assert_int_equal(ig_json_parse(of_a, strlen(of_a), "a", &x, NULL), IG_OK);
  assert_int_equal(ig_json_parse(of_b, strlen(of_b), "b", &y, NULL), IG_OK);
  assert_true(json_equal(x, y));
  json_decref(x);
  json_decref(y);
}

static void expect_same_tensors(const ig_model *a, const ig_model *b) {
  assert_int_equal(ig_model_tensors(a), ig_model_tensors(b));
  assert_true(ig_model_tensors(a) > 20);
  for (size_t i = 0; i < ig_model_tensors(a); i++) {
    ig_tensor_view x, y;
    size_t count = 1;
    assert_int_equal(ig_model_tensor(a, i, &x, NULL), IG_OK);
    assert_int_equal(ig_model_tensor(b, i, &y, NULL), IG_OK);
    assert_string_equal(x.name, y.name);
    assert_memory_equal(x.shape, y.shape, sizeof x.shape);
    for (int k = 0; k < x.rank; k++) count *= x.shape[k];
    if (memcmp(x.values, y.values, count * sizeof *x.values) != 0) fail_msg("%s differs", x.name);
  }
}

static void expect_same_ids(const char *a, const char *b) {
  static const char *const texts[] = {"bad cab ace", "fade  cafe xyz", "DAB CAB"};
  ig_tokenizer *x = load_tokenizer(a), *y = load_tokenizer(b);
  for (int side = 0; side < 2; side++)
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
      ig_ids of_x = {0}, of_y = {0};
      ig_status (*encode)(const ig_tokenizer *, const char *, size_t, ig_ids *, ig_error *) =
          side ? ig_tokenizer_encode_target : ig_tokenizer_encode_source;
      assert_int_equal(encode(x, texts[i], strlen(texts[i]), &of_x, NULL), IG_OK);
      assert_int_equal(encode(y, texts[i], strlen(texts[i]), &of_y, NULL), IG_OK);
      assert_int_equal(of_x.count, of_y.count);
      assert_memory_equal(of_x.ids, of_y.ids, of_x.count * sizeof *of_x.ids);
      ig_ids_free(&of_x);
      ig_ids_free(&of_y);
    }
  assert_int_equal(ig_tokenizer_target_size(x), ig_tokenizer_target_size(y));
  ig_tokenizer_free(x);
  ig_tokenizer_free(y);
}

static void opens_as_converted(void **state) {
  static const char *const names[] = {
      "marian_npz/tied", "marian_npz/apart",  "marian_npz/head",      "marian_npz/ssru",
      "marian_npz/tiny", "marian_npz/binary", "marian_packed/packed", "marian_packed/student"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    ig_error err = {0};
    const char *directory = golden_directory(names[i]);
    const char *name = strchr(names[i], '/') + 1;
    if (ig_convert(directory, name, NULL, &err) != IG_OK) fail_msg("%s", err.message);
    ig_model *direct = load_model(directory), *converted = load_model(name);
    expect_same_configs(direct, converted);
    expect_same_generation(direct, converted);
    expect_same_tensors(direct, converted);
    expect_same_ids(directory, name);
    ig_model_free(direct);
    ig_model_free(converted);
  }
}

static void options_are_read_alone(void **state) {
  ig_config *config;
  (void)state;
  assert_int_equal(ig_config_load(golden_directory("marian_npz/ssru"), &config, NULL), IG_OK);
  assert_string_equal(ig_config_family(config), "marian_ssru");
  ig_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opens_as_converted),
      cmocka_unit_test(options_are_read_alone),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
