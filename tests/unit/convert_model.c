// ig_convert: every tensor is kept bit for bit, or rounded to the type that is asked for; copies of
// tied ones are not; small files go along; an error leaves nothing.
#include "fuse_fixture.h"
#include <math.h>

#include "base/f16.h"

typedef ig_convert_options options_of;

static char messages[8192];

static void note_message(void *context, ig_level level, const char *text) {
  (void)level;
  strncat(context, text, 4000 - strlen(context));
  strcat(context, "\n");
}

static ig_status convert(const char *from, const char *to, options_of options, ig_error *err) {
  messages[0] = '\0';
  options.reporter = (ig_reporter){.message = note_message, .context = messages};
  return ig_convert(from, to, &options, err);
}

static void expect_converted(const char *from, const char *to, options_of options) {
  ig_error err = {0};
  if (convert(from, to, options, &err) != IG_OK) fail_msg("%s", err.message);
}

static void expect_refused(const char *from, const char *to, options_of options,
                           const char *message) {
  ig_error err = {0};
  assert_int_not_equal(convert(from, to, options, &err), IG_OK);
  if (!strstr(err.message, message)) fail_msg("expected: %s\nfound: %s", message, err.message);
}

static void expect_message(const char *message) {
  if (!strstr(messages, message)) fail_msg("expected: %s\nfound: %s", message, messages);
}

