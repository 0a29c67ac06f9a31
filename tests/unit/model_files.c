// Model directories: what is saved loads again, and what is wrong is refused with its place.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bf16.h"
#include "base/file.h"
#include "io/safetensors.h"
#include "model/files/load.h"
#include "model/run/pack.h"
#include "model/create/layout.h"
#include "nn/gemm.h"
#include "model_fixture.h"

static char directory[] = "/tmp/ingot-model-files-XXXXXX";

static const char *in_directory(const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static int make_directory(void **state) {
  (void)state;
  return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
  (void)state;
  static const char *const names[] = {"config.json", "generation_config.json", "model.safetensors"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(in_directory(names[i]));
  return rmdir(directory);
}

static ig_config marian_config(void) {
  static const char text[] =
      "{\"vocab_size\": 21, \"d_model\": 8, \"encoder_layers\": 1, \"decoder_layers\": 2, "
      "\"encoder_attention_heads\": 2, \"decoder_attention_heads\": 4, \"encoder_ffn_dim\": 12, "
      "\"decoder_ffn_dim\": 10, \"activation_function\": \"swish\", "
      "\"max_position_embeddings\": 32, \"scale_embedding\": true, \"pad_token_id\": 20, "
      "\"decoder_start_token_id\": 20}";
  ig_config *made = NULL;
  ig_error err = {0};
  if (ig_config_create("marian", text, &made, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_config config = *made;
  ig_config_free(made);
  return config;
}

static ig_model *make(const ig_config *config) {
  ig_model *model = NULL;
  ig_error err;
  if (ig_model_create(config, 5, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static void saved_loads_again(void **state) {
  (void)state;
  ig_error err;
  ig_config torch = torch_config((ig_torch_options){21, 8, 2, 1, 2, 12, 0.25f, false, NULL});
  ig_config_set_bias(&torch, false);
  torch.encoder.pre_norm = torch.decoder.pre_norm = true;
  const ig_config configs[] = {marian_config(), torch};
  for (size_t i = 0; i < 2; i++) {
    ig_model *model = make(&configs[i]), *again = NULL;
    if (ig_model_save(model, directory, "float32", &err) != IG_OK) fail_msg("%s", err.message);
    if (ig_model_load(directory, &again, &err) != IG_OK) fail_msg("%s", err.message);
    assert_memory_equal(model->values, again->values, model->value_count * sizeof(float));
    ig_config expected = configs[i], found = *ig_model_config(again);
    assert_ptr_equal(found.family, expected.family);
    assert_int_equal(found.decoder.feed_forward.inner, expected.decoder.feed_forward.inner);
    assert_int_equal(found.encoder.feed_forward.activation,
                     expected.encoder.feed_forward.activation);
    assert_true(found.encoder.dropout == expected.encoder.dropout &&
                found.decoder.cross.bias == expected.decoder.cross.bias &&
                found.decoder.pre_norm == expected.decoder.pre_norm);
    assert_int_equal(found.forced_eos_id, expected.forced_eos_id);
    ig_model_free(again);
    assert_int_equal(ig_model_save(model, directory, "bfloat16", &err), IG_OK);
    if (ig_model_load(directory, &again, &err) != IG_OK) fail_msg("%s", err.message);
    for (size_t j = 0; j < model->value_count; j++)
      assert_true(again->values[j] == ig_bf16_to_float(ig_bf16_from_float(model->values[j])));
    ig_model_free(again);
    ig_model_free(model);
  }
}

static void replace_in(const char *name, const char *from, const char *to) {
  char *text, *at, changed[4096];
  size_t size;
  assert_int_equal(ig_file_load(in_directory(name), &text, &size, NULL), IG_OK);
  assert_non_null(at = strstr(text, from));
  snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
  assert_int_equal(ig_file_write(in_directory(name), changed, strlen(changed), NULL), IG_OK);
  free(text);
}

// Settings that a directory holds in its config.json alone are kept when the model is saved, and
// ids may be lists there.
static void settings_of_config_are_kept(void **state) {
  (void)state;
  const ig_config config = marian_config();
  ig_model *model = make(&config), *again = NULL;
  char *text;
  size_t size;
  ig_error err;
  assert_int_equal(ig_model_save(model, directory, "float32", &err), IG_OK);
  ig_model_free(model);
  unlink(in_directory("generation_config.json"));
  replace_in("config.json", "\"eos_token_id\": 0,", "\"eos_token_id\": [3, 5], \"num_beams\": 6,");
  replace_in("config.json", "\"encoder_layers\": 1,", "\"encoder_layers\": [1],");
  if (ig_model_load(directory, &again, &err) != IG_OK) fail_msg("%s", err.message);
  assert_int_equal(again->config.eos_id, 3);
  assert_int_equal(again->config.encoder.layers, 1);
  assert_int_equal(ig_model_save(again, directory, "float32", &err), IG_OK);
  ig_model_free(again);
  assert_int_equal(ig_file_load(in_directory("generation_config.json"), &text, &size, NULL), IG_OK);
  assert_non_null(strstr(text, "\"num_beams\": 6"));
  assert_non_null(strstr(text, "    3,\n    5\n"));
  assert_non_null(strstr(text, "\"max_length\": 32"));
  assert_null(strstr(text, "d_model"));
  free(text);
}

typedef struct packed_weights {
  ig_linear *linears[64];
  int count;
} packed_weights;

static void keep_linear(void *context, ig_linear *linear) {
  packed_weights *p = context;
  p->linears[p->count++] = linear;
}

// The caller frees the embedded rows of all ids.
static float *look_up_all(ig_nn *nn, const ig_embedding *table) {
  const size_t rows = (size_t)table->vocabulary;
  int *ids = malloc(rows * sizeof *ids);
  float *out = malloc(rows * (size_t)table->size * sizeof *out);
  assert_true(ids && out);
  for (size_t i = 0; i < rows; i++) ids[i] = (int)i;
  ig_embedding_forward(nn, table, &(ig_embedding_args){.rows = (int)rows, .ids = ids}, out);
  free(ids);
  return out;
}

static void expect_same_table(ig_nn *nn, const ig_embedding *expected, const ig_embedding *found) {
  assert_non_null(expected->weight);
  float *a = look_up_all(nn, expected), *b = look_up_all(nn, found);
  assert_memory_equal(a, b, (size_t)expected->vocabulary * (size_t)expected->size * sizeof(float));
  free(a);
  free(b);
}

static void expect_same_packed(ig_model *expected, ig_model *found) {
  packed_weights a = {0}, b = {0};
  ig_nn nn = {0};
  assert_int_equal(ig_kernels_select(&nn.kernels, NULL), IG_OK);
  ig_layout_linears(expected, keep_linear, &a);
  ig_layout_linears(found, keep_linear, &b);
  assert_int_equal(a.count, b.count);
  for (int i = 0; i < a.count; i++) {
    assert_int_equal(a.linears[i]->packed.layout, b.linears[i]->packed.layout);
    assert_memory_equal(a.linears[i]->packed.data, b.linears[i]->packed.data,
                        ig_linear_packed_bytes(&nn, a.linears[i], a.linears[i]->layout));
    if (a.linears[i]->bias)
      assert_memory_equal(a.linears[i]->bias, b.linears[i]->bias,
                          (size_t)a.linears[i]->out * sizeof(float));
  }
  expect_same_table(&nn, &expected->source_embedding, &found->source_embedding);
  expect_same_table(&nn, &expected->target_embedding, &found->target_embedding);
  assert_memory_equal(expected->decoder[0].feed_forward_norm.weight,
                      found->decoder[0].feed_forward_norm.weight, 8 * sizeof(float));
}

// Packed while it is read, a model has the weights of one that was read and then packed, and no
// layer's weight a second time: a tied table is looked up in the output layer. One of the tables is
// read in several parts, of which the last ends within a panel.
static void packed_from_the_file(void **state) {
  (void)state;
  static const char *const dtypes[] = {"float32", "bfloat16"};
  ig_config long_table = marian_config();
  long_table.vocab_size = long_table.target_vocab_size = 2501;
  const ig_config configs[] = {
      marian_config(), torch_config((ig_torch_options){21, 8, 2, 1, 2, 12, 0.25f, false, NULL}),
      long_table};
  ig_pool *pool;
  ig_error err;
  assert_int_equal(ig_pool_create(3, &pool, &err), IG_OK);
  for (size_t i = 0; i < 6; i++) {
    ig_model *model = make(&configs[i / 2]), *expected = NULL, *found = NULL;
    assert_int_equal(ig_model_save(model, directory, dtypes[i % 2], &err), IG_OK);
    assert_int_equal(ig_model_load(directory, &expected, &err), IG_OK);
    assert_int_equal(ig_pack_model(expected, &err), IG_OK);
    if (ig_load_packed(directory, IG_WEIGHT_TYPE_FP32, i % 2 ? pool : NULL, &found, &err) != IG_OK)
      fail_msg("%s", err.message);
    expect_same_packed(expected, found);
    assert_null(found->decoder[0].self_attention.query.weight);
    assert_null(found->decoder[0].cross_attention.key_value.weight);
    assert_null(found->output.weight);
    assert_true((found->target_embedding.weight == NULL) == found->config.tied_output);
    ig_model_free(found);
    ig_model_free(expected);
    ig_model_free(model);
  }
  ig_pool_free(pool);
}

static float rounded_to_bf16(float x) { return ig_bf16_to_float(ig_bf16_from_float(x)); }

// The packed weight holds the plain one's values, rounded.
static void expect_rounded(const ig_nn *nn, const ig_linear *plain, const ig_linear *packed) {
  const size_t in = (size_t)plain->in, out = (size_t)plain->out;
  float column[64];
  assert_true(in <= 64);
  assert_int_equal(packed->packed.layout, IG_WEIGHT_LAYOUT_BFLOAT16_PANELS);
  for (size_t j = 0; j < out; j++) {
    ig_gemm_unpack_column(nn->kernels, packed->packed, in, j, column);
    for (size_t p = 0; p < in; p++)
      assert_true(column[p] == rounded_to_bf16(plain->weight[j * in + p]));
  }
}

// Tables are rounded where they are the weight of the output layer, and only there.
static void expect_rounded_table(ig_nn *nn, const ig_embedding *plain, const ig_embedding *found,
                                 bool tied) {
  const size_t count = (size_t)plain->vocabulary * (size_t)plain->size;
  ig_embedding unscaled = *plain, found_unscaled = *found;
  unscaled.scale = found_unscaled.scale = 1;
  float *a = look_up_all(nn, &unscaled), *b = look_up_all(nn, &found_unscaled);
  for (size_t i = 0; i < count; i++) assert_true(b[i] == (tied ? rounded_to_bf16(a[i]) : a[i]));
  free(a);
  free(b);
}

static void check_packed_in_bfloat16(const ig_config *config) {
  ig_model *plain = make(config), *found = NULL;
  packed_weights a = {0}, b = {0};
  ig_nn nn = {0};
  ig_error err;
  assert_int_equal(ig_kernels_select(&nn.kernels, NULL), IG_OK);
  assert_int_equal(ig_model_save(plain, directory, "float32", &err), IG_OK);
  if (ig_load_packed(directory, IG_WEIGHT_TYPE_BF16, NULL, &found, &err) != IG_OK)
    fail_msg("%s", err.message);
  ig_layout_linears(plain, keep_linear, &a);
  ig_layout_linears(found, keep_linear, &b);
  assert_int_equal(a.count, b.count);
  size_t bytes = 0;
  for (int i = 0; i < a.count; i++) {
    expect_rounded(&nn, a.linears[i], b.linears[i]);
    bytes += ig_linear_packed_bytes(&nn, a.linears[i], IG_WEIGHT_LAYOUT_FLOAT32_PANELS) / 2;
  }
  assert_true(found->packed.peak <= bytes + (size_t)a.count * 2 * IG_ALIGNMENT);
  const bool tied = found->config.tied_output;
  expect_rounded_table(&nn, &plain->source_embedding, &found->source_embedding, tied);
  expect_rounded_table(&nn, &plain->target_embedding, &found->target_embedding, tied);
  assert_memory_equal(plain->decoder[0].feed_forward_norm.weight,
                      found->decoder[0].feed_forward_norm.weight, 8 * sizeof(float));
  assert_memory_equal(a.linears[0]->bias, b.linears[0]->bias,
                      (size_t)a.linears[0]->out * sizeof(float));
  ig_model_free(found);
  ig_model_free(plain);
}

// In bfloat16 the weights of linear layers are rounded, nothing else is, and they take half the
// memory. One of the tables is read in several parts.
static void packed_in_bfloat16(void **state) {
  (void)state;
  ig_config long_table = marian_config();
  long_table.vocab_size = long_table.target_vocab_size = 2501;
  const ig_config untied = torch_config((ig_torch_options){21, 8, 2, 1, 2, 12, 0.25f, false, NULL});
  check_packed_in_bfloat16(&long_table);
  check_packed_in_bfloat16(&untied);
}

static ig_model *make_masked(void) {
  ig_config *config = NULL;
  ig_error err = {0};
  if (ig_config_create("bert",
                       "{\"vocab_size\": 21, \"hidden_size\": 8, \"num_hidden_layers\": 1, "
                       "\"num_attention_heads\": 2, \"intermediate_size\": 12, "
                       "\"max_position_embeddings\": 16, \"architectures\": [\"BertForMaskedLM\"]}",
                       &config, &err) != IG_OK)
    fail_msg("%s", err.message);
  ig_model *model = make(config);
  ig_config_free(config);
  return model;
}

// Writes the model's tensors and a decoder of `scale` times the table, without the prefix of names
// that the class without a head has not.
static void write_with_decoder(const ig_model *model, bool prefixed, float scale) {
  ig_safetensors_output tensors[64];
  float decoder[21 * 8];
  ig_error err;
  size_t count = 0;
  for (size_t i = 0; i < model->parameter_count; i++) {
    const ig_parameter *p = &model->parameters[i];
    const bool base = strncmp(p->name, "bert.", 5) == 0;
    tensors[count++] = (ig_safetensors_output){.name = p->name + (base && !prefixed ? 5 : 0),
                                               .rank = p->rank,
                                               .shape = {p->shape[0], p->shape[1]},
                                               .values = model->values + p->offset};
  }
  for (int i = 0; i < 21 * 8; i++) decoder[i] = scale * model->source_embedding.weight[i];
  tensors[count++] = (ig_safetensors_output){
      .name = "cls.predictions.decoder.weight", .rank = 2, .shape = {21, 8}, .values = decoder};
  if (ig_safetensors_write(in_directory("model.safetensors"), tensors, count, &err) != IG_OK)
    fail_msg("%s", err.message);
}

// As in transformers, a decoder that differs from the table is used, whether the file's names have
// the prefix or not.
static void decoder_of_its_own(void **state) {
  (void)state;
  ig_model *model = make_masked();
  ig_error err;
  assert_int_equal(ig_model_save(model, directory, "float32", &err), IG_OK);
  for (int i = 0; i < 4; i++) {
    const bool own = i / 2;
    ig_model *found = NULL;
    write_with_decoder(model, i % 2, own ? 2 : 1);
    if (ig_model_load(directory, &found, &err) != IG_OK) fail_msg("%s", err.message);
    assert_true(found->config.tied_output == !own);
    for (int k = 0; k < 21 * 8; k++)
      assert_true(found->output.weight[k] == (own ? 2 : 1) * model->source_embedding.weight[k]);
    ig_model_free(found);
  }
  ig_model_free(model);
}

static void shared_tensors_stand_once(void **state) {
  (void)state;
  const ig_config config = marian_config();
  ig_model *model = make(&config);
  assert_ptr_equal(model->output.weight, model->source_embedding.weight);
  assert_ptr_equal(model->target_embedding.weight, model->source_embedding.weight);
  assert_null(model->output.bias_gradient);
  assert_int_equal(model->value_count - model->trained_count,
                   21);  // final_logits_bias alone is constant
  for (int i = 0; i < 8; i++) assert_true(model->source_embedding.weight[20 * 8 + i] == 0);
  ig_model_free(model);
}

// Writes the model's tensors with one changed by `change`, and expects loading to fail with all of
// the words in the message.
typedef void (*ig_change)(ig_safetensors_output *tensors, size_t *count);
static void refuse(ig_change change, ig_status status, const char *word, const char *other) {
  ig_error err = {0};
  const ig_config config = marian_config();
  ig_model *model = make(&config), *again = NULL;
  assert_int_equal(ig_model_save(model, directory, "float32", &err), IG_OK);
  ig_safetensors_output tensors[128];
  size_t count = model->parameter_count;
  for (size_t i = 0; i < count; i++) {
    const ig_parameter *p = &model->parameters[i];
    tensors[i] = (ig_safetensors_output){.name = p->name,
                                         .rank = p->rank,
                                         .shape = {p->shape[0], p->shape[1]},
                                         .values = model->values + p->offset};
  }
  change(tensors, &count);
  assert_int_equal(ig_safetensors_write(in_directory("model.safetensors"), tensors, count, &err),
                   IG_OK);
  assert_int_equal(ig_model_load(directory, &again, &err), status);
  if (!strstr(err.message, word) || !strstr(err.message, other))
    fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.message, word, other);
  ig_model_free(model);
}

static void drop_one(ig_safetensors_output *tensors, size_t *count) {
  tensors[3] = tensors[--*count];
}
static void add_one(ig_safetensors_output *tensors, size_t *count) {
  tensors[*count] = tensors[0];
  tensors[(*count)++].name = "model.surprise";
}
static void transpose_one(ig_safetensors_output *tensors, size_t *count) {
  (void)count;
  tensors[0].shape[0] = 8;
  tensors[0].shape[1] = 21;
}

static void wrong_tensors_are_refused(void **state) {
  (void)state;
  refuse(drop_one, IG_ERROR_FORMAT, "missing", "v_proj.weight");
  refuse(add_one, IG_ERROR_FORMAT, "model.surprise", "does not belong");
  refuse(transpose_one, IG_ERROR_FORMAT, "model.shared.weight", "expected shape (21, 8)");
}

static void refuse_config(const char *text, ig_status status, const char *word) {
  ig_error err = {0};
  ig_model *model = NULL;
  assert_int_equal(ig_file_write(in_directory("config.json"), text, strlen(text), &err), IG_OK);
  assert_int_equal(ig_model_load(directory, &model, &err), status);
  if (!strstr(err.message, word) || !strstr(err.message, "config.json"))
    fail_msg("\"%s\" lacks \"%s\"", err.message, word);
}

static void wrong_configs_are_refused(void **state) {
  (void)state;
  refuse_config("{\"d_model\": 8}", IG_ERROR_FORMAT, "model_type");
  refuse_config("{\"model_type\": \"llama\"}", IG_ERROR_UNSUPPORTED, "llama");
  refuse_config("{\"model_type\": \"marian\", \"d_model\": \"wide\"}", IG_ERROR_FORMAT, "d_model");
  refuse_config("{\"model_type\": \"marian\", \"activation_function\": \"mish\"}",
                IG_ERROR_UNSUPPORTED, "mish");
  refuse_config("{\"model_type\": \"marian\", ", IG_ERROR_FORMAT, "config.json:1");
  refuse_config("{\"model_type\": \"marian\", \"vocab_size\": -2147483648}", IG_ERROR_ARGUMENT,
                "vocab_size");
  refuse_config("{\"model_type\": \"marian\", \"init_std\": -1}", IG_ERROR_ARGUMENT, "init_std");
}

static void impossible_sizes_are_refused(void **state) {
  (void)state;
  ig_error err = {0};
  ig_model *model = NULL;
  ig_config config = marian_config();
  config.encoder.self.heads = 3;
  assert_int_equal(ig_model_create(&config, 1, &model, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "multiple"));
  config = marian_config();
  config.decoder.layers = -1;
  assert_int_equal(ig_model_create(&config, 1, &model, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "decoder_layers"));
  ig_config *made = NULL;
  assert_int_equal(ig_config_create("gpt", "{}", &made, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "marian"));
}

// Sinusoids that transformers does not compute are in the file, and stay as they are when a model
// is trained on and saved; so does the epsilon of the norms.
static void unusual_sinusoids_are_saved(void **state) {
  (void)state;
  static const char name[] = "model.decoder.embed_positions.weight";
  ig_error err = {0};
  ig_config *config = NULL;
  ig_tensor_view view;
  ig_model *model = NULL, *again = NULL;
  if (ig_config_create("marian",
                       "{\"vocab_size\": 21, \"d_model\": 8, \"encoder_attention_heads\": 2, "
                       "\"decoder_attention_heads\": 2, \"pad_token_id\": 20, "
                       "\"decoder_start_token_id\": 20, \"max_position_embeddings\": 9, "
                       "\"sinusoid_inclusive\": true, \"layer_norm_eps\": 1e-6}",
                       &config, &err) != IG_OK)
    fail_msg("%s", err.message);
  model = make(config);
  if (ig_model_save(model, directory, "float32", &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_model_load(directory, &again, &err) != IG_OK) fail_msg("%s", err.message);
  assert_true(ig_model_config(again)->encoder.norm.eps < 2e-6f);
  assert_true(ig_model_config(again)->decoder.norm.eps < 2e-6f);
  assert_int_equal(ig_model_find(again, name, &view, &err), IG_OK);
  // Position 3: sin(3 w_i), cos(3 w_i) with w_i = 10000^(-i/3), of which the last is 1e-4.
  assert_float_equal(view.values[3 * 8 + 0], 0.14112001f, 1e-6f);
  assert_float_equal(view.values[3 * 8 + 3], 3e-4f, 1e-7f);
  assert_float_equal(view.values[3 * 8 + 5], 0.990321f, 1e-5f);
  ig_model_free(again);
  ig_model_free(model);
  ig_config_free(config);
  // Usual ones are not.
  const ig_config usual = marian_config();
  model = make(&usual);
  assert_int_not_equal(ig_model_find(model, name, &view, &err), IG_OK);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unusual_sinusoids_are_saved), cmocka_unit_test(saved_loads_again),
      cmocka_unit_test(settings_of_config_are_kept), cmocka_unit_test(packed_from_the_file),
      cmocka_unit_test(packed_in_bfloat16),          cmocka_unit_test(decoder_of_its_own),
      cmocka_unit_test(shared_tensors_stand_once),   cmocka_unit_test(wrong_tensors_are_refused),
      cmocka_unit_test(wrong_configs_are_refused),   cmocka_unit_test(impossible_sizes_are_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
