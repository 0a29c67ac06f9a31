// Stacks of layers: which there are, that slices and gradients lose none of their tensors, and that
// config.json follows.
#include "fuse_fixture.h"
#include "fuse/input/layer_stacks.h"
#include "io/json.h"

enum { MOST = 24 };

// A model whose tensors have one value each: `first`, first + 1, … in the order of the names.
static void write_model(const char *directory, const char *config, float first,
                        const char *const *names) {
  static float values[MOST];
  ig_safetensors_output tensors[MOST];
  size_t count = 0;
  for (; names[count]; count++) {
    values[count] = first + (float)count;
    tensors[count] = (ig_safetensors_output){.name = names[count],
                                             .dtype = IG_DTYPE_F32,
                                             .rank = 1,
                                             .shape = {1},
                                             .values = &values[count]};
  }
  fixture_model(directory, config, tensors, count);
}

static void expect_one(const char *model, const char *name, float expected) {
  fixture_expect(model, name, &expected, 1);
}

// The value at a path of config.json, as compact JSON; "" if there is none.
static void expect_config(const char *model, const char *section, const char *key,
                          const char *expected) {
  json_t *config;
  ig_error err = {0};
  if (ig_json_load_in(model, "config.json", &config, &err) != IG_OK) fail_msg("%s", err.message);
  const json_t *at = section ? json_object_get(config, section) : config;
  char *found = ig_json_text(json_object_get(at, key), JSON_ENCODE_ANY | JSON_COMPACT);
  if (strcmp(found ? found : "", expected) != 0)
    fail_msg("%s of %s is %s, expected %s", key, model, found ? found : "missing", expected);
  free(found);
  json_decref(config);
}

static const char *const plain[] = {"model.embed_tokens.weight",
                                    "model.layers.0.x",
                                    "model.layers.1.x",
                                    "model.layers.2.x",
                                    "model.norm.weight",
                                    "lm_head.weight",
                                    NULL};

#define STACKED                                      \
  "merge_method: passthrough\n"                      \
  "slices:\n"                                        \
  "  - sources: [{model: a, layer_range: [0, 2]}]\n" \
  "  - sources: [{model: b, layer_range: [2, 3]}]\n" \
  "  - sources: [{model: b, layer_range: [1, 3]}]\n"

