// LoRA adapters out of a model and its base: the nearest matrix of their rank, the layers that
// belong in one, and what cannot become one.
#include "fuse_fixture.h"
#include "ingot.h"
#include "io/json.h"

static const float ones[20] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                   twos[4] = {2, 2, 2, 2};
// 1 + [[4, 0], [0, 1], [0, 0]]: singular values 4 and 1
static const float plain[] = {5, 1, 1, 2, 1, 1};
// 1 + D, whose singular values are 7.62, 5.46, 4.20 and 2.12
static const float dense[] = {4, 0, 3, 1, -1, 5, 2, 6, 1, 3, -2, 2, 2, 2, 5, -1, 3, 1, 0, 4};
// numpy 2.4: u, s, vh = numpy.linalg.svd(D, full_matrices=False); (u[:, :2] * s[:2]) @ vh[:2]
static const double nearest[] = {0.69241714,  -0.380513,   2.18315428, -1.19736324, -1.47951983,
                                 4.08230573,  0.90515853,  5.1019051,  -0.90788353, 0.68157235,
                                 -2.55131457, 1.71205982,  1.01225866, 0.05139917,  4.22693548,
                                 -1.27768101, -0.59097744, 0.92037321, -0.84855209, 1.4853243};

#define TENSOR(text, r, c, data) \
  { .name = text, .rank = 2, .shape = {r, c}, .values = data }
#define VECTOR(text, n, data) \
  { .name = text, .rank = 1, .shape = {n}, .values = data }
#define MODEL(name, ...)                                          \
  do {                                                            \
    const ig_safetensors_output tensors[] = {__VA_ARGS__};        \
    fixture_model(name, "{\"model_type\": \"made-up\"}", tensors, \
                  sizeof tensors / sizeof *tensors);              \
  } while (0)

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  MODEL("base", TENSOR("embed.weight", 2, 2, ones),
        TENSOR("encoder.layers.0.fc.weight", 3, 2, ones),
        TENSOR("decoder.layers.0.fc.weight", 5, 4, ones),
        TENSOR("decoder.layers.0.same.weight", 2, 2, ones), VECTOR("norm.weight", 2, ones));
  MODEL("tuned", TENSOR("embed.weight", 2, 2, twos),
        TENSOR("encoder.layers.0.fc.weight", 3, 2, plain),
        TENSOR("decoder.layers.0.fc.weight", 5, 4, dense),
        TENSOR("decoder.layers.0.same.weight", 2, 2, ones), VECTOR("norm.weight", 2, twos));
  MODEL("other-embedding", TENSOR("embed.weight", 2, 2, twos),
        TENSOR("encoder.layers.0.fc.weight", 3, 2, ones),
        TENSOR("decoder.layers.0.fc.weight", 5, 4, ones),
        TENSOR("decoder.layers.0.same.weight", 2, 2, ones), VECTOR("norm.weight", 2, ones));
  MODEL("wide", TENSOR("embed.weight", 2, 2, ones),
        TENSOR("encoder.layers.0.fc.weight", 2, 3, ones),
        TENSOR("decoder.layers.0.fc.weight", 5, 4, ones),
        TENSOR("decoder.layers.0.same.weight", 2, 2, ones), VECTOR("norm.weight", 2, ones));
  MODEL("less", TENSOR("embed.weight", 2, 2, ones));
  MODEL("vectors", VECTOR("norm.weight", 2, ones));
  return 0;
}

#define EXTRACT(model) \
  "merge_method: extract_lora\nbase_model: base\nmodels: [{model: " model "}]\n"
#define APPLY(adapter) "merge_method: passthrough\nmodels: [{model: base+" adapter "}]\n"

// Extracts, with the warning of norm.weight and embed.weight that differ too.
static void extract(const char *recipe, const char *output) {
  const char *messages = fixture_fuse(recipe, output);
  if (strcmp(messages,
             "2 other tensors differ, where the adapter leaves what the base has: embed.weight, "
             "norm.weight") != 0)
    fail_msg("%s", messages);
}

static ig_safetensors *open_adapter(const char *directory) {
  char path[256];
  ig_safetensors *file;
  snprintf(path, sizeof path, "%s/adapter_model.safetensors", directory);
  assert_int_equal(ig_safetensors_open_file(path, &file, NULL), IG_OK);
  return file;
}

static void has_shape(const ig_safetensors *file, const char *name, size_t rows, size_t columns) {
  const ig_safetensor *tensor = ig_safetensors_find(file, name);
  if (!tensor) fail_msg("no %s", name);
  assert_int_equal(tensor->rank, 2);
  assert_int_equal(tensor->shape[0], rows);
  assert_int_equal(tensor->shape[1], columns);
}

