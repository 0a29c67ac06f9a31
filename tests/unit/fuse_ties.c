// Tied weights are one tensor, whichever of the models store copies; tensors that some models lack.
#include "fuse_fixture.h"

static const float one[] = {1, 2, 3, 4}, two[] = {5, 6, 7, 8}, mean[] = {3, 4, 5, 6},
                   three[] = {9, 9, 9, 9};
#define TENSOR(text, data) \
  { .name = text, .rank = 2, .shape = {2, 2}, .values = data }
#define MODEL(name, config, ...)                                            \
  do {                                                                      \
    const ig_safetensors_output tensors[] = {__VA_ARGS__};                  \
    fixture_model(name, config, tensors, sizeof tensors / sizeof *tensors); \
  } while (0)
#define MEAN(a, b) \
  "merge_method: linear\nmodels: [{model: " a "}, {model: " b "}]\nparameters: {weight: 1}\n"

static const char bart[] = "{\"model_type\": \"bart\"}",
                  untied[] = "{\"model_type\": \"bart\", \"tie_word_embeddings\": false}";

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  MODEL("plain", bart, TENSOR("model.shared.weight", two));
  MODEL("copies", bart, TENSOR("model.shared.weight", one),
        TENSOR("model.encoder.embed_tokens.weight", one),
        TENSOR("model.decoder.embed_tokens.weight", one), TENSOR("lm_head.weight", one));
  MODEL("head-only", bart, TENSOR("lm_head.weight", one));
  MODEL("differing", bart, TENSOR("model.shared.weight", one), TENSOR("lm_head.weight", two));
  MODEL("differing-copies", bart, TENSOR("model.shared.weight", one),
        TENSOR("model.decoder.embed_tokens.weight", two));
  MODEL("untied", untied, TENSOR("model.shared.weight", one),
        TENSOR("model.encoder.embed_tokens.weight", one),
        TENSOR("model.decoder.embed_tokens.weight", one), TENSOR("lm_head.weight", three));
  return 0;
}

static void copies_are_fused_and_written_once(void **state) {
  (void)state;
  fixture_fused(MEAN("plain", "copies"), "a");
  fixture_fused(MEAN("copies", "plain"), "b");
  fixture_fused(MEAN("head-only", "plain"), "c");
  fixture_fused(MEAN("plain", "head-only"), "d");
  static const char *const outputs[] = {"a", "b", "c", "d"};
  for (int i = 0; i < 4; i++) {
    fixture_expect(outputs[i], "model.shared.weight", mean, 4);
    assert_int_equal(fixture_count(outputs[i]), 1);
  }
}

// As in transformers 5: config.json ties it, but a head with other values is one of its own.
static void a_head_that_differs_is_its_own(void **state) {
  (void)state;
  const float head[] = {5, 6, 7, 8};
  fixture_refused(MEAN("plain", "differing"), "values of its own in differing");
  fixture_fused(MEAN("differing", "plain"), "own-head");
  assert_int_equal(fixture_count("own-head"), 2);
  fixture_expect("own-head", "model.shared.weight", mean, 4);
  fixture_expect("own-head", "lm_head.weight", head, 4);
  // The same of a model that another stage makes.
  fixture_fused(
      "name: first\n" MEAN("differing", "plain") "---\nname: second\n" MEAN("first", "plain"),
      "second-stage");
  fixture_expect("second-stage", "lm_head.weight", head, 4);
}

static void copies_that_differ_are_told(void **state) {
  (void)state;
  fixture_refused(MEAN("plain", "differing-copies"),
                  "tied to model.shared.weight by config.json, but with other values");
}

static void the_base_decides_what_is_tied(void **state) {
  (void)state;
  const float head[] = {7, 7.5f, 8, 8.5f};
  fixture_fused(MEAN("untied", "plain"), "apart");
  assert_int_equal(fixture_count("apart"), 4);
  fixture_expect("apart", "model.shared.weight", mean, 4);
  fixture_expect("apart", "lm_head.weight", head, 4);
  fixture_fused("base_model: untied\n" MEAN("plain", "copies"), "donor-alone");
  assert_int_equal(fixture_count("donor-alone"), 4);
  fixture_expect("donor-alone", "lm_head.weight", mean, 4);
  fixture_refused(MEAN("plain", "untied"), "has values of its own in untied");
}

// Each Marian embedding its own, the head tied to the decoder's, one model with a copy.
static void heads_are_tied_to_the_decoder(void **state) {
  (void)state;
  static const char apart[] =
      "{\"model_type\": \"marian\", \"share_encoder_decoder_embeddings\": false}";
  MODEL("marian1", apart, TENSOR("model.encoder.embed_tokens.weight", three),
        TENSOR("model.decoder.embed_tokens.weight", one));
  MODEL("marian2", apart, TENSOR("model.encoder.embed_tokens.weight", three),
        TENSOR("model.decoder.embed_tokens.weight", two), TENSOR("lm_head.weight", two));
  fixture_fused(MEAN("marian2", "marian1"), "marian");
  assert_int_equal(fixture_count("marian"), 2);
  fixture_expect("marian", "model.decoder.embed_tokens.weight", mean, 4);
  fixture_expect("marian", "model.encoder.embed_tokens.weight", three, 4);
}

