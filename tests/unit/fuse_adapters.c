// LoRA adapters added to models: what PEFT's merge_and_unload gives, and what is refused by its
// name. The numbers are those of W + scale B A, reckoned by hand.
#include "fuse_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TENSOR(text, r, c, data) \
  { .name = text, .rank = 2, .shape = {r, c}, .values = data }

static const float zeros[12] = {0};
static const float a2[] = {1, 2, 3, 4, 5, 6};  // (2, 3) or (1, 6) …
static const float b2[] = {1, 0, 0, 1};        // (2, 2)

static void make_adapter(const char *name, const char *settings,
                         const ig_safetensors_output *tensors, size_t count) {
  char path[256], config[1024];
  ig_error err = {0};
  mkdir(name, 0777);
  snprintf(path, sizeof path, "%s/adapter_config.json", name);
  snprintf(config, sizeof config, "{\"peft_type\": \"LORA\", \"lora_alpha\": 4%s%s}",
           strstr(settings, "\"r\"") ? "" : ", \"r\": 2", settings);
  fixture_write(path, config);
  snprintf(path, sizeof path, "%s/adapter_model.safetensors", name);
  if (ig_safetensors_write(path, tensors, count, &err) != IG_OK) fail_msg("%s", err.message);
}

// The adapter of layers 0 and 1: A is a2, B the unit matrix.
#define PART(path, r, out, in, a, b)                           \
  TENSOR("base_model.model." path ".lora_A.weight", r, in, a), \
      TENSOR("base_model.model." path ".lora_B.weight", out, r, b)
static void two_layers(const char *name, const char *settings) {
  const ig_safetensors_output tensors[] = {PART("m.layers.0.fc", 2, 2, 3, a2, b2),
                                           PART("m.layers.1.fc", 2, 2, 3, a2, b2)};
  make_adapter(name, settings, tensors, COUNT(tensors));
}

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  const ig_safetensors_output tensors[] = {TENSOR("m.layers.0.fc.weight", 2, 3, zeros),
                                           TENSOR("m.layers.1.fc.weight", 2, 3, zeros),
                                           TENSOR("m.layers.1.other.weight", 2, 3, zeros)};
  fixture_model("model", "{\"model_type\": \"made-up\"}", tensors, COUNT(tensors));
  const ig_safetensors_output bare[] = {TENSOR("layers.0.fc.weight", 2, 3, zeros),
                                        TENSOR("layers.1.fc.weight", 2, 3, zeros),
                                        TENSOR("fc.weight", 2, 3, zeros)};
  fixture_model("bare", "{\"model_type\": \"made-up\"}", bare, COUNT(bare));
  // Conv1D stores (in, out); the projection is square, so that only its kind tells.
  const ig_safetensors_output conv[] = {TENSOR("transformer.h.0.attn.c_attn.weight", 3, 2, zeros),
                                        TENSOR("transformer.h.0.attn.c_proj.weight", 2, 2, zeros),
                                        TENSOR("lm_head.weight", 2, 2, zeros)};
  fixture_model("gpt", "{\"model_type\": \"gpt2\"}", conv, COUNT(conv));
  fixture_model("own", "{\"model_type\": \"made-up\"}", conv, COUNT(conv));
  return 0;
}

#define APPLY(model, adapter) \
  "merge_method: passthrough\nmodels: [{model: " model "+" adapter "}]\n"
static void expect_scaled(const char *model, const char *name, float scale) {
  float expected[6];
  for (int i = 0; i < 6; i++) expected[i] = scale * a2[i];
  fixture_expect(model, name, expected, 6);
}

static void remove_output(void) { nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS); }

