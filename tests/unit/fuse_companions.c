// Files of the donor besides its weights: all of them go along, or are named as left out.
#include "fuse_fixture.h"

static const float one = 1;
static const ig_safetensors_output tensor = {
    .name = "x", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {1}, .values = &one};

#define RECIPE "merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\n"

static void write_models(void) {
  static const char *const names[] = {"a", "b", "out", "outside"};
  for (size_t i = 0; i < 4; i++) nftw(names[i], fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  fixture_model("a", "{\"model_type\": \"made-up\"}", &tensor, 1);
  fixture_model("b", "{\"model_type\": \"made-up\"}", &tensor, 1);
}

static void expect_text(const char *path, const char *expected) {
  char *text;
  ig_error err = {0};
  if (ig_file_load(path, &text, NULL, &err) != IG_OK) fail_msg("%s", err.message);
  assert_string_equal(text, expected);
  free(text);
}

static void small_files_go_along(void **state) {
  (void)state;
  static const char *const names[] = {"chat_template.jinja",
                                      "tokenizer.model",
                                      "vocab.txt",
                                      "sentencepiece.bpe.model",
                                      "qwen.tiktoken",
                                      "merges.txt",
                                      "processor_config.json",
                                      "video_preprocessor_config.json",
                                      "configuration_x.py",
                                      "modules.json",
                                      "LICENSE",
                                      "1_Pooling/config.json",
                                      "additional_chat_templates/tools.jinja"};
  write_models();
  mkdir("a/1_Pooling", 0777);
  mkdir("a/additional_chat_templates", 0777);
  mkdir("a/.cache", 0777);
  fixture_write("a/.cache/x", "");
  fixture_write("b/only-b.txt", "b");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[128];
    snprintf(path, sizeof path, "a/%s", names[i]);
    fixture_write(path, names[i]);
  }
  fixture_fused(RECIPE, "out");
  char *record;
  assert_int_equal(ig_file_load("out/fusion.json", &record, NULL, NULL), IG_OK);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[128];
    snprintf(path, sizeof path, "out/%s", names[i]);
    expect_text(path, names[i]);
    snprintf(path, sizeof path, "a/%s", names[i]);
    if (!strstr(record, path)) fail_msg("not recorded: %s", path);
  }
  free(record);
  assert_false(ig_file_exists("out/only-b.txt"));
  assert_false(ig_file_exists("out/.cache"));
}

static void others_are_named(void **state) {
  (void)state;
  write_models();
  mkdir("a/onnx", 0777);
  mkdir("a/deep", 0777);
  mkdir("a/deep/er", 0777);
  mkdir("a/2_Dense", 0777);
  static const char *const names[] = {
      "a/pytorch_model.bin",         "a/tf_model.h5",         "a/q.gguf",
      "a/onnx/model.onnx",           "a/onnx/config.json",    "a/README.md",
      "a/2_Dense/pytorch_model.bin", "a/2_Dense/config.json", "a/training.safetensors"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) fixture_write(names[i], "x");
  assert_int_equal(mkfifo("a/pipe", 0666), 0);
  const char *messages = fixture_fuse(RECIPE, "out");
  static const char *const expected[] = {
      "a: not copied, for they are weights that are not read: "
      "2_Dense/pytorch_model.bin, onnx/config.json, onnx/model.onnx, pytorch_model.bin, q.gguf, "
      "tf_model.h5",
      "a: not copied, for they are no regular files, or folders in folders: deep/er, pipe",
      "a: not copied, for they are about this model alone: README.md, training.safetensors"};
  for (size_t i = 0; i < 3; i++)
    if (!strstr(messages, expected[i])) fail_msg("expected: %s\nfound: %s", expected[i], messages);
  expect_text("out/2_Dense/config.json", "x");
  for (size_t i = 0; i < 7; i++) {
    char path[64];
    snprintf(path, sizeof path, "out%s", names[i] + 1);
    assert_false(ig_file_exists(path));
  }
  assert_false(ig_file_exists("out/pipe"));
}