static void remove_models(void) {
  static const char *const names[] = {"a", "b", "out"};
  for (size_t i = 0; i < 3; i++) nftw(names[i], fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void stack(const char *config, const char *const *names) {
  remove_models();
  write_model("a", config, 0, names);
  write_model("b", config, 100, names);
  fixture_fused(STACKED, "out");
}

// ---- which stacks there are -------------------------------------------------

static void expect_stacks(const char *const *names, const char *expected) {
  remove_models();
  write_model("a", "{}", 0, names);
  ig_safetensors *tensors;
  ig_layer_stacks stacks = {0};
  char list[256];
  assert_int_equal(ig_safetensors_open("a", &tensors, NULL), IG_OK);
  assert_int_equal(ig_layer_stacks_find(tensors, &stacks, NULL), IG_OK);
  ig_layer_stacks_list(&stacks, list, sizeof list);
  assert_string_equal(list, expected);
  ig_layer_stacks_free(&stacks);
  ig_safetensors_close(tensors);
}

static void stacks_are_named(void **state) {
  (void)state;
  expect_stacks(plain, "model");
  expect_stacks((const char *[]){"embedding.weight", NULL}, "");
  expect_stacks((const char *[]){"layers.0.x", NULL}, "layers");
  expect_stacks((const char *[]){"model.encoder.layers.0.x", "model.decoder.layers.1.x", NULL},
                "decoder, encoder");
  expect_stacks((const char *[]){"encoder.block.0.layer.0.x", "decoder.block.0.layer.1.x", NULL},
                "decoder, encoder");
  expect_stacks((const char *[]){"model.visual.blocks.0.x", "model.layers.0.x", NULL},
                "model, visual");
  expect_stacks((const char *[]){"visual.blocks.0.x", "model.layers.0.x", NULL}, "model, visual");
  expect_stacks(
      (const char *[]){"text_model.encoder.layers.0.x", "vision_model.encoder.layers.0.x", NULL},
      "text_model, vision_model");
  expect_stacks((const char *[]){"vision_model.transformer.layers.0.x",
                                 "vision_model.global_transformer.layers.0.x",
                                 "language_model.model.layers.0.x", NULL},
                "language_model, vision_model.global_transformer, vision_model.transformer");
}

// ---- numbers of layers ------------------------------------------------------

static void every_key_follows(void **state) {
  (void)state;
  static const char *const keys[] = {"num_hidden_layers", "n_layer", "n_layers", "num_layers",
                                     "depth"};
  for (size_t i = 0; i < 5; i++) {
    char config[128];
    snprintf(config, sizeof config, "{\"model_type\": \"x\", \"%s\": 3, \"heads\": 3}", keys[i]);
    stack(config, plain);
    for (size_t k = 0; k < 5; k++) expect_config("out", NULL, keys[k], k == i ? "5" : "");
    expect_config("out", NULL, "decoder_layers", "");
    expect_config("out", NULL, "num_decoder_layers", "");
    expect_config("out", NULL, "heads", "3");
  }
}

static void sections_follow(void **state) {
  (void)state;
  static const char *const names[] = {"language_model.model.layers.0.x",
                                      "language_model.model.layers.1.x",
                                      "language_model.model.layers.2.x",
                                      "language_model.model.norm.weight",
                                      "language_model.lm_head.weight",
                                      "projector.weight",
                                      "vision_tower.vision_model.encoder.layers.0.x",
                                      "vision_tower.vision_model.encoder.layers.1.x",
                                      "vision_tower.vision_model.encoder.layers.2.x",
                                      NULL};
  remove_models();
  write_model("a",
              "{\"num_hidden_layers\": 3, \"text_config\": {\"num_hidden_layers\": 3}, "
              "\"vision_config\": {\"num_hidden_layers\": 3, \"layers\": 9}}",
              0, names);
  write_model("b", "{}", 100, names);
#define TOWERS(module)                                   \
  "merge_method: passthrough\n"                          \
  "modules:\n"                                           \
  "  " module                                            \
  ":\n"                                                  \
  "    slices:\n"                                        \
  "      - sources: [{model: a, layer_range: [0, 3]}]\n" \
  "      - sources: [{model: b, layer_range: [1, 2]}]\n" \
  "  default: {models: [{model: a}]}\n"
  static const char *const text[] = {TOWERS("language_model"), TOWERS("text"),
                                     TOWERS("text_decoder"), TOWERS("language_model.model")};
  for (size_t i = 0; i < 4; i++) {
    nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
    fixture_fused(text[i], "out");
    assert_int_equal(fixture_count("out"), 10);
    expect_one("out", "language_model.model.layers.3.x", 101);
    expect_one("out", "vision_tower.vision_model.encoder.layers.2.x", 8);
    expect_config("out", "text_config", "num_hidden_layers", "4");
    expect_config("out", NULL, "num_hidden_layers", "4");
    expect_config("out", "vision_config", "num_hidden_layers", "3");
  }
  expect_one("out", "language_model.model.norm.weight", 103);
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  fixture_fused(TOWERS("vision"), "out");
  expect_config("out", "text_config", "num_hidden_layers", "3");
  expect_config("out", NULL, "num_hidden_layers", "3");
  expect_config("out", "vision_config", "num_hidden_layers", "4");
  expect_config("out", "vision_config", "layers", "9");
  expect_one("out", "vision_tower.vision_model.encoder.layers.3.x", 107);
  fixture_refused(TOWERS("audio"),
                  "module 'audio' has no stack of layers; the model's are: "
                  "language_model, vision_tower");
  fixture_refused(STACKED,
                  "the model has 2 stacks of layers (language_model, vision_tower): give "
                  "each its slices, or its models, as in modules: {language_model:");
  fixture_refused(
      "merge_method: passthrough\nmodules:\n  encodr: {models: [{model: a}]}\n"
      "  default: {models: [{model: a}]}\n",
      "module 'encodr' has no tensors; stacks of layers are: language_model, "
      "vision_tower");
}

static const char *const pair[] = {"shared.weight",       "encoder.block.0.relative_attention_bias",
                                   "encoder.block.0.x",   "encoder.block.1.x",
                                   "encoder.norm.weight", "decoder.block.0.x",
                                   "decoder.block.1.x",   "decoder.norm.weight",
                                   "lm_head.weight",      NULL};

#define PAIR(encoder, decoder)                                           \
  "merge_method: passthrough\n"                                          \
  "modules:\n"                                                           \
  "  encoder: {slices: [{sources: [{model: a, layer_range: " encoder     \
  "}]},\n"                                                               \
  "    {sources: [{model: b, layer_range: [0, 2]}]}]}\n"                 \
  "  decoder: {slices: [{sources: [{model: a, layer_range: [0, 1]}]},\n" \
  "    {sources: [{model: b, layer_range: " decoder "}]}]}\n"

static void encoder_and_decoder_follow_each(void **state) {
  (void)state;
  static const struct {
    const char *config, *encoder, *key, *decoder_key;
  } cases[] = {
      {"{\"tie_word_embeddings\": false, \"encoder_layers\": 2, \"decoder_layers\": 2, "
       "\"num_hidden_layers\": 2}",
       "3", "encoder_layers", "decoder_layers"},
      {"{\"tie_word_embeddings\": false, \"num_layers\": 2, \"num_decoder_layers\": 2}", "3",
       "num_layers", "num_decoder_layers"},
      {"{\"tie_word_embeddings\": false, \"num_layers\": 2}", "3", "num_layers",
       "num_decoder_layers"},
      {"{\"tie_word_embeddings\": false, \"num_layers\": 2, \"num_decoder_layers\": null}", "3",
       "num_layers", "num_decoder_layers"},
  };
  for (size_t i = 0; i < 4; i++) {
    remove_models();
    write_model("a", cases[i].config, 0, pair);
    write_model("b", cases[i].config, 100, pair);
    fixture_fused(PAIR("[1, 2]", "[1, 2]"), "out");
    expect_config("out", NULL, cases[i].key, "3");
    expect_config("out", NULL, cases[i].decoder_key, "2");
    if (i == 0) expect_config("out", NULL, "num_hidden_layers", "3");
    // The table of positions stays in the first layer, whichever that was.
    expect_one("out", "encoder.block.0.relative_attention_bias", 1);
    expect_one("out", "encoder.block.0.x", 3);
    expect_one("out", "encoder.block.2.x", 103);
    // What comes before the layers is the first slice's, what comes after them the last one's.
    expect_one("out", "shared.weight", 0);
    expect_one("out", "encoder.norm.weight", 104);
    expect_one("out", "decoder.norm.weight", 107);
    expect_one("out", "lm_head.weight", 108);
    assert_int_equal(fixture_count("out"), 10);
  }
}

// Three stacks of as many layers; each has a section, the first one twice.
static void each_section_is_found(void **state) {
  (void)state;
  static const char *const names[] = {"language_model.model.decoder.layers.0.x",
                                      "qformer.encoder.layer.0.x",
                                      "vision_model.encoder.layers.0.x", NULL};
  static const char *const modules[] = {"language_model", "qformer", "vision_model"};
  static const char *const sections[] = {"text_config", "qformer_config", "vision_config"};
  for (size_t i = 0; i < 3; i++) {
    char recipe[400];
    remove_models();
    write_model("a",
                "{\"text_config\": {\"num_hidden_layers\": 1}, \"text_config_dict\": "
                "{\"num_hidden_layers\": 1}, \"qformer_config\": {\"num_hidden_layers\": 1}, "
                "\"vision_config\": {\"num_hidden_layers\": 1}}",
                0, names);
    snprintf(recipe, sizeof recipe,
             "merge_method: passthrough\nmodules:\n  %s:\n    slices:\n"
             "      - sources: [{model: a, layer_range: [0, 1]}]\n"
             "      - sources: [{model: a, layer_range: [0, 1]}]\n"
             "  default: {models: [{model: a}]}\n",
             modules[i]);
    fixture_fused(recipe, "out");
    assert_int_equal(fixture_count("out"), 4);
    for (size_t k = 0; k < 3; k++)
      expect_config("out", sections[k], "num_hidden_layers", k == i ? "2" : "1");
    expect_config("out", "text_config_dict", "num_hidden_layers", i == 0 ? "2" : "1");
  }
}

static void unknown_counts_are_told(void **state) {
  (void)state;
  remove_models();
  write_model("a", "{\"model_type\": \"x\", \"num_hidden_layers\": 2}", 0, plain);
  write_model("b", "{}", 100, plain);
  fixture_refused(STACKED,
                  "config.json of a: no key tells that model.layers has 3 layers (found: "
                  "num_hidden_layers 2), so it cannot be made to tell the output's 5");
  remove_models();
  write_model("a", "{\"model_type\": \"x\"}", 0, plain);
  write_model("b", "{\"model_type\": \"x\"}", 100, plain);
  const char *messages = fixture_fuse(STACKED, "out");
  assert_string_equal(messages,
                      "config.json of a tells no number of layers: the output has 5 in "
                      "model.layers instead of 3, and its config.json stays");
  expect_config("out", NULL, "num_hidden_layers", "");
}

static void union_of_depths(void **state) {
  (void)state;
  remove_models();
  write_model("a", "{\"n_layer\": 2, \"layer_types\": [\"f\", \"s\"]}", 0,
              (const char *[]){"layers.0.x", "layers.1.x", NULL});
  write_model("b", "{\"n_layer\": 3, \"layer_types\": [\"g\", \"g\", \"l\"]}", 100,
              (const char *[]){"layers.0.x", "layers.1.x", "layers.2.x", NULL});
  const char *messages = fixture_fuse(
      "merge_method: linear\nmissing_tensors: union\n"
      "models: [{model: a}, {model: b}]\nparameters: {weight: 1}\n",
      "out");
  assert_null(strstr(messages, "cannot"));
  expect_config("out", NULL, "n_layer", "3");
  expect_config("out", NULL, "layer_types", "[\"f\",\"s\",\"l\"]");
}

// ---- lists ------------------------------------------------------------------

static void lists_follow(void **state) {
  (void)state;
  remove_models();
  write_model("a",
              "{\"num_hidden_layers\": 3, \"layer_types\": [\"a0\", \"a1\", \"a2\"], "
              "\"no_rope_layers\": [1, 0, 1], \"mlp_only_layers\": [0], "
              "\"hybrid_override_pattern\": \"M-*\", \"intermediate_size\": [7, 8, 9], "
              "\"attention_types\": [[[\"g\", \"l\", \"g\"], 1]], \"eos_token_id\": [4, 5, 6], "
              "\"architectures\": [\"X\", \"Y\", \"Z\"]}",
              0, plain);
  write_model("b",
              "{\"num_hidden_layers\": 3, \"layer_types\": [\"b0\", \"b1\", \"b2\"], "
              "\"no_rope_layers\": [1, 1, 0], \"mlp_only_layers\": [0, 2], "
              "\"hybrid_override_pattern\": \"abc\", \"intermediate_size\": [7, 8, 9], "
              "\"attention_types\": [[[\"g\"], 2], [[\"l\"], 1]], \"eos_token_id\": [4, 5, 6]}",
              100, plain);
  fixture_fuse(STACKED, "out");  // 0 and 1 of a; 2, 1, 2 of b
  expect_config("out", NULL, "num_hidden_layers", "5");
  expect_config("out", NULL, "layer_types", "[\"a0\",\"a1\",\"b2\",\"b1\",\"b2\"]");
  expect_config("out", NULL, "no_rope_layers", "[1,0,0,1,0]");
  expect_config("out", NULL, "mlp_only_layers", "[0,2,4]");
  expect_config("out", NULL, "hybrid_override_pattern", "\"M-cbc\"");
  expect_config("out", NULL, "intermediate_size", "[7,8,9,8,9]");
  expect_config("out", NULL, "attention_types", "[[[\"g\",\"l\",\"l\",\"g\",\"l\"],1]]");
  expect_config("out", NULL, "eos_token_id", "[4,5,6]");
  expect_config("out", NULL, "architectures", "[\"X\",\"Y\",\"Z\"]");
  remove_models();
  write_model("a", "{\"n_layer\": 3, \"layer_types\": [1, 2, 3]}", 0, plain);
  write_model("b", "{\"n_layer\": 3}", 100, plain);
  fixture_refused(STACKED, "layer_types has an entry for each layer in a, but none for those of b");
}

// Lists of as many entries as there are layers.
static void lists_of_unknown_meaning_stay(void **state) {
  (void)state;
  static const char config[] =
      "{\"num_hidden_layers\": 3, \"num_key_value_heads_per_layer\": [7, 8, 9], "
      "\"mlp_only_layers\": [0, 1, 2], \"mrope_section\": [4, 5, 6], "
      "\"keys_to_ignore_at_inference\": [\"x\", \"y\", \"z\"], \"feature_layers\": [0, 1, 2], "
      "\"unheard_of\": [1, 2, 3]}";
  remove_models();
  write_model("a", config, 0, plain);
  write_model("b", config, 100, plain);
  const char *messages = fixture_fuse(STACKED, "out");
  expect_config("out", NULL, "num_key_value_heads_per_layer", "[7,8,9,8,9]");
  expect_config("out", NULL, "mlp_only_layers", "[0,1,2,3,4]");
  expect_config("out", NULL, "mrope_section", "[4,5,6]");
  expect_config("out", NULL, "keys_to_ignore_at_inference", "[\"x\",\"y\",\"z\"]");
  expect_config("out", NULL, "feature_layers", "[0,1,2]");
  expect_config("out", NULL, "unheard_of", "[1,2,3]");
  static const char *const told[] = {"feature_layers", "unheard_of"};
  for (size_t i = 0; i < 2; i++) {
    char expected[200];
    snprintf(expected, sizeof expected,
             "config.json: %s is a list of 3, as many as the layers of model.layers, but it is not "
             "known whether it is about layers",
             told[i]);
    assert_non_null(strstr(messages, expected));
  }
  assert_null(strstr(messages, "mrope_section"));
  assert_null(strstr(messages, "keys_to_ignore"));
  // Nothing moves, and nothing is told.
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  fixture_fused("merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\n",
                "out");
}

// Hidden states of a vision tower of three layers, of which the output has the first two.
static void features_of_missing_layers_are_told(void **state) {
  (void)state;
  static const char *const names[] = {
      "language_model.model.layers.0.x", "vision_tower.encoder.layers.0.x",
      "vision_tower.encoder.layers.1.x", "vision_tower.encoder.layers.2.x", NULL};
  static const struct {
    const char *range, *layers, *told, *untold;
  } cases[] = {
      {"0, 2", "3",
       "vision_feature_layer asks for the output of layer 3 of vision_tower.encoder.layers, but "
       "the output has 2 layers there",
       "counts layers"},
      {"0, 2", "-4", "vision_feature_layer asks for the output of layer -4 of", "counts layers"},
      {"0, 2", "[1, 3]", "asks for the output of layer 3 of", "of layer 1"},
      {"1, 3", "2", "vision_feature_layer counts layers of vision_tower.encoder.layers and stays 2",
       "asks"},
      {"0, 2", "2", "", "vision_feature_layer"},
      {"1, 3", "-2", "", "vision_feature_layer"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char config[300];
    snprintf(config, sizeof config,
             "{\"text_config\": {\"num_hidden_layers\": 1}, \"vision_config\": "
             "{\"num_hidden_layers\": 3}, \"vision_feature_layer\": %s}",
             cases[i].layers);
    remove_models();
    write_model("a", config, 0, names);
    char recipe[300];
    snprintf(recipe, sizeof recipe,
             "merge_method: passthrough\nmodules:\n  vision:\n    slices:\n"
             "      - sources: [{model: a, layer_range: [%s]}]\n",
             cases[i].range);
    const char *messages = fixture_fuse(recipe, "out");
    expect_config("out", "vision_config", "num_hidden_layers", "2");
    if (!strstr(messages, cases[i].told) || strstr(messages, cases[i].untold))
      fail_msg("vision_feature_layer %s: %s", cases[i].layers, messages);
  }
}

static void positions_are_told(void **state) {
  (void)state;
  remove_models();
  static const char *const config =
      "{\"n_layer\": 3, \"first_k_dense_replace\": 1, \"sliding_window_pattern\": 6}";
  write_model("a", config, 0, plain);
  write_model("b", config, 100, plain);
  const char *messages = fixture_fuse(STACKED, "out");
  assert_non_null(strstr(messages, "first_k_dense_replace counts layers and stays 1"));
  assert_non_null(strstr(messages, "sliding_window_pattern counts layers and stays 6"));
}

// ---- gradients --------------------------------------------------------------

static void gradients_run_over_each_tower(void **state) {
  (void)state;
  static const char *const names[] = {
      "text_model.encoder.layers.0.x",   "text_model.encoder.layers.1.x",
      "vision_model.encoder.layers.0.x", "vision_model.encoder.layers.1.x",
      "vision_model.encoder.layers.2.x", NULL};
  remove_models();
  write_model("a", "{}", 0, names);
  write_model("b", "{}", 100, names);
  fixture_fused(
      "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\n"
      "parameters: {t: [0, 1]}\n",
      "out");
  expect_one("out", "text_model.encoder.layers.0.x", 0);
  expect_one("out", "text_model.encoder.layers.1.x", 101);
  expect_one("out", "vision_model.encoder.layers.0.x", 2);
  expect_one("out", "vision_model.encoder.layers.1.x", 53);
  expect_one("out", "vision_model.encoder.layers.2.x", 104);
}

// Beside the layers the output layer alone takes the last value, and in mergekit nothing does.
static void gradients_beside_the_layers(void **state) {
  (void)state;
  static const char *const names[] = {"bert.embeddings.word_embeddings.weight",
                                      "bert.encoder.layer.0.x",
                                      "bert.encoder.layer.1.x",
                                      "bert.pooler.dense.weight",
                                      "classifier.weight",
                                      "cls.predictions.transform.dense.weight",
                                      "final_layer_norm.weight",
                                      "lm_head.weight",
                                      "proj_out.weight",
                                      "qa_outputs.weight",
                                      "score.weight",
                                      "text_projection.weight",
                                      "visual_projection.weight",
                                      NULL};
  static const char ours[] = "0010100111100", mergekits[] = "0010000000000";
  for (int as_mergekit = 0; as_mergekit < 2; as_mergekit++) {
    remove_models();
    write_model("a", "{}", 0, names);
    write_model("b", "{}", 100, names);
    char recipe[300];
    snprintf(recipe, sizeof recipe,
             "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\n"
             "parameters: {t: [0, 1]}\n%s",
             as_mergekit ? "compatibility: mergekit\n" : "");
    fixture_fused(recipe, "out");
    for (size_t i = 0; names[i]; i++)
      expect_one("out", names[i],
                 (float)i + ((as_mergekit ? mergekits : ours)[i] == '1' ? 100 : 0));
  }
}

static void ends_of_slices(void **state) {
  (void)state;
  stack("{\"n_layer\": 3}", plain);
  expect_one("out", "model.embed_tokens.weight", 0);
  expect_one("out", "model.layers.1.x", 2);
  expect_one("out", "model.layers.2.x", 103);
  expect_one("out", "model.layers.3.x", 102);
  expect_one("out", "model.norm.weight", 104);
  expect_one("out", "lm_head.weight", 105);
  assert_int_equal(fixture_count("out"), 8);
}

// ---- stacks that no module names --------------------------------------------

// Stacks up two layers of one tower, the first of a and the second of b; `expected` (count): the
// model that each tensor beside that tower comes from.
static void stack_one(const char *module, const char *const *names, const char *expected) {
  char recipe[400];
  remove_models();
  write_model("a", "{\"tie_word_embeddings\": false}", 0, names);
  write_model("b", "{\"tie_word_embeddings\": false}", 100, names);
  snprintf(recipe, sizeof recipe,
           "merge_method: passthrough\nmodules:\n  %s:\n    slices:\n"
           "      - sources: [{model: a, layer_range: [0, 1]}]\n"
           "      - sources: [{model: b, layer_range: [1, 2]}]\n",
           module);
  fixture_fuse(recipe, "out");
  for (size_t i = 0; names[i]; i++)
    expect_one("out", names[i], (float)i + (expected[i] == 'b' ? 100 : 0));
}

static void other_stacks_stay_whole(void **state) {
  (void)state;
  static const char *const speech[] = {"model.decoder.embed_tokens.weight",
                                       "model.decoder.layer_norm.weight",
                                       "model.decoder.layers.0.x",
                                       "model.decoder.layers.1.x",
                                       "model.encoder.layer_norm.weight",
                                       "model.encoder.layers.0.x",
                                       "model.encoder.layers.1.x",
                                       "proj_out.weight",
                                       NULL};
  stack_one("decoder", speech, "ababaaab");
  stack_one("encoder", speech, "aaaababa");
  static const char *const pictures[] = {"language_model.lm_head.weight",
                                         "language_model.model.layers.0.x",
                                         "language_model.model.layers.1.x",
                                         "language_model.model.norm.weight",
                                         "multi_modal_projector.linear_1.weight",
                                         "vision_tower.vision_model.encoder.layers.0.x",
                                         "vision_tower.vision_model.encoder.layers.1.x",
                                         "vision_tower.vision_model.post_layernorm.weight",
                                         NULL};
  stack_one("vision", pictures, "aaaaaabb");
  stack_one("text", pictures, "babbaaaa");
  // The head is beside all stacks.
  static const char *const newer[] = {"lm_head.weight",
                                      "model.language_model.layers.0.x",
                                      "model.language_model.layers.1.x",
                                      "model.language_model.norm.weight",
                                      "model.vision_tower.blocks.0.x",
                                      "model.vision_tower.blocks.1.x",
                                      NULL};
  stack_one("vision", newer, "aaaaab");
  stack_one("text", newer, "babbaa");
  static const char *const pairs[] = {"logit_scale",
                                      "text_model.encoder.layers.0.x",
                                      "text_model.encoder.layers.1.x",
                                      "text_model.final_layer_norm.weight",
                                      "text_projection.weight",
                                      "vision_model.encoder.layers.0.x",
                                      "vision_model.encoder.layers.1.x",
                                      "vision_model.post_layernorm.weight",
                                      "visual_projection.weight",
                                      NULL};
  stack_one("text", pairs, "aabbbaaaa");
  stack_one("vision", pairs, "aaaaaabbb");
}

// Each projection goes with its own tower, though no module names it.
static void heads_go_with_their_stacks(void **state) {
  (void)state;
  static const char *const names[] = {"text_model.encoder.layers.0.x", "text_projection.weight",
                                      "vision_model.encoder.layers.0.x", "visual_projection.weight",
                                      NULL};
  remove_models();
  write_model("a", "{}", 0, names);
  write_model("b", "{}", 100, names);
  fixture_fused(
      "merge_method: passthrough\nmodules:\n  text: {models: [{model: a}]}\n"
      "  vision: {models: [{model: b}]}\n",
      "out");
  expect_one("out", "text_projection.weight", 1);
  expect_one("out", "visual_projection.weight", 103);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stacks_are_named),
      cmocka_unit_test(every_key_follows),
      cmocka_unit_test(sections_follow),
      cmocka_unit_test(encoder_and_decoder_follow_each),
      cmocka_unit_test(each_section_is_found),
      cmocka_unit_test(unknown_counts_are_told),
      cmocka_unit_test(union_of_depths),
      cmocka_unit_test(lists_follow),
      cmocka_unit_test(positions_are_told),
      cmocka_unit_test(gradients_run_over_each_tower),
      cmocka_unit_test(ends_of_slices),
      cmocka_unit_test(other_stacks_stay_whole),
      cmocka_unit_test(heads_go_with_their_stacks),
      cmocka_unit_test(lists_of_unknown_meaning_stay),
      cmocka_unit_test(gradients_beside_the_layers),
      cmocka_unit_test(features_of_missing_layers_are_told),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