// 1 + `nearest`, to single precision.
static void expect_nearest(const char *model) {
  ig_safetensors *file;
  float found[20];
  assert_int_equal(ig_safetensors_open(model, &file, NULL), IG_OK);
  assert_int_equal(ig_safetensor_read_float(ig_safetensors_find(file, "decoder.layers.0.fc.weight"),
                                            found, 20, NULL),
                   IG_OK);
  for (size_t i = 0; i < 20; i++)
    if (!((double)found[i] - 1 - nearest[i] < 2e-6 && (double)found[i] - 1 - nearest[i] > -2e-6))
      fail_msg("value %zu is %.9g, expected %.9g", i + 1, (double)found[i], 1 + nearest[i]);
  ig_safetensors_close(file);
}

static void the_nearest_matrix_of_the_rank(void **state) {
  (void)state;
  extract(EXTRACT("tuned") "parameters: {rank: 2}\n", "two");
  fixture_fused(APPLY("two"), "two-applied");
  expect_nearest("two-applied");
  fixture_expect("two-applied", "encoder.layers.0.fc.weight", plain, 6);
  fixture_expect("two-applied", "decoder.layers.0.same.weight", ones, 4);
  fixture_expect("two-applied", "norm.weight", ones, 2);
  extract(EXTRACT("tuned") "parameters: {rank: 1}\n", "one");
  fixture_fused(APPLY("one"), "one-applied");
  fixture_expect("one-applied", "encoder.layers.0.fc.weight", (float[]){5, 1, 1, 1, 1, 1}, 6);
}

static void only_layers_that_differ_are_in_it(void **state) {
  (void)state;
  extract(EXTRACT("tuned") "parameters: {rank: 2}\n", "layers");
  ig_safetensors *file = open_adapter("layers");
  assert_int_equal(ig_safetensors_count(file), 4);
  has_shape(file, "base_model.model.encoder.layers.0.fc.lora_A.weight", 2, 2);
  has_shape(file, "base_model.model.encoder.layers.0.fc.lora_B.weight", 3, 2);
  has_shape(file, "base_model.model.decoder.layers.0.fc.lora_A.weight", 2, 4);
  has_shape(file, "base_model.model.decoder.layers.0.fc.lora_B.weight", 5, 2);
  ig_safetensors_close(file);
  json_t *config;
  assert_int_equal(ig_json_load_object("layers/adapter_config.json", &config, NULL), IG_OK);
  assert_string_equal(json_string_value(json_object_get(config, "peft_type")), "LORA");
  assert_string_equal(json_string_value(json_object_get(config, "base_model_name_or_path")),
                      "base");
  assert_int_equal(json_integer_value(json_object_get(config, "r")), 2);
  assert_int_equal(json_integer_value(json_object_get(config, "lora_alpha")), 2);
  const json_t *targets = json_object_get(config, "target_modules");
  assert_int_equal(json_array_size(targets), 2);
  assert_string_equal(json_string_value(json_array_get(targets, 0)), "decoder.layers.0.fc");
  assert_string_equal(json_string_value(json_array_get(targets, 1)), "encoder.layers.0.fc");
  json_decref(config);
}

static void has_ranks(const char *directory, const char *key, int encoder, int decoder) {
  char path[256];
  json_t *config;
  snprintf(path, sizeof path, "%s/adapter_config.json", directory);
  assert_int_equal(ig_json_load_object(path, &config, NULL), IG_OK);
  const json_t *pattern = json_object_get(config, key);
  assert_int_equal(json_integer_value(json_object_get(pattern, "encoder.layers.0.fc")), encoder);
  assert_int_equal(json_integer_value(json_object_get(pattern, "decoder.layers.0.fc")), decoder);
  assert_int_equal(json_integer_value(json_object_get(config, "r")), decoder);
  json_decref(config);
}

