// Adapters of every form that is read, beside PEFT's merge_and_unload
// (tests/golden/merged_adapters/make_goldens.py): relative to the largest magnitude of each tensor,
// in fusion and where a model is opened to run.
#include "fuse_fixture.h"

#include <math.h>

#define TOLERANCE 1e-6

static char goldens[4096], bart[4200];

static ig_safetensors *open_or_fail(const char *path, bool is_file) {
  ig_safetensors *out;
  ig_error err = {0};
  const ig_status status =
      is_file ? ig_safetensors_open_file(path, &out, &err) : ig_safetensors_open(path, &out, &err);
  if (status != IG_OK) fail_msg("%s", err.message);
  return out;
}

// The largest difference of two tensors' values, relative to the largest magnitude.
static double difference_of(const ig_safetensor *found, const ig_safetensor *expected) {
  if (found->elements != expected->elements) fail_msg("%s: another shape", found->name);
  float *x = malloc(found->elements * sizeof *x), *y = malloc(found->elements * sizeof *y);
  assert_int_equal(ig_safetensor_read_float(found, x, found->elements, NULL), IG_OK);
  assert_int_equal(ig_safetensor_read_float(expected, y, found->elements, NULL), IG_OK);
  double largest = 0, difference = 0;
  for (size_t i = 0; i < found->elements; i++) {
    largest = fmax(largest, fabs((double)y[i]));
    difference = fmax(difference, fabs((double)x[i] - (double)y[i]));
  }
  free(x);
  free(y);
  return largest > 0 ? difference / largest : difference;
}

static const char *model_of(const char *names) {
  static char path[8192];
  if (strstr(names, "convolutions"))
    snprintf(path, sizeof path, "%s/convolutions_model", goldens);
  else if (strstr(names, "gpt2"))
    snprintf(path, sizeof path, "%s/gpt2_model", goldens);
  else
    snprintf(path, sizeof path, "%s", bart);
  return path;
}

// Those of the merged model that PEFT changed have its values, all others the model's. Returns how
// many do not.
static size_t count_others(const char *directory, const char *names) {
  char path[8192];
  snprintf(path, sizeof path, "%s/merged/%s.safetensors", goldens, names);
  ig_safetensors *found = open_or_fail(directory, false), *changed = open_or_fail(path, true),
                 *base = open_or_fail(model_of(names), false);
  size_t others = 0, seen = 0;
  for (size_t i = 0; i < ig_safetensors_count(found); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(found, i),
                        *expected = ig_safetensors_find(changed, tensor->name);
    seen += expected != NULL;
    if (!expected) expected = ig_safetensors_find(base, tensor->name);
    if (!expected) fail_msg("%s: %s is new", names, tensor->name);
    if (difference_of(tensor, expected) <= TOLERANCE) continue;
    others++;
  }
  if (seen != ig_safetensors_count(changed)) fail_msg("%s: tensors are missing", names);
  ig_safetensors_close(base);
  ig_safetensors_close(changed);
  ig_safetensors_close(found);
  return others;
}

static void remove_output(const char *name) {
  nftw(name, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// "MODEL+A+B", of names "A+B".
static const char *reference_of(const char *names) {
  static char text[16384];
  char list[256], *rest = list;
  snprintf(list, sizeof list, "%s", names);
  snprintf(text, sizeof text, "%s", model_of(names));
  for (char *name; (name = strsep(&rest, "+"));)
    snprintf(text + strlen(text), sizeof text - strlen(text), "+%s/%s", goldens, name);
  return text;
}

static void fuse(const char *reference) {
  char recipe[20000];
  snprintf(recipe, sizeof recipe, "merge_method: passthrough\nmodels: [{model: \"%s\"}]\n",
           reference);
  fixture_fused(recipe, "out");
}

static void load_and_save(const char *reference) {
  ig_model *model;
  ig_error err = {0};
  if (ig_model_load(reference, &model, &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_model_save(model, "saved", "float32", &err) != IG_OK) fail_msg("%s", err.message);
  ig_model_free(model);
}

static void check_names(const char *names) {
  fuse(reference_of(names));
  if (count_others("out", names) > 0) fail_msg("%s: fused otherwise than by PEFT", names);
  remove_output("out");
  if (strcmp(model_of(names), bart) != 0) return;
  load_and_save(reference_of(names));
  if (count_others("saved", names) > 0) fail_msg("%s: loaded otherwise than by PEFT", names);
  remove_output("saved");
}

static void adapters_give_what_peft_merges(void **state) {
  (void)state;
  static const char *const cases[] = {
      "embeddings",
      "dora",
      "all_biases",
      "lora_bias",
      "whole",
      "tokens",
      "patterns",
      "convolutions",
      "dora_convolutions",
      "dora_gpt2",
      "dora+whole",
      "embeddings+tokens",
      "all_biases+lora_bias",
      "patterns+dora+embeddings",
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_names(cases[i]);
}

// Of a model that is yet to be made, of which there are no values when the fusion is planned.
static void adapters_of_stages_are_the_same(void **state) {
  (void)state;
  char recipe[20000];
  snprintf(recipe, sizeof recipe,
           "name: made\nmerge_method: passthrough\nmodels: [{model: \"%s\"}]\n---\n"
           "merge_method: passthrough\nmodels: [{model: \"made+%s/dora+%s/whole\"}]\n",
           bart, goldens, goldens);
  fixture_fused(recipe, "out");
  if (count_others("out", "dora+whole") > 0) fail_msg("a stage is changed otherwise");
  remove_output("out");
}

// Negative control: another adapter, and another order of two, give other values.
static void others_are_told_apart(void **state) {
  (void)state;
  fuse(reference_of("tokens"));
  assert_true(count_others("out", "embeddings+tokens") > 0);
  remove_output("out");
  fuse(reference_of("whole+dora"));
  assert_true(count_others("out", "dora+whole") > 0);
  remove_output("out");
}

int main(void) {
  const char *source = getenv("INGOT_SOURCE");
  char *root = realpath(source ? source : ".", NULL);
  snprintf(goldens, sizeof goldens, "%s/tests/golden/merged_adapters", root ? root : ".");
  snprintf(bart, sizeof bart, "%s/../bart_tiny", goldens);
  free(root);
  const struct CMUnitTest tests[] = {cmocka_unit_test(adapters_give_what_peft_merges),
                                     cmocka_unit_test(adapters_of_stages_are_the_same),
                                     cmocka_unit_test(others_are_told_apart)};
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
