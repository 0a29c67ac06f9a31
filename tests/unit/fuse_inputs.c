// What models may hold besides plain weights in one file: counters, masks, indices that name too
// much, quantised weights; many models, and few descriptors.
#include "fuse_fixture.h"
#include <math.h>
#include <sys/resource.h>

static void remove_models(void) {
  static const char *const names[] = {"a", "b", "c", "out"};
  for (size_t i = 0; i < 4; i++) nftw(names[i], fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static const float one = 1, two = 2, three = 3;

static ig_safetensors_output scalar(const char *name, const float *value) {
  return (ig_safetensors_output){
      .name = name, .dtype = IG_DTYPE_F32, .rank = 1, .shape = {1}, .values = value};
}

#define BOTH "models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]\n"

// ---- counters ---------------------------------------------------------------

static void write_counter(const char *directory, const float *value, const int64_t *counter) {
  const ig_safetensors_output tensors[] = {
      scalar("x", value),
      {.name = "n", .dtype = IG_DTYPE_I64, .rank = 1, .shape = {1}, .raw = counter}};
  fixture_model(directory, "{}", tensors, 2);
}

static void expect_counter(int64_t expected) {
  ig_safetensors *file;
  int64_t found;
  assert_int_equal(ig_safetensors_open("out", &file, NULL), IG_OK);
  assert_int_equal(ig_safetensor_read_raw(ig_safetensors_find(file, "n"), &found, NULL), IG_OK);
  assert_int_equal(found, expected);
  ig_safetensors_close(file);
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void counters_are_compared_or_the_bases(void **state) {
  (void)state;
  static const int64_t counters[] = {1000, 1001, 1002};
  remove_models();
  write_counter("a", &one, &counters[0]);
  write_counter("b", &two, &counters[1]);
  write_counter("c", &three, &counters[2]);
  fixture_refused("merge_method: linear\n" BOTH, "n: I64 values that differ between a/model");
  fixture_refused("merge_method: linear\n" BOTH, "'non_float: base' takes those of the base model");
  fixture_refused("merge_method: linear\nnon_float: mean\n" BOTH, "expected equal or base");
  fixture_fused("merge_method: linear\nnon_float: base\n" BOTH, "out");
  fixture_expect("out", "x", &(float){1.5f}, 1);
  expect_counter(1000);
  fixture_fused("merge_method: linear\nnon_float: base\nbase_model: b\n" BOTH, "out");
  expect_counter(1001);
  fixture_fused("merge_method: task_arithmetic\nnon_float: base\nbase_model: c\n" BOTH, "out");
  expect_counter(1002);
  // The base's are compared, too.
  write_counter("b", &two, &counters[0]);
  fixture_refused("merge_method: task_arithmetic\nbase_model: c\n" BOTH,
                  "n: I64 values that differ between a/model.safetensors and c/model.safetensors");
}

// ---- masks ------------------------------------------------------------------

enum { MASK = 40000 };  // more than one block

static void write_mask(const char *directory, const float *mask, size_t count, ig_dtype dtype) {
  const ig_safetensors_output tensors[] = {
      scalar("x", &one),
      {.name = "mask", .dtype = dtype, .rank = 1, .shape = {count}, .values = mask}};
  fixture_model(directory, "{}", tensors, 2);
}

static void expect_mask(const float *mask, size_t count) {
  static float found[MASK];
  ig_safetensors *file;
  assert_int_equal(ig_safetensors_open("out", &file, NULL), IG_OK);
  assert_int_equal(ig_safetensor_read_float(ig_safetensors_find(file, "mask"), found, count, NULL),
                   IG_OK);
  assert_memory_equal(found, mask, count * sizeof *mask);
  ig_safetensors_close(file);
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void masks_are_copied_when_equal(void **state) {
  (void)state;
  static const char *const recipes[] = {
      "merge_method: linear\n" BOTH,
      "merge_method: linear\ndtype: bfloat16\nout_dtype: float32\n" BOTH,
      "merge_method: slerp\nbase_model: a\nmodels: [{model: b}]\nparameters: {t: 0.5}\n",
      "merge_method: linear\nout_dtype: float16\n" BOTH};
  static float mask[MASK];
  const size_t counts[] = {4, MASK};
  for (int i = 0; i < MASK; i++) mask[i] = i % 2 ? -INFINITY : 0;
  for (size_t c = 0; c < 2; c++) {
    remove_models();
    write_mask("a", mask, counts[c], IG_DTYPE_F32);
    write_mask("b", mask, counts[c], IG_DTYPE_F32);
    for (size_t i = 0; i < 4; i++) {
      fixture_fused(recipes[i], "out");
      expect_mask(mask, counts[c]);
    }
    mask[3] = 0;
    write_mask("b", mask, counts[c], IG_DTYPE_F32);
    for (size_t i = 0; i < 4; i++) fixture_refused(recipes[i], "tensor mask: value 2 of");
    mask[3] = -INFINITY;
  }
  static const float bad[] = {NAN, INFINITY};
  for (size_t i = 0; i < 2; i++) {
    const float values[] = {-INFINITY, bad[i]};
    write_mask("a", values, 2, IG_DTYPE_F32);
    write_mask("b", values, 2, IG_DTYPE_F32);
    fixture_refused(recipes[0], "a/model.safetensors: tensor mask: value 1 of 2 is");
  }
}

// ---- names ------------------------------------------------------------------

static void one_directory_is_one_model(void **state) {
  (void)state;
  remove_models();
  const ig_safetensors_output x = scalar("x", &one), y = scalar("x", &three);
  fixture_model("a", "{}", &x, 1);
  fixture_model("b", "{}", &y, 1);
  static const char *const names[] = {"a/", "./a", "a//", "b/../a"};
  for (size_t i = 0; i < 4; i++) {
    char recipe[256];
    snprintf(recipe, sizeof recipe,
             "merge_method: linear\nmodels: [{model: a}, {model: %s}]\nparameters: {weight: 1}\n",
             names[i]);
    fixture_refused(recipe, "stands twice");
    // A base is not one of the models, however it is written.
    snprintf(recipe, sizeof recipe,
             "merge_method: slerp\nbase_model: %s\nmodels: [{model: a}, {model: b}]\n"
             "parameters: {t: 0.5}\n",
             names[i]);
    fixture_fused(recipe, "out");
    fixture_expect("out", "x", &two, 1);
    nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  }
  fixture_refused("merge_method: linear\nmodels: [{model: org/name}]\nparameters: {weight: 1}\n",
                  "org/name: cannot open: no such directory, nor a model of the Hugging Face hub");
  fixture_refused("merge_method: linear\nmodels: [{model: ~/a}]\nparameters: {weight: 1}\n",
                  "~/a: cannot open: no such directory. '~' is not taken");
  fixture_refused("merge_method: dare-ties\nmodels: [{model: a}]\n", "did you mean 'dare_ties'?");
}

// ---- indices ----------------------------------------------------------------

static void write_index(const char *directory, const char *config, const char *map) {
  char path[64], index[400];
  const ig_safetensors_output tensors[] = {scalar("shared.weight", &one), scalar("y", &two)};
  fixture_model(directory, config, tensors, 2);
  snprintf(path, sizeof path, "%s/model.safetensors", directory);
  snprintf(index, sizeof index, "%s/model-00001-of-00001.safetensors", directory);
  assert_int_equal(rename(path, index), 0);
  snprintf(path, sizeof path, "%s/model.safetensors.index.json", directory);
  snprintf(index, sizeof index, "{\"weight_map\": {%s}}", map);
  fixture_write(path, index);
}

static void indices_may_name_tied_tensors(void **state) {
  (void)state;
#define SHARD ": \"model-00001-of-00001.safetensors\""
  static const char *const t5 = "{\"model_type\": \"t5\", \"tie_word_embeddings\": true}";
  static const char *const recipe = "merge_method: passthrough\nmodels: [{model: a}]\n";
  remove_models();
  write_index("a", t5,
              "\"encoder.embed_tokens.weight\"" SHARD ", \"shared.weight\"" SHARD ", \"y\"" SHARD);
  fixture_fused(recipe, "out");
  assert_int_equal(fixture_count("out"), 2);
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  // A tensor that the index leaves out is not lost.
  write_index("a", t5, "\"shared.weight\"" SHARD);
  fixture_fused(recipe, "out");
  fixture_expect("out", "y", &two, 1);
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  write_index("a", t5, "\"z\"" SHARD ", \"shared.weight\"" SHARD);
  fixture_refused(recipe, "tensor z is not in model-00001-of-00001.safetensors");
}

// ---- quantised weights ------------------------------------------------------

static void quantised_weights_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *config, *message;
  } cases[] = {
      {"{\"quantization_config\": {\"quant_method\": \"gptq\"}}", "quantised by gptq"},
      {"{\"text_config\": {\"quantization_config\": {\"quant_method\": \"awq\"}}}", "by awq"},
      {"{\"quantization_config\": {\"load_in_4bit\": true}}", "by a method that it does not name"}};
  const ig_safetensors_output x = scalar("x", &one);
  for (size_t i = 0; i < 3; i++) {
    remove_models();
    fixture_model("a", cases[i].config, &x, 1);
    fixture_model("b", cases[i].config, &x, 1);
    fixture_refused("merge_method: linear\n" BOTH, cases[i].message);
    fixture_fused("merge_method: passthrough\nmodels: [{model: a}]\n", "out");
  }
  static const unsigned char bytes[] = {1, 2};
  remove_models();
  for (int i = 0; i < 2; i++) {
    const ig_safetensors_output scale = {
        .name = "s", .dtype = IG_DTYPE_F8_E8M0, .rank = 1, .shape = {1}, .raw = &bytes[i]};
    fixture_model(i ? "b" : "a", "{}", &scale, 1);
  }
  fixture_refused("merge_method: linear\n" BOTH, "s: F8_E8M0 values that differ");
  fixture_refused("merge_method: linear\n" BOTH, "quantised weights cannot be fused");
}

// ---- many models ------------------------------------------------------------

enum { MANY = 100 };

static char *recipe_of_many(const char *head) {
  static char recipe[MANY * 32 + 200];
  strcpy(recipe, head);
  for (int i = 0; i < MANY; i++)
    snprintf(recipe + strlen(recipe), 32, "%s{model: m%d}", i ? ", " : "models: [", i);
  strcat(recipe, "]\n");
  return recipe;
}

// The last model alone differs from the base in each value, the others are the base.
static void many_models_and_few_descriptors(void **state) {
  (void)state;
  static float values[MANY][2];
  struct rlimit before, few = {40, 40};
  for (int i = 0; i < MANY; i++) {
    char name[16];
    values[i][0] = (float)i;
    values[i][1] = i == MANY - 1 ? 1 : 0;
    snprintf(name, sizeof name, "m%d", i);
    const ig_safetensors_output x = {
        .name = "x", .dtype = IG_DTYPE_F32, .rank = 2, .shape = {1, 2}, .values = values[i]};
    fixture_model(name, "{}", &x, 1);
  }
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  few.rlim_max = before.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  remove_models();
  fixture_fused(recipe_of_many("merge_method: linear\nparameters: {weight: 1}\n"), "out");
  fixture_expect("out", "x", (float[]){(MANY - 1) / 2.0f, 1.0f / MANY}, 2);
  static const char *const others[] = {"model_stock", "karcher", "multislerp", "sce"};
  for (size_t i = 0; i < 4; i++) {
    char head[128];
    snprintf(head, sizeof head, "merge_method: %s\n%s", others[i],
             i == 1   ? ""
             : i == 2 ? "parameters: {weight: 1}\n"
                      : "base_model: m0\n");
    nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
    fixture_fused(recipe_of_many(head), "out");
  }
  // Shards of the output, more than may be open.
  ig_safetensors_output tensors[60];
  static char names[60][8];
  for (int i = 0; i < 60; i++) {
    snprintf(names[i], sizeof names[i], "t%02d", i);
    tensors[i] = scalar(names[i], &one);
  }
  remove_models();
  fixture_model("a", "{}", tensors, 60);
  ig_fuse_options options = ig_fuse_options_default();
  options.shard_bytes = 4;
  const char *messages =
      fixture_fuse_with("merge_method: passthrough\nmodels: [{model: a}]\n", "out", options);
  assert_string_equal(messages, "");
  assert_int_equal(fixture_count("out"), 60);
  fixture_expect("out", "t59", &one, 1);
  setrlimit(RLIMIT_NOFILE, &before);
}

// ---- values that do not lie in their file one after another -----------------

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

static void read_same_bytes(const ig_safetensors *expected, const ig_safetensors *file) {
  assert_int_equal(ig_safetensors_count(file), ig_safetensors_count(expected));
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    unsigned char found[1024], wanted[1024];
    const ig_safetensor *t = ig_safetensors_get(file, i), *e = ig_safetensors_get(expected, i);
    assert_string_equal(t->name, e->name);
    if (t->dtype != e->dtype) continue;  // fused in float32
    assert_true(t->bytes <= sizeof found && t->bytes == e->bytes);
    assert_int_equal(ig_safetensor_read_raw(t, found, NULL), IG_OK);
    assert_int_equal(ig_safetensor_read_raw(e, wanted, NULL), IG_OK);
    if (memcmp(found, wanted, t->bytes) != 0) fail_msg("%s: other bytes", t->name);
  }
}

// Integers are copied and compared as they are, from a deflated file too.
static void deflated_values_are_copied(void **state) {
  (void)state;
  write_pickled("a", "plain.zip.bin");
  write_pickled("b", "deflated.zip.bin");
  ig_safetensors *plain, *fused;
  assert_int_equal(ig_safetensors_open("a", &plain, NULL), IG_OK);
  fixture_fused("merge_method: linear\n" BOTH, "out");
  assert_int_equal(ig_safetensors_open("out", &fused, NULL), IG_OK);
  read_same_bytes(plain, fused);
  ig_safetensors_close(fused);
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  fixture_fused("merge_method: passthrough\nmodels: [{model: b}]\n", "out");
  assert_int_equal(ig_safetensors_open("out", &fused, NULL), IG_OK);
  read_same_bytes(plain, fused);
  ig_safetensors_close(fused);
  ig_safetensors_close(plain);
  remove_models();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(deflated_values_are_copied),
      cmocka_unit_test(counters_are_compared_or_the_bases),
      cmocka_unit_test(masks_are_copied_when_equal),
      cmocka_unit_test(one_directory_is_one_model),
      cmocka_unit_test(indices_may_name_tied_tensors),
      cmocka_unit_test(quantised_weights_are_refused),
      cmocka_unit_test(many_models_and_few_descriptors),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