// Each layer has the rank that the recipe asks of it, which rank_pattern and alpha_pattern tell;
// where it asks for none there is no layer.
static void ranks_by_layer(void **state) {
  (void)state;
  extract(EXTRACT("tuned")
          "parameters: {rank: [{select: encoder, value: 1},\n"
          "  {tensors: '*.fc.*', value: 2}]}\n",
          "mixed");
  ig_safetensors *file = open_adapter("mixed");
  has_shape(file, "base_model.model.encoder.layers.0.fc.lora_A.weight", 1, 2);
  has_shape(file, "base_model.model.decoder.layers.0.fc.lora_A.weight", 2, 4);
  ig_safetensors_close(file);
  has_ranks("mixed", "rank_pattern", 1, 2);
  has_ranks("mixed", "alpha_pattern", 1, 2);
  fixture_fused(APPLY("mixed"), "mixed-applied");
  expect_nearest("mixed-applied");
  fixture_expect("mixed-applied", "encoder.layers.0.fc.weight", (float[]){5, 1, 1, 1, 1, 1}, 6);
  const char *messages = fixture_fuse(
      EXTRACT("tuned") "parameters: {rank: [{select: decoder, value: 2}]}\n", "decoder");
  if (!strstr(messages, "3 other tensors differ")) fail_msg("%s", messages);
  file = open_adapter("decoder");
  assert_int_equal(ig_safetensors_count(file), 2);
  ig_safetensors_close(file);
}

// The encoder's layer has a shorter side of 2, the decoder's of 4.
static void ranks_are_cut_to_the_layers(void **state) {
  (void)state;
  extract(EXTRACT("tuned") "parameters: {rank: 64}\n", "cut");
  ig_safetensors *file = open_adapter("cut");
  has_shape(file, "base_model.model.encoder.layers.0.fc.lora_A.weight", 2, 2);
  has_shape(file, "base_model.model.encoder.layers.0.fc.lora_B.weight", 3, 2);
  has_shape(file, "base_model.model.decoder.layers.0.fc.lora_A.weight", 4, 4);
  ig_safetensors_close(file);
  has_ranks("cut", "rank_pattern", 2, 4);
  has_ranks("cut", "alpha_pattern", 2, 4);
  fixture_fused(APPLY("cut"), "cut-applied");
  fixture_expect("cut-applied", "encoder.layers.0.fc.weight", plain, 6);
}

// What an adapter of the model adds is a difference like any other; the same rank gives it back.
static void a_model_with_an_adapter(void **state) {
  (void)state;
  extract(EXTRACT("tuned") "parameters: {rank: 2}\n", "first");
  fixture_fused(EXTRACT("base+first") "parameters: {rank: 2}\n", "again");
  fixture_fused(APPLY("again"), "again-applied");
  expect_nearest("again-applied");
  fixture_expect("again-applied", "encoder.layers.0.fc.weight", plain, 6);
}

static void in_bfloat16(void **state) {
  (void)state;
  extract(EXTRACT("tuned") "parameters: {rank: 2}\nout_dtype: bfloat16\n", "half");
  ig_safetensors *file = open_adapter("half");
  assert_int_equal(ig_safetensors_get(file, 0)->dtype, IG_DTYPE_BF16);
  ig_safetensors_close(file);
  fixture_fused(APPLY("half") "out_dtype: float32\n", "half-applied");
  fixture_expect("half-applied", "encoder.layers.0.fc.weight", plain, 6);
}

static void of_a_stage(void **state) {
  (void)state;
  extract("name: copied\nmerge_method: passthrough\nmodels: [{model: tuned}]\n---\n" EXTRACT(
              "copied") "parameters: {rank: 2}\n",
          "of-stage");
  fixture_fused(APPLY("of-stage"), "of-stage-applied");
  expect_nearest("of-stage-applied");
}

static void refusals(void **state) {
  (void)state;
#define RANK(r) "parameters: {rank: " r "}\n"
  fixture_refused(EXTRACT("tuned") RANK("0"),
                  "recipe.yml:4: parameters.rank: expected a value from 1 to 65536, found 0");
  fixture_refused(EXTRACT("tuned") RANK("2.5"), "expected a whole number, found '2.5'");
  fixture_refused(
      EXTRACT("tuned"),
      "there is no linear layer (NAME.weight of two dimensions, no embeddings) that has a 'rank'");
  fixture_refused(EXTRACT("base+nothing") RANK("1"), "nothing");
  fixture_refused(
      EXTRACT("other-embedding") RANK("1"),
      "the models differ in no linear layer that has a 'rank': there is nothing to extract");
  fixture_refused(EXTRACT("wide") RANK("1"),
                  "encoder.layers.0.fc.weight: [3, 2] in base/model.safetensors, but [2, 3] in "
                  "wide/model.safetensors");
  fixture_refused(EXTRACT("less") RANK("1"), "missing in less");
  fixture_refused(EXTRACT("absent") RANK("1"), "absent");
  fixture_refused(
      "merge_method: extract_lora\nbase_model: vectors\nmodels: [{model: vectors}]\n" RANK("1"),
      "takes 1 to 1 models besides the base, found 0");
  fixture_refused("merge_method: extract_lora\nmodels: [{model: tuned}]\n" RANK("1"),
                  "needs a 'base_model'");
  fixture_refused(
      "merge_method: extract_lora\nbase_model: base\nmodels: [{model: tuned}, {model: "
      "wide}]\n" RANK("1"),
      "takes 1 to 1 models besides the base");
  fixture_refused(EXTRACT("tuned") RANK("1") "missing_tensors: union\n",
                  "'missing_tensors' cannot be set");
  fixture_refused(EXTRACT("tuned") RANK("1") "tokenizer_source: union\n",
                  "no tokenizer of its own");
  fixture_refused(
      "merge_method: extract_lora\nbase_model: base\nmodules: {encoder: {slices: [{sources: "
      "[{model: tuned, layer_range: [0, 1]}]}]}}\n" RANK("1"),
      "'slices' cannot be set");
  fixture_refused("name: lora\n" EXTRACT("tuned")
                      RANK("1") "---\nmerge_method: passthrough\nmodels: [{model: lora}]\n",
                  "makes an adapter, which no other recipe can use as a model");
  const char *messages = fixture_fuse_with(EXTRACT("tuned") RANK("1"), "refused",
                                           (ig_fuse_options){.shard_bytes = 100});
  if (!strstr(messages, "extract_lora writes one file: shards are for models"))
    fail_msg("%s", messages);
}

