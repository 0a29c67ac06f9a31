// What configurations of families mean, and what their files may hold beside what config.json says.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/arch/family.h"
#include "model/create/wire.h"

#define SMALL                                                                          \
  "\"vocab_size\": 13, \"d_model\": 8, \"d_kv\": 3, \"d_ff\": 10, \"num_layers\": 2, " \
  "\"num_heads\": 2"

static char directory[] = "/tmp/ingot-model-families-XXXXXX";

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

static ig_config config_of(const char *family, const char *text) {
  ig_config *made = NULL;
  ig_error err = {0};
  if (ig_config_create(family, text, &made, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_config config = *made;
  ig_config_free(made);
  return config;
}

static void expect_refused(const char *family, const char *text, const char *expected) {
  ig_config *config = NULL;
  ig_error err = {0};
  assert_int_not_equal(ig_config_create(family, text, &config, &err), IG_OK);
  assert_null(config);
  if (!strstr(err.message, expected)) fail_msg("%s: %s", expected, err.message);
}

static void refusals_name_the_key(void **state) {
  (void)state;
  static const struct {
    const char *text, *expected;
  } cases[] = {
      {"{" SMALL ", \"is_encoder_decoder\": false}", "is_encoder_decoder"},
      {"{" SMALL ", \"feed_forward_proj\": \"gated-tanh\"}", "feed_forward_proj: \"tanh\""},
      {"{" SMALL ", \"dense_act_fn\": \"mish\"}", "dense_act_fn: \"mish\""},
      {"{" SMALL ", \"relative_attention_num_buckets\": 2}", "relative_attention_num_buckets"},
      {"{" SMALL ", \"relative_attention_num_buckets\": 0}", "relative_attention_num_buckets"},
      {"{" SMALL ", \"relative_attention_max_distance\": 16}", "relative_attention_max_distance"},
      {"{" SMALL ", \"head_dim\": 0}", "head_dim: "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_refused("t5", cases[i].text, cases[i].expected);
}

static void encoders_refuse_by_name(void **state) {
  (void)state;
  static const struct {
    const char *family, *text, *expected;
  } cases[] = {
      {"electra", "{\"architectures\": [\"ElectraForPreTraining\"]}", "ElectraForPreTraining"},
      {"electra", "{\"architectures\": [\"ElectraForMultipleChoice\"]}",
       "ElectraForMultipleChoice"},
      {"albert", "{\"architectures\": [\"AlbertForMultipleChoice\"]}", "AlbertForMultipleChoice"},
      {"albert", "{\"inner_group_num\": 2}", "inner_group_num: expected 1, found 2"},
      {"albert", "{\"num_hidden_groups\": 0}",
       "num_hidden_groups: expected a number from 1 to num_hidden_layers (12), found 0"},
      {"albert", "{\"num_hidden_layers\": 3, \"num_hidden_groups\": 4}",
       "num_hidden_groups: expected a number from 1 to num_hidden_layers (3), found 4"},
      {"albert", "{\"embedding_size\": 0}", "embedding_size: expected a number above 0, found 0"},
      {"albert", "{\"is_decoder\": true}", "is_decoder"},
      {"electra", "{\"embedding_size\": 0}", "embedding_size: expected a number above 0, found 0"},
      {"electra", "{\"embedding_size\": 65537}", "embedding_size: expected a number from"},
      {"electra", "{\"hidden_act\": \"mish\"}", "hidden_act: \"mish\""},
      {"electra", "{\"position_embedding_type\": \"relative_key\"}",
       "position_embedding_type: expected \"absolute\", found \"relative_key\""},
      {"electra", "{\"is_decoder\": true}", "is_decoder"},
      {"electra", "{\"architectures\": [\"ElectraForQuestionAnswering\"], \"num_labels\": 3}",
       "expected 2 labels"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_refused(cases[i].family, cases[i].text, cases[i].expected);
}

// What is out of range is named as the family's config.json names it, not as that of another.
static void ranges_name_the_key(void **state) {
  (void)state;
  static const struct {
    const char *family, *key, *value;
  } cases[] = {
      {"t5", "d_ff", "0"},
      {"t5", "d_kv", "5000"},
      {"t5", "num_layers", "-1"},
      {"t5", "num_decoder_layers", "2000"},
      {"t5", "num_heads", "0"},
      {"t5", "dropout_rate", "1.5"},
      {"t5", "layer_norm_epsilon", "0"},
      {"t5", "initializer_factor", "-1"},
      {"t5", "hidden_size", "0"},
      {"t5", "num_hidden_layers", "-2"},
      {"t5", "num_attention_heads", "0"},
      {"umt5", "d_ff", "-3"},
      {"mt5", "num_heads", "99999"},
      {"torch", "nhead", "0"},
      {"torch", "num_encoder_layers", "-1"},
      {"torch", "num_decoder_layers", "-1"},
      {"torch", "dim_feedforward", "0"},
      {"torch", "dropout", "2"},
      {"bart", "encoder_ffn_dim", "0"},
      {"bart", "decoder_attention_heads", "0"},
      {"marian", "attention_dropout", "1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[128], expected[64];
    snprintf(text, sizeof text, "{\"vocab_size\": 60000, \"%s\": %s}", cases[i].key,
             cases[i].value);
    snprintf(expected, sizeof expected, ": %s: expected ", cases[i].key);
    expect_refused(cases[i].family, text, expected);
  }
}

static void keys_that_follow_from_others(void **state) {
  (void)state;
  ig_config c = config_of("t5", "{" SMALL ", \"num_decoder_layers\": null}");
  assert_int_equal(c.decoder.layers, 2);
  assert_true(c.tied_output && c.scaled_output && !c.encoder.feed_forward.gated);
  assert_true(c.encoder.self.dropout == c.encoder.dropout &&
              c.decoder.cross.dropout == c.encoder.dropout &&
              c.decoder.feed_forward.dropout == c.encoder.dropout);
  c = config_of("t5", "{" SMALL ", \"num_attention_heads\": 3, \"decoder_start_token_id\": null}");
  assert_int_equal(c.decoder.self.heads, 3);
  assert_int_equal(c.decoder_start_id, c.pad_id);
  c = config_of("t5", "{" SMALL ", \"feed_forward_proj\": \"gated-gelu\"}");
  assert_true(c.encoder.feed_forward.gated &&
              c.decoder.feed_forward.activation == IG_ACTIVATION_GELU_TANH);
  c = config_of("t5", "{" SMALL ", \"tie_word_embeddings\": false}");
  assert_true(!c.tied_output && !c.scaled_output && c.shared_embedding);
  c = config_of("t5", "{" SMALL ", \"scale_decoder_outputs\": false}");
  assert_true(c.tied_output && !c.scaled_output);
  static const char two_names[] = "\"id2label\": {\"0\": \"A\", \"1\": \"B\"}";
  char text[128];
  snprintf(text, sizeof text, "{%s, \"num_labels\": 50}", two_names);
  assert_int_equal(config_of("bert", text).head.classes, 50);
  snprintf(text, sizeof text, "{%s}", two_names);
  assert_int_equal(config_of("bert", text).head.classes, 2);
  assert_int_equal(config_of("bert", "{\"num_labels\": 3}").head.classes, 3);
  assert_int_equal(config_of("electra", "{}").embedding_size, 128);
  assert_int_equal(config_of("electra", "{\"hidden_size\": 128}").embedding_size, 0);
  assert_false(config_of("mt5", "{" SMALL "}").scaled_output);
  assert_true(config_of("umt5", "{" SMALL "}").scaled_output);
}

static ig_model *saved_and_loaded(const ig_model *model) {
  ig_model *again = NULL;
  ig_error err = {0};
  if (ig_model_save(model, directory, "float32", &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_model_load(directory, &again, &err) != IG_OK) fail_msg("%s", err.message);
  return again;
}

static ig_model *make(const ig_config *config) {
  ig_model *model = NULL;
  ig_error err = {0};
  if (ig_model_create(config, 5, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static void expect_same_model(const ig_model *found, const ig_model *expected) {
  assert_int_equal(found->value_count, expected->value_count);
  assert_memory_equal(found->values, expected->values, expected->value_count * sizeof(float));
  assert_true(found->config.tied_output == expected->config.tied_output &&
              found->config.scaled_output == expected->config.scaled_output &&
              found->config.encoder.feed_forward.gated ==
                  expected->config.encoder.feed_forward.gated &&
              found->config.encoder.feed_forward.activation ==
                  expected->config.encoder.feed_forward.activation);
}

static void saved_loads_again(void **state) {
  (void)state;
  static const char *const families[] = {"t5", "mt5", "umt5"};
  static const char *const texts[] = {
      "{" SMALL "}", "{" SMALL ", \"tie_word_embeddings\": false}",
      "{" SMALL ", \"feed_forward_proj\": \"gated-silu\", \"num_decoder_layers\": 1}"};
  for (size_t f = 0; f < 3; f++)
    for (size_t i = 0; i < 3; i++) {
      const ig_config config = config_of(families[f], texts[i]);
      ig_model *model = make(&config), *again = saved_and_loaded(model);
      expect_same_model(again, model);
      ig_model_free(again);
      ig_model_free(model);
    }
}

// Layers of a group have one set of weights, in memory as in files, and dropouts of their own.
static void groups_of_layers_share_weights(void **state) {
  (void)state;
  static const int groups[] = {0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4};  // as transformers 5.23
  const ig_config c = config_of("albert",
                                "{\"vocab_size\": 13, \"hidden_size\": 8, \"embedding_size\": 8, "
                                "\"num_attention_heads\": 2, \"intermediate_size\": 10, "
                                "\"num_hidden_layers\": 12, \"num_hidden_groups\": 5}");
  ig_model *model = make(&c);
  const size_t per_layer = 4 * (8 * 8 + 8) + (8 * 10 + 10) + (10 * 8 + 8) + 2 * 2 * 8,
               embeddings = 13 * 8 + 512 * 8 + 2 * 8 + 2 * 8, projection = 8 * 8 + 8;
  assert_int_equal(ig_model_parameters(model), embeddings + projection + 5 * per_layer);
  uint32_t last = 0;
  for (int i = 0; i < 12; i++) {
    const ig_encoder_layer layer = ig_wire_encoder_layer(model, i);
    assert_ptr_equal(layer.feed_forward.inner.weight,
                     model->encoder[groups[i]].feed_forward.inner.weight);
    assert_true(layer.dropout.stream > last);
    assert_true(layer.self_attention.dropout.stream > layer.dropout.stream);
    last = layer.feed_forward.dropout.stream;
  }
  ig_model *again = saved_and_loaded(model);
  expect_same_model(again, model);
  ig_model_free(again);
  ig_model_free(model);
}

static void say_tied(void) {
  json_t *json;
  assert_int_equal(ig_json_load_object(in_directory("config.json"), &json, NULL), IG_OK);
  json_object_set_new(json, "tie_word_embeddings", json_true());
  assert_int_equal(ig_json_save_in(directory, "config.json", json, 9, NULL), IG_OK);
  json_decref(json);
}

static ig_model *load(void) {
  ig_model *model = NULL;
  ig_error err = {0};
  if (ig_model_load(directory, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

// As transformers 5 writes T5 v1.1.
static void an_output_with_other_values_is_kept(void **state) {
  (void)state;
  const ig_config config = config_of("t5", "{" SMALL ", \"tie_word_embeddings\": false}");
  ig_model *model = make(&config), *again = saved_and_loaded(model);
  ig_model_free(again);
  say_tied();
  again = load();
  expect_same_model(again, model);
  ig_model_free(again);

  ig_tensor_view table, output;
  assert_int_equal(ig_model_find(model, "shared.weight", &table, NULL), IG_OK);
  assert_int_equal(ig_model_find(model, "lm_head.weight", &output, NULL), IG_OK);
  memcpy(output.values, table.values, 13 * 8 * sizeof(float));
  assert_int_equal(ig_model_save(model, directory, "float32", NULL), IG_OK);
  say_tied();
  again = load();
  assert_true(again->config.tied_output);
  assert_int_equal(again->value_count, model->value_count - 13 * 8);
  ig_model_free(again);
  ig_model_free(model);
}

// The model's tensor, with a name without its first characters.
static ig_safetensors_output output_of(const ig_model *model, size_t i, size_t omitted) {
  const ig_parameter *p = &model->parameters[i];
  ig_safetensors_output output = {.name = p->name + omitted,
                                  .dtype = IG_DTYPE_F32,
                                  .rank = p->rank,
                                  .values = model->values + p->offset};
  memcpy(output.shape, p->shape, sizeof p->shape);
  return output;
}

// transformers 5 would run the encoder with a table of its own.
static void a_copy_with_other_values_is_refused(void **state) {
  (void)state;
  const ig_config config = config_of("t5", "{" SMALL "}");
  ig_model *model = make(&config), *again = saved_and_loaded(model);
  ig_model_free(again);
  ig_safetensors_output *tensors = calloc(model->parameter_count + 1, sizeof *tensors);
  float copy[13 * 8];
  assert_non_null(tensors);
  for (size_t i = 0; i < model->parameter_count; i++) tensors[i + 1] = output_of(model, i, 0);
  tensors[0] = tensors[1];
  assert_string_equal(tensors[0].name, "shared.weight");
  tensors[0].name = "decoder.embed_tokens.weight";
  tensors[0].values = memcpy(copy, tensors[0].values, sizeof copy);
  const char *path = in_directory("model.safetensors");
  assert_int_equal(ig_safetensors_write(path, tensors, model->parameter_count + 1, NULL), IG_OK);
  again = load();
  expect_same_model(again, model);
  ig_model_free(again);

  copy[100] += 1;
  assert_int_equal(ig_safetensors_write(path, tensors, model->parameter_count + 1, NULL), IG_OK);
  ig_error err = {0};
  assert_int_equal(ig_model_load(directory, &again, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "decoder.embed_tokens.weight differs from shared.weight"));
  free(tensors);
  ig_model_free(model);
}

// As facebook/bart-base, which was saved by BartModel.
static void names_without_the_prefix_are_found(void **state) {
  (void)state;
  const ig_config config = config_of(
      "bart",
      "{\"vocab_size\": 13, \"d_model\": 8, \"encoder_layers\": 1, \"decoder_layers\": 1, "
      "\"encoder_attention_heads\": 2, \"decoder_attention_heads\": 2, \"encoder_ffn_dim\": 10, "
      "\"decoder_ffn_dim\": 10, \"max_position_embeddings\": 16}");
  ig_model *model = make(&config), *again = saved_and_loaded(model);
  ig_model_free(again);
  ig_safetensors_output *tensors = calloc(model->parameter_count, sizeof *tensors);
  assert_non_null(tensors);
  size_t count = 0;
  for (size_t i = 0; i < model->parameter_count; i++)
    if (strncmp(model->parameters[i].name, "model.", 6) == 0)  // but the constant on the logits
      tensors[count++] = output_of(model, i, 6);
  assert_int_equal(ig_safetensors_write(in_directory("model.safetensors"), tensors, count, NULL),
                   IG_OK);
  again = load();
  expect_same_model(again, model);
  ig_model_free(again);
  tensors[0].name = "model.shared.weight";  // one name with the prefix: the others lack it
  assert_int_equal(ig_safetensors_write(in_directory("model.safetensors"), tensors, count, NULL),
                   IG_OK);
  ig_error err = {0};
  assert_int_not_equal(ig_model_load(directory, &again, &err), IG_OK);
  free(tensors);
  ig_model_free(model);
}

// Its head may lie beside the encoder that is asked for; a tensor of nobody may not.
static void a_discriminator_gives_its_encoder(void **state) {
  (void)state;
  const ig_config config =
      config_of("electra",
                "{\"vocab_size\": 13, \"hidden_size\": 8, \"embedding_size\": 6, "
                "\"num_attention_heads\": 2, \"intermediate_size\": 10, \"num_hidden_layers\": 1}");
  ig_model *model = make(&config), *again = saved_and_loaded(model);
  ig_model_free(again);
  const size_t count = model->parameter_count;
  ig_safetensors_output *tensors = calloc(count + 1, sizeof *tensors);
  assert_non_null(tensors);
  for (size_t i = 0; i < count; i++) tensors[i] = output_of(model, i, 0);
  tensors[count] = tensors[0];
  tensors[count].name = "discriminator_predictions.dense_prediction.weight";
  const char *path = in_directory("model.safetensors");
  assert_int_equal(ig_safetensors_write(path, tensors, count + 1, NULL), IG_OK);
  again = load();
  expect_same_model(again, model);
  ig_model_free(again);
  tensors[count].name = "discriminator_predictions.other.weight";
  assert_int_equal(ig_safetensors_write(path, tensors, count + 1, NULL), IG_OK);
  ig_error err = {0};
  assert_int_not_equal(ig_model_load(directory, &again, &err), IG_OK);
  assert_non_null(strstr(err.message, "discriminator_predictions.other.weight"));
  free(tensors);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refusals_name_the_key),
      cmocka_unit_test(encoders_refuse_by_name),
      cmocka_unit_test(ranges_name_the_key),
      cmocka_unit_test(keys_that_follow_from_others),
      cmocka_unit_test(saved_loads_again),
      cmocka_unit_test(groups_of_layers_share_weights),
      cmocka_unit_test(an_output_with_other_values_is_kept),
      cmocka_unit_test(a_copy_with_other_values_is_refused),
      cmocka_unit_test(names_without_the_prefix_are_found),
      cmocka_unit_test(a_discriminator_gives_its_encoder),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
