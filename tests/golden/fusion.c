// Every method against mergekit's output (tests/golden/fusion/make_goldens.py): relative to the
// largest magnitude of each tensor.
#include "fuse_fixture.h"

#include <math.h>

#define TOLERANCE 1e-6
#define MODEL_STOCK 1e-5  // mergekit takes its cosine in float32

static const char *goldens;

static ig_safetensors *open_or_fail(const char *path, bool file) {
  ig_safetensors *out;
  ig_error err = {0};
  if ((file ? ig_safetensors_open_file(path, &out, &err) : ig_safetensors_open(path, &out, &err)) !=
      IG_OK)
    fail_msg("%s", err.message);
  return out;
}

static float *values_of(const ig_safetensor *t) {
  float *values = malloc(t->elements * sizeof *values);
  assert_int_equal(ig_safetensor_read_float(t, values, t->elements, NULL), IG_OK);
  return values;
}

// The output's tensors, in the order of their names, beside `all`.
static void compare(const char *number, const float *all, size_t count, double tolerance) {
  ig_safetensors *file = open_or_fail("out", false);
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    assert_true(t->elements <= count);
    float *found = values_of(t);
    double largest = 0, difference = 0;
    for (size_t k = 0; k < t->elements; k++) {
      largest = fmax(largest, fabs((double)all[k]));
      difference = fmax(difference, fabs((double)found[k] - (double)all[k]));
    }
    if (!(difference <= tolerance * largest))
      fail_msg("%s.yml: %s: %g of %g", number, t->name, difference, largest);
    free(found);
    all += t->elements;
    count -= t->elements;
  }
  assert_int_equal(count, 0);
  ig_safetensors_close(file);
}

static void check_recipe(const ig_safetensor *expected) {
  char path[4096], *recipe;
  snprintf(path, sizeof path, "%s/%s.yml", goldens, expected->name);
  assert_int_equal(ig_file_load(path, &recipe, NULL, NULL), IG_OK);
  fixture_fused(recipe, "out");
  float *all = values_of(expected);
  compare(expected->name, all, expected->elements,
          strstr(recipe, "merge_method: model_stock") ? MODEL_STOCK : TOLERANCE);
  assert_int_equal(nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
  free(all);
  free(recipe);
}

static void every_method_gives_mergekits_numbers(void **state) {
  (void)state;
  char path[4096];
  snprintf(path, sizeof path, "%s/expected.safetensors", goldens);
  ig_safetensors *file = open_or_fail(path, true);
  assert_true(ig_safetensors_count(file) > 30);
  for (size_t i = 0; i < ig_safetensors_count(file); i++) check_recipe(ig_safetensors_get(file, i));
  ig_safetensors_close(file);
}

static int link_models(void **state) {
  static const char *const names[] = {"base", "a", "b", "c"};
  char target[4096];
  if (fixture_enter(state)) return -1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(target, sizeof target, "%s/%s", goldens, names[i]);
    if (symlink(target, names[i])) return -1;
  }
  return 0;
}

int main(void) {
  static char directory[4096];
  const char *source = getenv("INGOT_SOURCE");
  char *root = realpath(source ? source : ".", NULL);
  snprintf(directory, sizeof directory, "%s/tests/golden/fusion", root ? root : ".");
  goldens = directory;
  free(root);
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_method_gives_mergekits_numbers)};
  return cmocka_run_group_tests(tests, link_models, fixture_leave);
}