// Layers whose names PEFT does not find in the model that transformers 5 makes of the checkpoint,
// or does not adapt. The adapter is written as it was.
static void what_peft_does_not_add_is_told(void **state) {
  (void)state;
  static const struct {
    const char *type, *layer, *told;
    size_t rows;  // the layer's rank is 1, another layer's is 2
  } cases[] = {
      {"vit", "vit.encoder.layer.0.attention.attention.query.weight", "without effect on them", 2},
      {"swin", "swin.encoder.layers.0.blocks.0.attention.self.query.weight",
       "without effect on them", 2},
      {"swin", "swin.encoder.layers.0.downsample.reduction.weight", NULL, 2},
      {"llava", "language_model.model.layers.0.mlp.up_proj.weight", "without effect on them", 2},
      {"gemma3", "vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight",
       "without effect on them", 2},
      {"gemma3", "model.language_model.layers.0.mlp.up_proj.weight", NULL, 2},
      {"gemma3_text", "model.layers.0.mlp.up_proj.weight", NULL, 2},
      {"qwen2_vl", "model.layers.0.mlp.up_proj.weight", "without effect on them", 2},
      {"mixtral", "model.layers.0.block_sparse_moe.gate.weight", "fails with a size mismatch", 1},
      {"mixtral", "model.layers.0.block_sparse_moe.gate.weight", NULL, 2},
      {"mixtral", "model.layers.0.self_attn.q_proj.weight", NULL, 1},
      {"mamba", "backbone.layers.0.mixer.out_proj.weight", "the whole adapter", 2},
      {"mamba", "backbone.layers.0.mixer.in_proj.weight", NULL, 2},
      {"bert", "bert.encoder.layer.0.attention.self.query.weight", NULL, 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char config[100], expected[300];
    const ig_safetensors_output from[] = {TENSOR(cases[i].layer, cases[i].rows, 2, ones),
                                          TENSOR("other.weight", 2, 2, ones)},
                                to[] = {TENSOR(cases[i].layer, cases[i].rows, 2, twos),
                                        TENSOR("other.weight", 2, 2, twos)};
    snprintf(config, sizeof config, "{\"model_type\": \"%s\"}", cases[i].type);
    fixture_model("from", config, from, 2);
    fixture_model("to", config, to, 2);
    const char *messages = fixture_fuse(
        "merge_method: extract_lora\nbase_model: from\nmodels: [{model: to}]\n" RANK("2"),
        "opened");
    snprintf(expected, sizeof expected, "model_type %s: 1 layer: ", cases[i].type);
    if (cases[i].told ? !strstr(messages, expected) || !strstr(messages, cases[i].told) ||
                            !strstr(messages, cases[i].layer)
                      : *messages != '\0')
      fail_msg("%s %s: %s", cases[i].type, cases[i].layer, messages);
    assert_true(ig_file_exists("opened/adapter_model.safetensors"));
    nftw("opened", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_nearest_matrix_of_the_rank),
      cmocka_unit_test(only_layers_that_differ_are_in_it),
      cmocka_unit_test(ranks_by_layer),
      cmocka_unit_test(ranks_are_cut_to_the_layers),
      cmocka_unit_test(a_model_with_an_adapter),
      cmocka_unit_test(in_bfloat16),
      cmocka_unit_test(of_a_stage),
      cmocka_unit_test(what_peft_does_not_add_is_told),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
