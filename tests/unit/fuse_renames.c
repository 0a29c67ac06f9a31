// `rename` and `allow: [architecture]`: checkpoints of one architecture under other names, and of
// architectures whose tensors fit.
#include "fuse_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TENSOR(text, data) \
  { .name = text, .rank = 1, .shape = {2}, .values = data }

static const float ones[] = {1, 1}, threes[] = {3, 3}, twos[] = {2, 2}, fives[] = {5, 5};

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  const ig_safetensors_output plain[] = {TENSOR("model.a", ones), TENSOR("model.b", ones)};
  const ig_safetensors_output tower[] = {TENSOR("model.language_model.a", threes),
                                         TENSOR("model.language_model.b", fives)};
  const ig_safetensors_output both[] = {TENSOR("model.a", threes), TENSOR("other.a", threes)};
  const ig_safetensors_output bare[] = {TENSOR("a", threes), TENSOR("b", threes)};
  fixture_model("plain", "{\"model_type\": \"made-up\", \"num_heads\": 2}", plain, COUNT(plain));
  fixture_model("tower", "{\"model_type\": \"made-up\"}", tower, COUNT(tower));
  fixture_model("both", "{\"model_type\": \"made-up\"}", both, COUNT(both));
  fixture_model("bare", "{\"model_type\": \"made-up\"}", bare, COUNT(bare));
  fixture_model("kin", "{\"model_type\": \"kin\", \"num_heads\": 2}", plain, COUNT(plain));
  fixture_model("heads", "{\"model_type\": \"kin\", \"num_heads\": 4}", plain, COUNT(plain));
  return 0;
}

static void remove_output(void) { nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS); }

#define AVERAGE(a, b, rest) \
  "merge_method: linear\nmodels: [{model: " a "}, {model: " b "}]\nparameters: {weight: 1}\n" rest

static void names_are_changed(void **state) {
  (void)state;
  fixture_refused(AVERAGE("plain", "tower", ""), "model.a, model.b: missing in tower");
  fixture_fused(AVERAGE("plain", "tower", "rename: {model.language_model.: model.}\n"), "out");
  fixture_expect("out", "model.a", twos, 2);
  fixture_expect("out", "model.b", (const float[]){3, 3}, 2);
  assert_int_equal(fixture_count("out"), 2);
  remove_output();
  // The longest beginning counts, and each name changes once.
  fixture_noted(
      AVERAGE("plain", "tower", "rename: {model.: m., model.language_model.: m., m.: x.}\n"), "out",
      "rename: 'm.': no tensor is renamed by it");
  fixture_expect("out", "m.a", twos, 2);
  remove_output();
}

// What comes in front is not put there twice.
static void names_that_have_it_stay(void **state) {
  (void)state;
  fixture_fused(AVERAGE("plain", "bare", "rename: {\"\": model.}\n"), "out");
  fixture_expect("out", "model.a", twos, 2);
  remove_output();
}

static void what_does_not_fit_is_told(void **state) {
  (void)state;
  fixture_refused(AVERAGE("plain", "both", "rename: {other.: model.}\n"),
                  "both: rename: two tensors would be called model.a");
  fixture_noted(AVERAGE("plain", "bare", "rename: {\"\": model., bert.: \"\"}\n"), "out",
                "rename: 'bert.': no tensor is renamed by it");
  remove_output();
  fixture_refused(AVERAGE("plain", "bare", "rename: [model.]\n"), "expected a map");
  fixture_refused(AVERAGE("plain", "bare", "rename: {a: [b]}\n"), "rename.a");
}

// A stage is renamed in its own recipe.
static void stages_have_their_new_names(void **state) {
  (void)state;
  fixture_fused(
      "name: renamed\nmerge_method: passthrough\nmodels: [{model: tower}]\n"
      "rename: {model.language_model.: model.}\n---\n" AVERAGE("plain", "renamed", ""),
      "out");
  fixture_expect("out", "model.a", twos, 2);
  remove_output();
}

static void other_architectures_are_allowed(void **state) {
  (void)state;
  fixture_refused(AVERAGE("plain", "kin", ""),
                  "model_type is \"made-up\" in plain, but \"kin\" in kin: where their tensors fit "
                  "all the same, `allow: [architecture]`");
  fixture_noted(AVERAGE("plain", "kin", "allow: [architecture]\n"), "out",
                "model_type is \"made-up\" in plain, but \"kin\" in kin: they are fused because");
  fixture_expect("out", "model.a", ones, 2);
  remove_output();
  fixture_refused(AVERAGE("plain", "heads", "allow: [architecture]\n"),
                  "num_heads is 2 in plain, but 4 in heads");
  fixture_refused(AVERAGE("plain", "tower", "allow: architecture\n"),
                  "model.a, model.b: missing in tower");
  fixture_refused(AVERAGE("plain", "kin", "allow: [shapes]\n"),
                  "expected architecture, found 'shapes'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_changed),
      cmocka_unit_test(names_that_have_it_stay),
      cmocka_unit_test(what_does_not_fit_is_told),
      cmocka_unit_test(stages_have_their_new_names),
      cmocka_unit_test(other_architectures_are_allowed),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