static void alpha_has_patterns(void **state) {
  (void)state;
  static const struct {
    const char *settings;
    float first, second;  // scales of layers 0 and 1
  } cases[] = {
      {"", 2, 2},
      {", \"use_rslora\": true", 4 / 1.41421356f, 4 / 1.41421356f},
      {", \"alpha_pattern\": {\"layers.1.fc\": 10}", 2, 5},
      {", \"alpha_pattern\": {\"fc\": 10, \"layers.1.fc\": 20}", 5, 5},  // the first that holds
      {", \"alpha_pattern\": {\"c\": 10}", 2, 2},                        // not a part's end
      {", \"alpha_pattern\": {\"^layers.0.fc\": 10, \"^m\\\\.layers.0.fc\": 12}", 6, 2},
      {", \"alpha_pattern\": {\"layers...fc\": 8}", 4, 4},
      {", \"alpha_pattern\": {\"layers.(0|2).fc\": 8, \"layers\\\\.\\\\d+\\\\..*\": 6}", 4, 3},
      {", \"rank_pattern\": {\"layers.1.fc\": 2, \"fc\": 2}", 2, 2},
      {", \"init_lora_weights\": \"gaussian\"", 2, 2},
      {", \"init_lora_weights\": \"eva\"", 2, 2},
      {", \"init_lora_weights\": \"orthogonal\"", 2, 2},
      {", \"init_lora_weights\": false, \"modules_to_save\": [], \"bias\": \"none\"", 2, 2},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    two_layers("patterns", cases[i].settings);
    fixture_fused(APPLY("model", "patterns"), "out");
    ig_safetensors *file;
    float found[6];
    assert_int_equal(ig_safetensors_open("out", &file, NULL), IG_OK);
    for (int layer = 0; layer < 2; layer++) {
      const float scale = layer ? cases[i].second : cases[i].first;
      const char *name = layer ? "m.layers.1.fc.weight" : "m.layers.0.fc.weight";
      assert_int_equal(ig_safetensor_read_float(ig_safetensors_find(file, name), found, 6, NULL),
                       IG_OK);
      for (int k = 0; k < 6; k++)
        if (!(found[k] - scale * a2[k] < 1e-5f && found[k] - scale * a2[k] > -1e-5f))
          fail_msg("%s: layer %d has %g", cases[i].settings, layer, (double)found[k]);
    }
    ig_safetensors_close(file);
    fixture_expect("out", "m.layers.1.other.weight", zeros, 6);
    remove_output();
  }
}

// Names of a checkpoint may lack levels in front that the adapter has, and the other way round.
static void levels_in_front_may_differ(void **state) {
  (void)state;
  two_layers("plain", "");
  fixture_fused(APPLY("bare", "plain"), "out");
  expect_scaled("out", "layers.0.fc.weight", 2);
  expect_scaled("out", "layers.1.fc.weight", 2);
  fixture_expect("out", "fc.weight", zeros, 6);
  remove_output();
  const ig_safetensors_output shorter[] = {TENSOR("layers.0.fc.lora_A.default.weight", 2, 3, a2),
                                           TENSOR("layers.0.fc.lora_B.default.weight", 2, 2, b2)};
  make_adapter("short", "", shorter, 2);
  fixture_fused(APPLY("model", "short"), "out");
  expect_scaled("out", "m.layers.0.fc.weight", 2);
  fixture_expect("out", "m.layers.1.fc.weight", zeros, 6);
  remove_output();
  const ig_safetensors_output ambiguous[] = {PART("fc", 2, 2, 3, a2, b2)};
  make_adapter("ambiguous", "", ambiguous, 2);
  fixture_refused(APPLY("model", "ambiguous"), "fc belongs to no linear layer of the model");
  fixture_fused(APPLY("bare", "ambiguous"), "out");
  expect_scaled("out", "fc.weight", 2);
  remove_output();
}

