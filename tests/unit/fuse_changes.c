// Inputs that change while they are fused, or between an unfinished fusion and the next call.
#include "fuse_fixture.h"
#include "ingot.h"
#include <sys/time.h>

#define RECIPE "merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\n"

enum { COUNT = 1 << 16 };  // values: more than one block
static float ones[COUNT], twos[COUNT];

static void write_model(const char *name, const float *values) {
  const ig_safetensors_output tensor = {
      .name = "weight", .dtype = IG_DTYPE_F32, .rank = 1, .shape = {COUNT}, .values = values};
  fixture_model(name, "{\"model_type\": \"made-up\"}", &tensor, 1);
}

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  for (int i = 0; i < COUNT; i++) {
    ones[i] = 1;
    twos[i] = 2;
  }
  write_model("a", ones);
  write_model("b", ones);
  return 0;
}

static void touch(void *context, const ig_progress *progress) {
  (void)progress;
  assert_int_equal(utimes(context, (const struct timeval[]){{.tv_sec = 1}, {.tv_sec = 1}}), 0);
}

static void a_change_meanwhile_is_an_error(void **state) {
  (void)state;
  ig_error err = {0};
  ig_fuse_options options = ig_fuse_options_default();
  options.reporter = (ig_reporter){.progress = touch, .context = "b/model.safetensors"};
  fixture_write("recipe.yml", RECIPE);
  assert_int_equal(ig_fuse("recipe.yml", "changed", &options, &err), IG_ERROR_IO);
  assert_string_equal(err.message, "b/model.safetensors: changed while it was fused");
  assert_false(ig_file_exists("changed"));
  // Called again, it does not go on with what was made of the other file.
  write_model("b", twos);
  fixture_fused(RECIPE, "changed");
  ig_safetensors *file;
  static float found[COUNT];
  assert_int_equal(ig_safetensors_open("changed", &file, &err), IG_OK);
  assert_int_equal(
      ig_safetensor_read_float(ig_safetensors_find(file, "weight"), found, COUNT, &err), IG_OK);
  for (int i = 0; i < COUNT; i++) assert_true(found[i] == 1.5f);
  ig_safetensors_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_change_meanwhile_is_an_error)};
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