// JSON and the journal cannot hold such names: the files are left out, and told beforehand.
static void names_that_are_no_text(void **state) {
  (void)state;
  static const char *const names[] = {"vocab\xff\x9b.txt", "two\nlines.txt",
                                      "overlong\xc0\xaf.json", "folder\xff", "merg\xc3\xa9s.txt"};
  write_models();
  mkdir("a/sub", 0777);
  fixture_write("a/sub/\xe2\x82.txt", "x");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[64];
    snprintf(path, sizeof path, "a/%s", names[i]);
    if (i == 3) {
      mkdir(path, 0777);
      snprintf(path, sizeof path, "a/%s/x", names[i]);
    }
    fixture_write(path, "x");
  }
  const char *messages = fixture_fuse(RECIPE, "out");
  if (!strstr(messages,
              "a: not copied, for they are named with a newline, or with bytes that are no UTF-8: "
              "folder?, overlong??.json, sub/??.txt, two lines.txt, vocab??.txt"))
    fail_msg("%s", messages);
  expect_text("out/merg\xc3\xa9s.txt", "x");
  assert_false(ig_file_exists("out/vocab\xff\x9b.txt"));
  assert_false(ig_file_exists("out/folder\xff"));
}

static void more_than_ten_are_counted(void **state) {
  (void)state;
  write_models();
  for (int i = 0; i < 12; i++) {
    char path[32];
    snprintf(path, sizeof path, "a/w%02d.bin", i);
    fixture_write(path, "x");
  }
  assert_non_null(strstr(fixture_fuse(RECIPE, "out"), "w08.bin, w09.bin and 2 more"));
}

static void links_stay_inside(void **state) {
  (void)state;
  write_models();
  mkdir("outside", 0777);
  fixture_write("outside/secret", "secret");
  fixture_write("a/real.txt", "real");
  assert_int_equal(symlink("../outside/secret", "a/vocab.txt"), 0);
  assert_int_equal(symlink("../outside", "a/folder"), 0);
  assert_int_equal(symlink("/nowhere", "a/nothing.txt"), 0);
  assert_int_equal(symlink("real.txt", "a/inside.txt"), 0);
  assert_int_equal(symlink("../outside/secret", "a/generation_config.json"), 0);
  const char *messages = fixture_fuse(RECIPE, "out");
  if (!strstr(messages,
              "links that lead out of the directory: folder, generation_config.json, "
              "nothing.txt, vocab.txt"))
    fail_msg("%s", messages);
  expect_text("out/inside.txt", "real");
  assert_false(ig_file_exists("out/vocab.txt"));
  assert_false(ig_file_exists("out/folder"));
  assert_false(ig_file_exists("out/generation_config.json"));
}

// The hub's cache keeps files as links into blobs/.
static void links_of_the_hub_cache(void **state) {
  (void)state;
  write_models();
  static const char *const files[] = {"config.json", "model.safetensors", "vocab.txt"};
  fixture_write("a/vocab.txt", "words");
  mkdir("models--org--x", 0777);
  mkdir("models--org--x/blobs", 0777);
  mkdir("models--org--x/snapshots", 0777);
  mkdir("models--org--x/snapshots/1a", 0777);
  for (size_t i = 0; i < 3; i++) {
    char from[64], blob[64], link[64], target[64];
    snprintf(from, sizeof from, "a/%s", files[i]);
    snprintf(blob, sizeof blob, "models--org--x/blobs/%zu", i);
    snprintf(link, sizeof link, "models--org--x/snapshots/1a/%s", files[i]);
    snprintf(target, sizeof target, "../../blobs/%zu", i);
    assert_int_equal(ig_file_copy(from, blob, NULL), IG_OK);
    assert_int_equal(symlink(target, link), 0);
  }
  fixture_fused("merge_method: passthrough\nmodels: [{model: models--org--x/snapshots/1a}]\n",
                "out");
  expect_text("out/vocab.txt", "words");
}

// A fusion that finds another's unfinished files removes those that it wrote, folders too.
static void stages_and_folders(void **state) {
  (void)state;
  write_models();
  mkdir("a/1_Pooling", 0777);
  fixture_write("a/1_Pooling/config.json", "{}");
  fixture_fused("name: half\nmerge_method: passthrough\nmodels: [{model: a}]\n---\n" RECIPE
                "base_model: half\n",
                "out");
  expect_text("out/1_Pooling/config.json", "{}");
  assert_false(ig_file_exists("out.stages"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_files_go_along),   cmocka_unit_test(others_are_named),
      cmocka_unit_test(names_that_are_no_text), cmocka_unit_test(more_than_ten_are_counted),
      cmocka_unit_test(links_stay_inside),      cmocka_unit_test(links_of_the_hub_cache),
      cmocka_unit_test(stages_and_folders),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