// W (in, out) gets scale (B A)^T. Of GPT-2 its kind of layer decides, as in PEFT, whatever the
// adapter says; of others the adapter does.
static void transposed_layers(void **state) {
  (void)state;
  static const float square_a[] = {1, 2}, square_b[] = {3, 5};  // (1, 2), (2, 1)
  const ig_safetensors_output tensors[] = {
      PART("transformer.h.0.attn.c_attn", 2, 2, 3, a2, b2),
      PART("transformer.h.0.attn.c_proj", 1, 2, 2, square_a, square_b),
      PART("lm_head", 1, 2, 2, square_a, square_b)};
  static const float attention[] = {2, 8, 4, 10, 6, 12};
  static const float plain[] = {12, 24, 20, 40}, transposed[] = {12, 20, 24, 40};
#define RANKS ", \"rank_pattern\": {\"c_proj\": 1, \"lm_head\": 1}"
  static const char *const settings[] = {RANKS, RANKS ", \"fan_in_fan_out\": true"};
  for (size_t i = 0; i < 2; i++) {
    make_adapter("conv", settings[i], tensors, COUNT(tensors));
    fixture_fused(APPLY("gpt", "conv"), "out");
    fixture_expect("out", "transformer.h.0.attn.c_attn.weight", attention, 6);
    fixture_expect("out", "transformer.h.0.attn.c_proj.weight", transposed, 4);
    fixture_expect("out", "lm_head.weight", plain, 4);
    remove_output();
  }
  fixture_fused(APPLY("own", "conv"), "out");
  fixture_expect("out", "transformer.h.0.attn.c_proj.weight", transposed, 4);
  remove_output();
  make_adapter("conv", RANKS, tensors, COUNT(tensors));
  fixture_refused(APPLY("own", "conv"),
                  "the shapes of lora_A and lora_B do not fit transformer.h.0.attn.c_attn.weight");
}

// A square weight does not tell its kind: it is that of an nn.Linear, where PEFT ignores the flag.
static void flag_of_linear_layers_is_ignored(void **state) {
  (void)state;
  static const float square_a[] = {1, 2}, square_b[] = {3, 5}, plain[] = {12, 24, 20, 40};
  const ig_safetensors_output weights[] = {TENSOR("m.layers.0.q_proj.weight", 2, 2, zeros),
                                           TENSOR("m.layers.0.up_proj.weight", 2, 3, zeros)},
                              square[] = {PART("m.layers.0.q_proj", 1, 2, 2, square_a, square_b)},
                              both[] = {PART("m.layers.0.q_proj", 1, 2, 2, square_a, square_b),
                                        PART("m.layers.0.up_proj", 2, 2, 3, a2, b2)};
  fixture_model("linear", "{\"model_type\": \"llama\"}", weights, COUNT(weights));
  for (size_t i = 0; i < 2; i++) {
    make_adapter("flag", ", \"rank_pattern\": {\"q_proj\": 1}, \"fan_in_fan_out\": true",
                 i ? both : square, i ? COUNT(both) : COUNT(square));
    fixture_noted(APPLY("linear", "flag"), "out",
                  "flag: fan_in_fan_out is true, but the layers are linear and store their weights "
                  "as (out, in): it has no effect, as in PEFT");
    fixture_expect("out", "m.layers.0.q_proj.weight", plain, 4);
    remove_output();
  }
}

static void ranks_must_be_those_of_the_tensors(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {", \"r\": 99",
       "m.layers.0.fc: lora_A and lora_B have the rank 2, but adapter_config.json (r, "
       "rank_pattern) says 99"},
      {", \"rank_pattern\": {\"layers.1.fc\": 8}",
       "m.layers.1.fc: lora_A and lora_B have the rank 2"},
      {", \"rank_pattern\": {\".*1.fc\": 8}", "m.layers.1.fc: lora_A and lora_B have the rank 2"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    two_layers("ranks", cases[i][0]);
    fixture_refused(APPLY("model", "ranks"), cases[i][1]);
  }
  // Of some regular expressions it is not known for what they hold.
  two_layers("ranks", ", \"rank_pattern\": {\".*(?=1).*fc\": 8}");
  fixture_fused(APPLY("model", "ranks"), "out");
  remove_output();
}

static void adapters_of_nothing_are_refused(void **state) {
  (void)state;
  make_adapter("empty", "", NULL, 0);
  fixture_refused(APPLY("model", "empty"), "empty/adapter_model.safetensors: has no tensors");
  two_layers("kindless", "");
  fixture_write("kindless/adapter_config.json", "{\"lora_alpha\": 4, \"r\": 2}");
  fixture_refused(APPLY("model", "kindless"), "peft_type");
  two_layers("plain", "");
  fixture_refused(APPLY("model", "plain+kindless"), "kindless/adapter_config.json: peft_type");
}

