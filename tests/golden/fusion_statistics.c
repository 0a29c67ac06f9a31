// Fusions by statistics of the models against PyTorch, from the formulas
// (tests/golden/fusion_statistics/make_goldens.py): relative to the largest value of each tensor.
#include "fuse_fixture.h"

#include <math.h>

#define TOLERANCE 1e-5

static const char *goldens;

static ig_safetensors *open_or_fail(const char *path) {
  ig_safetensors *out;
  ig_error err = {0};
  if (ig_safetensors_open_file(path, &out, &err) != IG_OK) fail_msg("%s", err.message);
  return out;
}

// How far the tensor is from the other file's of its name.
static double distance(const ig_safetensor *t, const ig_safetensors *expected) {
  const ig_safetensor *other = ig_safetensors_find(expected, t->name);
  if (!other) return 0;  // one that the module computes, or a copy of a tied one
  assert_int_equal(t->elements, other->elements);
  float *x = malloc(t->elements * sizeof *x), *y = malloc(t->elements * sizeof *y);
  assert_int_equal(ig_safetensor_read_float(t, x, t->elements, NULL), IG_OK);
  assert_int_equal(ig_safetensor_read_float(other, y, t->elements, NULL), IG_OK);
  double largest = 1e-30, apart = 0;
  for (size_t i = 0; i < t->elements; i++) {
    largest = fmax(largest, fabs((double)y[i]));
    apart = fmax(apart, fabs((double)x[i] - (double)y[i]));
  }
  free(x);
  free(y);
  return apart / largest;
}

// How far the fusion by the recipe NAME.yml is from the file EXPECTED.safetensors.
static double worst_distance(const char *name, const char *expected) {
  char path[4096], *recipe;
  snprintf(path, sizeof path, "%s/%s.yml", goldens, name);
  assert_int_equal(ig_file_load(path, &recipe, NULL, NULL), IG_OK);
  fixture_fused(recipe, "out");
  snprintf(path, sizeof path, "%s/%s.safetensors", goldens, expected);
  ig_safetensors *found = open_or_fail("out/model.safetensors"), *wanted = open_or_fail(path);
  double worst = 0;
  size_t compared = 0;
  for (size_t i = 0; i < ig_safetensors_count(found); i++) {
    const ig_safetensor *t = ig_safetensors_get(found, i);
    compared += ig_safetensors_find(wanted, t->name) != NULL;
    worst = fmax(worst, distance(t, wanted));
  }
  assert_true(compared > 30);
  ig_safetensors_close(found);
  ig_safetensors_close(wanted);
  assert_int_equal(nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
  free(recipe);
  return worst;
}

static void fisher_is_pytorchs(void **state) {
  (void)state;
  assert_true(worst_distance("reference", "reference") < TOLERANCE);
  assert_true(worst_distance("model", "model") < TOLERANCE);
  // Labels of the other kind would be noticed.
  assert_true(worst_distance("model", "reference") > 100 * TOLERANCE);
}

static void regmean_is_pytorchs(void **state) {
  (void)state;
  assert_true(worst_distance("regmean", "regmean") < TOLERANCE);
  assert_true(worst_distance("regmean", "reference") > 100 * TOLERANCE);
}

static void regmean_of_merged_inputs_is_pytorchs(void **state) {
  (void)state;
  assert_true(worst_distance("merged", "merged") < TOLERANCE);
  // Each model's own inputs would be noticed.
  assert_true(worst_distance("regmean", "merged") > 10 * TOLERANCE);
}

static int link_files(void **state) {
  static const char *const names[] = {"one",     "two",     "one.src", "one.trg",
                                      "two.src", "two.trg", "all.src", "all.trg"};
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
  snprintf(directory, sizeof directory, "%s/tests/golden/fusion_statistics", root ? root : ".");
  goldens = directory;
  free(root);
  const struct CMUnitTest tests[] = {cmocka_unit_test(fisher_is_pytorchs),
                                     cmocka_unit_test(regmean_is_pytorchs),
                                     cmocka_unit_test(regmean_of_merged_inputs_is_pytorchs)};
  return cmocka_run_group_tests(tests, link_files, fixture_leave);
}
