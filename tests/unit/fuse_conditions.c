// Conditions of a recipe's parameters that no tensor meets: they are told, and change nothing.
#include "fuse_fixture.h"

static void write_model(const char *directory, float first) {
  static const char *const names[] = {"model.encoder.layers.0.fc1.weight",
                                      "model.encoder.layers.1.fc1.weight", "lm_head.weight"};
  const float values[] = {first, first + 1, first + 2};
  ig_safetensors_output tensors[3];
  for (size_t i = 0; i < 3; i++)
    tensors[i] = (ig_safetensors_output){
        .name = names[i], .dtype = IG_DTYPE_F32, .rank = 1, .shape = {1}, .values = &values[i]};
  fixture_model(directory, "{}", tensors, 3);
}

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  write_model("a", 0);
  write_model("b", 100);
  return 0;
}

// The messages of a mean with these weights of b; a has the weight 1.
static const char *fuse_with(const char *weight, float expected) {
  char recipe[500];
  snprintf(recipe, sizeof recipe,
           "merge_method: linear\nparameters: {normalize: false}\nmodels:\n"
           "  - {model: a, parameters: {weight: 1}}\n"
           "  - model: b\n    parameters: {weight: %s}\n",
           weight);
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  const char *messages = fixture_fuse(recipe, "out");
  fixture_expect("out", "model.encoder.layers.1.fc1.weight", &expected, 1);
  return messages;
}

#define NOTE(conditions) \
  "recipe.yml:6: weight: no tensor that is fused meets '" conditions "': this value has no effect"

static void what_nothing_meets_is_told(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"[{filter: mlpp, value: 0}, {value: 1}]", NOTE("filter: mlpp")},
      {"[{layers: [50, 60], value: 0}, {value: 1}]", NOTE("layers: [50, 60]")},
      {"[{tensors: '*zz*', value: 0}, {value: 1}]", NOTE("tensors: *zz*")},
      {"[{select: decoder, value: 0}, {value: 1}]", NOTE("select: decoder")},
      // Each is met by a tensor, and both by none.
      {"[{filter: fc1, select: head, value: 0}, {value: 1}]", NOTE("filter: fc1, select: head")},
      {"[{select: encoder, tensors: '*fc1*', layers: [2, 3], value: 0}, {value: 1}]",
       NOTE("select: encoder, tensors: *fc1*, layers: [2, 3]")},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(fuse_with(cases[i][0], 102), cases[i][1]);
}

static void what_a_tensor_meets_is_not(void **state) {
  (void)state;
  assert_string_equal(fuse_with("[{filter: fc1, value: 2}, {filter: head, value: 1}]", 203), "");
  assert_string_equal(fuse_with("[{filter: '*', value: 2}, {value: 1}]", 203), "");
  assert_string_equal(fuse_with("[{select: encoder, layers: [1, 9], value: 2}, {value: 1}]", 203),
                      "");
  // A tensor meets both; the first one counts.
  assert_string_equal(
      fuse_with("[{filter: fc1, value: 2}, {filter: layers.1, value: 3}, {value: 1}]", 203), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_nothing_meets_is_told),
      cmocka_unit_test(what_a_tensor_meets_is_not),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