static void remove_all(const char *directory) {
  nftw(directory, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// ---- values -----------------------------------------------------------------

static void write_pickled(const char *directory, const char *file) {
  char from[512], to[64];
  ig_error err = {0};
  mkdir(directory, 0777);
  snprintf(to, sizeof to, "%s/config.json", directory);
  fixture_write(to, "{}");
  snprintf(from, sizeof from, "%s/tests/golden/torch_files/%s", getenv("INGOT_SOURCE"), file);
  snprintf(to, sizeof to, "%s/pytorch_model.bin", directory);
  if (ig_file_copy(from, to, &err) != IG_OK) fail_msg("%s", err.message);
}

static void expect_same_bytes(const char *expected, const char *found) {
  ig_safetensors *a, *b;
  assert_int_equal(ig_safetensors_open(expected, &a, NULL), IG_OK);
  assert_int_equal(ig_safetensors_open(found, &b, NULL), IG_OK);
  assert_int_equal(ig_safetensors_count(a), ig_safetensors_count(b));
  for (size_t i = 0; i < ig_safetensors_count(a); i++) {
    unsigned char x[1024], y[1024];
    const ig_safetensor *t = ig_safetensors_get(a, i), *u = ig_safetensors_get(b, i);
    assert_string_equal(t->name, u->name);
    assert_int_equal(t->dtype, u->dtype);
    assert_int_equal(t->rank, u->rank);
    assert_memory_equal(t->shape, u->shape, (size_t)t->rank * sizeof *t->shape);
    assert_true(t->bytes <= sizeof x);
    assert_int_equal(ig_safetensor_read_raw(t, x, NULL), IG_OK);
    assert_int_equal(ig_safetensor_read_raw(u, y, NULL), IG_OK);
    if (memcmp(x, y, t->bytes) != 0) fail_msg("%s: other bytes", t->name);
  }
  ig_safetensors_close(a);
  ig_safetensors_close(b);
}

// Both forms of PyTorch, with every type, transposed, sliced and deflated tensors.
static void every_tensor_is_kept(void **state) {
  (void)state;
  static const char *const files[] = {"plain.zip.bin", "plain.old.bin", "deflated.zip.bin",
                                      "big_endian.zip.bin", "untyped.zip.bin"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    write_pickled("a", files[i]);
    expect_converted("a", "out", (options_of){0});
    assert_false(ig_file_exists("out/pytorch_model.bin"));
    expect_same_bytes("a", "out");
    remove_all("out");
    // Shards of a byte, each with a tensor all the same.
    expect_converted("a", "out", (options_of){.shard_bytes = 1});
    assert_true(ig_file_exists("out/model.safetensors.index.json"));
    assert_false(ig_file_exists("out/model.safetensors"));
    expect_same_bytes("a", "out");
    remove_all("out");
    remove_all("a");
  }
}

static const float values[] = {1.0f, 0.1f, -INFINITY, NAN, 65504.0f, 1e-8f};
static const int64_t counter = 1234567890123;

static void write_values(const float *x, const char *config) {
  const ig_safetensors_output tensors[] = {
      {.name = "n", .dtype = IG_DTYPE_I64, .rank = 1, .shape = {1}, .raw = &counter},
      {.name = "x", .dtype = IG_DTYPE_F32, .rank = 2, .shape = {2, 3}, .values = x}};
  fixture_model("a", config, tensors, 2);
}

static void weights_are_rounded_to_the_type(void **state) {
  (void)state;
  write_values(values, "{\"torch_dtype\": \"float32\", \"text_config\": {\"dtype\": \"float32\"}}");
  expect_converted("a", "out", (options_of){.type = "float16"});
  ig_safetensors *file;
  float x[6];
  int64_t n;
  assert_int_equal(ig_safetensors_open("out", &file, NULL), IG_OK);
  const ig_safetensor *t = ig_safetensors_find(file, "x");
  assert_int_equal(t->dtype, IG_DTYPE_F16);
  assert_int_equal(ig_safetensor_read_float(t, x, 6, NULL), IG_OK);
  for (size_t i = 0; i < 6; i++) {
    const float expected = ig_f16_to_float(ig_f16_from_float(values[i]));
    if (x[i] != expected && !(isnan(x[i]) && isnan(expected))) fail_msg("value %zu", i);
  }
  t = ig_safetensors_find(file, "n");
  assert_int_equal(t->dtype, IG_DTYPE_I64);
  assert_int_equal(ig_safetensor_read_raw(t, &n, NULL), IG_OK);
  assert_true(n == counter);
  ig_safetensors_close(file);
  char *text;
  assert_int_equal(ig_file_load("out/config.json", &text, NULL, NULL), IG_OK);
  assert_non_null(strstr(text, "\"torch_dtype\": \"float16\""));
  assert_non_null(strstr(text, "\"dtype\": \"float16\""));
  free(text);
  remove_all("out");
  remove_all("a");
}

static void values_too_large_are_refused(void **state) {
  (void)state;
  static const float large[] = {1, 65519, 65520, 0, 0, 0};
  static const double wide[] = {1, 1e39};
  write_values(large, "{}");
  expect_refused("a", "out", (options_of){.type = "float16"},
                 "tensor x: value 3 of 6, 65520, is too large for F16");
  assert_false(ig_file_exists("out.partial"));
  assert_false(ig_file_exists("out"));
  expect_converted("a", "out", (options_of){.type = "bfloat16"});
  remove_all("out");
  const ig_safetensors_output tensor = {
      .name = "w", .dtype = IG_DTYPE_F64, .rank = 1, .shape = {2}, .raw = wide};
  fixture_model("a", "{}", &tensor, 1);
  expect_refused("a", "out", (options_of){.type = "float32"},
                 "tensor w: value 2 of 2, 1e+39, is too large for F32");
  expect_converted("a", "out", (options_of){0});
  expect_same_bytes("a", "out");
  remove_all("out");
  remove_all("a");
}

// ---- ties -------------------------------------------------------------------

#define TENSOR(tensor_name, x) \
  { .name = tensor_name, .dtype = IG_DTYPE_F32, .rank = 2, .shape = {2, 2}, .values = x }
static const float one[] = {1, 2, 3, 4}, two[] = {1, 2, 3, 5};

static void copies_of_tied_tensors_are_left_out(void **state) {
  (void)state;
  const ig_safetensors_output tensors[] = {
      TENSOR("lm_head.weight", two), TENSOR("model.decoder.embed_tokens.weight", one),
      TENSOR("model.encoder.embed_tokens.weight", one), TENSOR("model.shared.weight", one)};
  fixture_model("a", "{\"model_type\": \"bart\"}", tensors, 4);
  expect_converted("a", "out", (options_of){0});
  expect_message(
      "not written again: model.decoder.embed_tokens.weight, "
      "model.encoder.embed_tokens.weight\n");
  // The head has other values: it is no copy.
  assert_int_equal(fixture_count("out"), 2);
  fixture_expect("out", "lm_head.weight", two, 4);
  fixture_expect("out", "model.shared.weight", one, 4);
  remove_all("out");
  remove_all("a");
}

// ---- files ------------------------------------------------------------------

static void small_files_go_along(void **state) {
  (void)state;
  write_values(values, "{\"a\":1}");
  mkdir("a/1_Pooling", 0777);
  static const char *const files[] = {"a/README.md",    "a/vocab.json",  "a/1_Pooling/config.json",
                                      "a/optimizer.pt", "a/tf_model.h5", "a/fusion.json"};
  for (size_t i = 0; i < 6; i++) fixture_write(files[i], "x");
  expect_converted("a", "out", (options_of){0});
  expect_message("weights that are not read: tf_model.h5\n");
  expect_message("about this model alone: optimizer.pt\n");
  expect_message("fusion.json\n");
  for (size_t i = 0; i < 6; i++) {
    char path[64];
    snprintf(path, sizeof path, "out/%s", files[i] + 2);
    assert_int_equal(ig_file_exists(path), i < 3);
  }
  char *text;
  assert_int_equal(ig_file_load("out/config.json", &text, NULL, NULL), IG_OK);
  assert_string_equal(text, "{\"a\":1}");  // as it was
  free(text);
  remove_all("out");
  remove_all("a");
}

static void outputs_are_new_directories(void **state) {
  (void)state;
  write_values(values, "{}");
  mkdir("out", 0777);
  expect_refused("a", "out", (options_of){0}, "out: exists already");
  expect_refused("a", "out/", (options_of){0}, "out: exists already");
  rmdir("out");
  mkdir("out.partial", 0777);
  expect_refused("a", "out", (options_of){0}, "out.partial: exists already");
  rmdir("out.partial");
  expect_refused("a", "a", (options_of){0}, "is in the directory that is converted");
  expect_refused("a", "a/out", (options_of){0}, "is in the directory that is converted");
  expect_refused("a", "~/out", (options_of){0}, "~");
  expect_refused("a", "out", (options_of){.type = "int8"}, "type: expected float32");
  expect_refused("none", "out", (options_of){0}, "none");
  ig_interrupter *interrupter;
  assert_int_equal(ig_interrupter_create(&interrupter, NULL), IG_OK);
  ig_interrupt(interrupter);
  ig_error err;
  assert_int_equal(convert("a", "deep/out", (options_of){.interrupter = interrupter}, &err),
                   IG_INTERRUPTED);
  ig_interrupter_free(interrupter);
  assert_int_equal(rmdir("deep"), 0);  // nothing is left in it
  remove_all("a");
}

// A tensor that cannot be read to its end.
static void damage_leaves_nothing(void **state) {
  (void)state;
  write_pickled("a", "plain.zip.bin");
  assert_int_equal(truncate("a/pytorch_model.bin", 3000), 0);
  expect_refused("a", "out", (options_of){0}, "pytorch_model.bin");
  assert_false(ig_file_exists("out"));
  assert_false(ig_file_exists("out.partial"));
  remove_all("a");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_tensor_is_kept),
      cmocka_unit_test(weights_are_rounded_to_the_type),
      cmocka_unit_test(values_too_large_are_refused),
      cmocka_unit_test(copies_of_tied_tensors_are_left_out),
      cmocka_unit_test(small_files_go_along),
      cmocka_unit_test(outputs_are_new_directories),
      cmocka_unit_test(damage_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