// Adapters whose tensors are not those that their configuration announces, or do not fit the model.
static void parts_must_be_those_that_are_announced(void **state) {
  (void)state;
#define MAGNITUDE "base_model.model.m.layers.0.fc.lora_magnitude_vector"
#define DELTA "base_model.model.m.layers.0.fc.token_adapter.trainable_tokens_delta"
  static const struct {
    const char *settings;
    ig_safetensors_output tensor;  // besides layers 0 and 1, or of another module
    const char *message;
  } cases[] = {
      {"", {.name = MAGNITUDE, .rank = 1, .shape = {2}, .values = a2}, "DoRA's magnitude"},
      {", \"use_dora\": true",
       {.name = MAGNITUDE, .rank = 1, .shape = {3}, .values = a2},
       "lora_magnitude_vector has 3 values, expected 2"},
      {", \"modules_to_save\": [\"other\"]",
       TENSOR("base_model.model.m.layers.1.other.weight", 3, 2, a2),
       "is trained whole, but has another shape than m.layers.1.other.weight"},
      {", \"modules_to_save\": [\"score\"]", TENSOR("base_model.model.score.weight", 3, 2, a2),
       "base_model.model.score.weight is trained whole, and the model has no tensor of this name"},
      {", \"modules_to_save\": [\"layer\"]",
       TENSOR("base_model.model.m.layers.1.other.weight", 2, 3, a2),
       "a module that was trained whole"},
      {", \"trainable_token_indices\": [1]", TENSOR(DELTA, 1, 3, a2),
       "m.layers.0.fc is adapted in two ways"},
      {"", TENSOR("m.layers.1.other.token_adapter.trainable_tokens_delta", 1, 3, a2),
       "does not fit m.layers.1.other.weight and the 0 trainable_token_indices"},
      {", \"trainable_token_indices\": {\"other\": [2]}",
       TENSOR("m.layers.1.other.token_adapter.trainable_tokens_delta", 1, 3, a2),
       "item 1 is no row of m.layers.1.other.weight (2)"},
      {"", TENSOR("m.layers.1.other.lora_embedding_A", 2, 2, a2),
       "m.layers.1.other has one of lora_A and lora_B only"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const ig_safetensors_output tensors[] = {
        PART("m.layers.0.fc", 2, 2, 3, a2, b2),
        {.name = "m.layers.1.fc.lora_A.weight", .rank = 2, .shape = {2, 3}, .values = a2},
        {.name = "m.layers.1.fc.lora_B.weight", .rank = 2, .shape = {2, 2}, .values = b2},
        cases[i].tensor,
        {.name = "m.layers.1.fc.lora_magnitude_vector", .rank = 1, .shape = {2}, .values = b2}};
    const size_t count = COUNT(tensors) - !strstr(cases[i].settings, "use_dora");
    make_adapter("announced", cases[i].settings, tensors, count);
    fixture_refused(APPLY("model", "announced"), cases[i].message);
  }
}

// What is extracted from Conv1D's weights gives them back; tables of embeddings are none of them.
static void transposed_layers_are_extracted(void **state) {
  (void)state;
  const ig_safetensors_output base[] = {TENSOR("transformer.h.0.attn.c_attn.weight", 3, 2, zeros),
                                        TENSOR("transformer.wpe.weight", 2, 2, zeros),
                                        TENSOR("transformer.wte.weight", 2, 2, zeros)};
  const ig_safetensors_output tuned[] = {TENSOR("transformer.h.0.attn.c_attn.weight", 3, 2, a2),
                                         TENSOR("transformer.wpe.weight", 2, 2, a2),
                                         TENSOR("transformer.wte.weight", 2, 2, a2)};
  fixture_model("gpt-base", "{\"model_type\": \"gpt2\"}", base, COUNT(base));
  fixture_model("gpt-tuned", "{\"model_type\": \"gpt2\"}", tuned, COUNT(tuned));
  const char *messages = fixture_fuse(
      "merge_method: extract_lora\nbase_model: gpt-base\nmodels: [{model: gpt-tuned}]\n"
      "parameters: {rank: 2}\n",
      "extracted");
  assert_string_equal(messages,
                      "2 other tensors differ, where the adapter leaves what the base has: "
                      "transformer.wpe.weight, transformer.wte.weight");
  ig_safetensors *file;
  assert_int_equal(ig_safetensors_open_file("extracted/adapter_model.safetensors", &file, NULL),
                   IG_OK);
  const ig_safetensor *a =
      ig_safetensors_find(file, "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight");
  assert_int_equal(ig_safetensors_count(file), 2);
  assert_non_null(a);
  assert_int_equal(a->shape[0], 2);
  assert_int_equal(a->shape[1], 3);
  ig_safetensors_close(file);
  char *config;
  assert_int_equal(ig_file_load("extracted/adapter_config.json", &config, NULL, NULL), IG_OK);
  assert_non_null(strstr(config, "\"fan_in_fan_out\": true"));
  free(config);
  fixture_fused(APPLY("gpt-base", "extracted"), "out");
  float found[6];
  assert_int_equal(ig_safetensors_open("out", &file, NULL), IG_OK);
  assert_int_equal(
      ig_safetensor_read_float(ig_safetensors_find(file, "transformer.h.0.attn.c_attn.weight"),
                               found, 6, NULL),
      IG_OK);
  for (int i = 0; i < 6; i++)
    if (!(found[i] - a2[i] < 1e-5f && found[i] - a2[i] > -1e-5f))
      fail_msg("value %d is %g", i, (double)found[i]);
  ig_safetensors_close(file);
  remove_output();
}

// A checkpoint of the base model alone lacks the level that its modules have under a head.
static void names_are_those_of_the_model_with_its_head(void **state) {
  (void)state;
  static const struct {
    const char *config, *key;
  } cases[] = {
      {"{\"model_type\": \"gpt2\", \"architectures\": [\"GPT2LMHeadModel\"]}",
       "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight"},
      {"{\"model_type\": \"gpt2\", \"architectures\": [\"GPT2Model\"]}",
       "base_model.model.h.0.attn.c_attn.lora_A.weight"},
      {"{\"model_type\": \"made-up\", \"architectures\": [\"OwnForCausalLM\"]}",
       "base_model.model.h.0.attn.c_attn.lora_A.weight"},
  };
  const ig_safetensors_output base[] = {TENSOR("h.0.attn.c_attn.weight", 3, 2, zeros)},
                              tuned[] = {TENSOR("h.0.attn.c_attn.weight", 3, 2, a2)};
  for (size_t i = 0; i < COUNT(cases); i++) {
    fixture_model("bare-base", cases[i].config, base, 1);
    fixture_model("bare-tuned", cases[i].config, tuned, 1);
    fixture_fused(
        "merge_method: extract_lora\nbase_model: bare-base\nmodels: [{model: "
        "bare-tuned}]\nparameters: {rank: 2}\n",
        "out");
    ig_safetensors *file;
    assert_int_equal(ig_safetensors_open_file("out/adapter_model.safetensors", &file, NULL), IG_OK);
    if (!ig_safetensors_find(file, cases[i].key))
      fail_msg("no %s: %s", cases[i].key, ig_safetensors_get(file, 0)->name);
    ig_safetensors_close(file);
    nftw("bare-adapter", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(rename("out", "bare-adapter"), 0);
    fixture_fused(APPLY("bare-base", "bare-adapter"), "out");  // and back
    remove_output();
  }
}

static void what_is_not_built_is_called_by_its_name(void **state) {
  (void)state;
  static const struct {
    const char *settings, *message;
  } cases[] = {
      {", \"use_dora\": true", "m.layers.0.fc has no lora_magnitude_vector, but use_dora is set"},
      {", \"lora_bias\": true", "m.layers.0.fc has no lora_B.bias, but lora_bias is set"},
      {", \"modules_to_save\": [\"score\"]",
       "modules_to_save names score, and the file has no tensor of it"},
      {", \"trainable_token_indices\": [1]",
       "trainable_token_indices are set, and the file has no rows of tokens"},
      {", \"trainable_token_indices\": {\"other\": [1]}",
       "trainable_token_indices are set, and the file has no rows of tokens"},
      {", \"alpha_pattern\": [[\"fc\", 6]]",
       "alpha_pattern: expected an object of names and numbers"},
      {", \"rank_pattern\": \"fc\"", "rank_pattern: expected an object of names and numbers"},
      {", \"rank_pattern\": {\"fc\": \"2\"}", "rank_pattern: 'fc': expected a number"},
      {", \"r\": \"2\"", "r: expected a whole number above 0"},
      {", \"r\": 0", "r: expected a whole number above 0"},
      {", \"target_parameters\": [\"w\"]", "target_parameters is not supported"},
      {", \"layer_replication\": [[0, 2]]", "layer_replication is not supported"},
      {", \"use_qalora\": true", "use_qalora is not supported"},
      {", \"alora_invocation_tokens\": [1]", "alora_invocation_tokens is not supported"},
      {", \"arrow_config\": {\"k\": 1}", "arrow_config is not supported"},
      {", \"bias\": \"some\"", "bias 'some', expected none, all or lora_only"},
      {", \"init_lora_weights\": \"pissa\"", "init_lora_weights 'pissa' is not supported"},
      {", \"init_lora_weights\": \"pissa_niter_16\"", "'pissa_niter_16' is not supported"},
      {", \"init_lora_weights\": \"OLoRA\"", "'OLoRA' is not supported"},
      {", \"init_lora_weights\": \"corda\"", "'corda' is not supported"},
      {", \"init_lora_weights\": \"loftq\"", "'loftq' is not supported"},
      {", \"init_lora_weights\": \"lora_ga\"", "'lora_ga' is not supported"},
      {", \"alpha_pattern\": {\"layers.(?=0).fc\": 3}", "the regular expression 'layers.(?=0).fc'"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    two_layers("refused-adapter", cases[i].settings);
    fixture_refused(APPLY("model", "refused-adapter"), cases[i].message);
  }
  static const char *const kinds[][2] = {
      {"base_model.model.m.layers.0.fc.lora_magnitude_vector", "DoRA's magnitude"},
      {"base_model.model.m.layers.0.fc.lora_B.bias", "lora_bias"},
      {"base_model.model.m.layers.0.fc.lokr_w1", "LoKr"},
      {"base_model.model.m.layers.0.fc.hada_w1_a", "LoHa"},
      {"base_model.model.m.layers.0.fc.ia3_l", "IA3"},
      {"base_model.model.score.weight", "a module that was trained whole"},
  };
  for (size_t i = 0; i < COUNT(kinds); i++) {
    const ig_safetensors_output tensors[] = {PART("m.layers.0.fc", 2, 2, 3, a2, b2),
                                             TENSOR(kinds[i][0], 2, 3, a2)};
    make_adapter("kind", "", tensors, COUNT(tensors));
    fixture_refused(APPLY("model", "kind"), kinds[i][1]);
    fixture_refused(APPLY("model", "kind"), kinds[i][0]);
  }
  mkdir("pickled", 0777);
  fixture_write("pickled/adapter_config.json", "{\"peft_type\": \"LORA\", \"lora_alpha\": 1}");
  fixture_write("pickled/adapter_model.bin", "x");
  fixture_refused(APPLY("model", "pickled"), "it does not begin as a file of torch.save does");
  fixture_write("pickled/adapter_config.json", "{\"peft_type\": \"IA3\"}");
  fixture_refused(APPLY("model", "pickled"), "peft_type IA3, expected LORA");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(alpha_has_patterns),
      cmocka_unit_test(levels_in_front_may_differ),
      cmocka_unit_test(transposed_layers),
      cmocka_unit_test(flag_of_linear_layers_is_ignored),
      cmocka_unit_test(ranks_must_be_those_of_the_tensors),
      cmocka_unit_test(adapters_of_nothing_are_refused),
      cmocka_unit_test(parts_must_be_those_that_are_announced),
      cmocka_unit_test(transposed_layers_are_extracted),
      cmocka_unit_test(names_are_those_of_the_model_with_its_head),
      cmocka_unit_test(what_is_not_built_is_called_by_its_name),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