// T5 v1.1 has a head of its own and does not scale; transformers 5 writes that as
// scale_decoder_outputs.
static void t5_is_tied_as_its_logits_are_scaled(void **state) {
  (void)state;
  MODEL("t5", "{\"model_type\": \"t5\"}", TENSOR("shared.weight", one),
        TENSOR("encoder.embed_tokens.weight", one), TENSOR("lm_head.weight", one));
  MODEL("t5-5",
        "{\"model_type\": \"t5\", \"tie_word_embeddings\": true, \"scale_decoder_outputs\": true}",
        TENSOR("shared.weight", two));
  MODEL("v1.1", "{\"model_type\": \"t5\", \"tie_word_embeddings\": false}",
        TENSOR("shared.weight", one), TENSOR("lm_head.weight", one));
  MODEL("v1.1-5",
        "{\"model_type\": \"t5\", \"tie_word_embeddings\": true, \"scale_decoder_outputs\": false}",
        TENSOR("shared.weight", two), TENSOR("lm_head.weight", two));
  fixture_fused(MEAN("t5", "t5-5"), "scaled");
  assert_int_equal(fixture_count("scaled"), 1);
  fixture_fused(MEAN("v1.1", "v1.1-5"), "unscaled");
  assert_int_equal(fixture_count("unscaled"), 2);
  fixture_expect("unscaled", "lm_head.weight", mean, 4);
  fixture_refused(MEAN("v1.1", "t5-5"), "the logits are as they are in v1.1, but scaled in t5-5");
}

// ---- tensors that some lack -------------------------------------------------

static void missing_tensors_are_an_error_unless_the_recipe_says_otherwise(void **state) {
  (void)state;
  MODEL("less", "{}", TENSOR("w", one));
  MODEL("more", "{}", TENSOR("extra", three), TENSOR("w", two));
  fixture_refused(MEAN("less", "more"), "extra: missing in less");
  fixture_refused(MEAN("more", "less"), "extra: missing in less");
  fixture_noted("missing_tensors: union\n" MEAN("less", "more"), "union",
                "extra: missing in less: made of more alone (missing_tensors: union)");
  assert_int_equal(fixture_count("union"), 2);
  fixture_expect("union", "extra", three, 4);
  fixture_expect("union", "w", mean, 4);
  fixture_noted("missing_tensors: intersection\n" MEAN("more", "less"), "intersection",
                "extra: missing in less: left out of the output (missing_tensors: intersection)");
  assert_int_equal(fixture_count("intersection"), 1);
  fixture_refused("missing_tensors: unoin\n" MEAN("less", "more"),
                  "expected error, union or intersection");
}

// The first ten are named, the others counted.
static void missing_tensors_are_named(void **state) {
  (void)state;
  static const char names[] = "x00, x01, x02, x03, x04, x05, x06, x07, x08, x09 and ";
  ig_safetensors_output tensors[13] = {TENSOR("w", two)};
  char name[12][8], expected[256];
  for (size_t i = 0; i < 12; i++) {
    snprintf(name[i], sizeof name[i], "x%02zu", i);
    tensors[i + 1] = (ig_safetensors_output)TENSOR(name[i], three);
  }
  fixture_model("twelve", "{}", tensors, 13);
  fixture_model("eleven", "{}", tensors, 12);
  snprintf(expected, sizeof expected, "%s2 more tensors: missing in less: left out", names);
  fixture_noted("missing_tensors: intersection\n" MEAN("twelve", "less"), "left_out", expected);
  snprintf(expected, sizeof expected, "%s1 more tensor: missing in less: left out", names);
  fixture_noted("missing_tensors: intersection\n" MEAN("eleven", "less"), "left_out_11", expected);
  snprintf(expected, sizeof expected, "%s1 more tensor: missing in less: made of the models that",
           names);
  fixture_noted(
      "missing_tensors: union\nmerge_method: linear\nparameters: {weight: 1}\n"
      "models: [{model: twelve}, {model: less}, {model: eleven}]\n",
      "added", expected);
}

static void differences_need_the_base(void **state) {
  (void)state;
  const float moved[] = {13, 13, 13, 13};  // base + (more - base) + (third - base)
  MODEL("base", "{}", TENSOR("w", one), TENSOR("of_base", two));
  MODEL("third", "{}", TENSOR("w", three), TENSOR("extra", one));
#define TASKS                                                                                      \
  "missing_tensors: union\nmerge_method: task_arithmetic\nbase_model: base\nparameters: {weight: " \
  "1}\n"
  fixture_noted(TASKS "models: [{model: less}, {model: third}]\n", "tasks",
                "of_base: missing in less, third: made of base alone (missing_tensors: union)");
  fixture_expect("tasks", "w", three, 4);
  fixture_expect("tasks", "of_base", two, 4);  // nobody changes it
  fixture_expect("tasks", "extra", one, 4);    // the only one that there is
  MODEL("more", "{}", TENSOR("extra", three), TENSOR("w", two));
  fixture_refused(TASKS "models: [{model: more}, {model: third}]\n",
                  "extra: missing in the base, but not in more and third");
  MODEL("second", "{}", TENSOR("w", two));
  fixture_noted(TASKS "models: [{model: second}, {model: third}]\n", "both",
                "extra: missing in second, base: made of third alone (missing_tensors: union)");
  fixture_expect("both", "w", moved, 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(copies_are_fused_and_written_once),
      cmocka_unit_test(a_head_that_differs_is_its_own),
      cmocka_unit_test(copies_that_differ_are_told),
      cmocka_unit_test(the_base_decides_what_is_tied),
      cmocka_unit_test(heads_are_tied_to_the_decoder),
      cmocka_unit_test(t5_is_tied_as_its_logits_are_scaled),
      cmocka_unit_test(missing_tensors_are_an_error_unless_the_recipe_says_otherwise),
      cmocka_unit_test(missing_tensors_are_named),
      cmocka_unit_test(differences_need_the_base),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
