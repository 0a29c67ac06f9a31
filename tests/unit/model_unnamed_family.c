// Directories whose config.json says neither model_type nor architectures: the tensors say both,
// where they leave no doubt.
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

static char directory[] = "/tmp/ingot-model-unnamed-XXXXXX";

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
  static const char *const names[] = {"config.json", "generation_config.json", "model.safetensors",
                                      "vocab.txt"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(in_directory(names[i]));
  return rmdir(directory);
}

// A small encoder of the family, saved, and its config.json without the keys (NULL: none).
static ig_model *save_without(const char *family, const char *class_name, const char *const *keys) {
  char text[512];
  ig_config *config = NULL;
  ig_model *model = NULL;
  ig_error err = {0};
  json_t *json;
  snprintf(text, sizeof text,
           "{\"vocab_size\": 13, \"hidden_size\": 8, \"embedding_size\": 6, "
           "\"num_hidden_layers\": 2, \"num_attention_heads\": 2, \"intermediate_size\": 10, "
           "\"dim\": 8, \"n_layers\": 2, \"n_heads\": 2, \"hidden_dim\": 10, "
           "\"max_position_embeddings\": 16, \"architectures\": [\"%s\"]}",
           class_name);
  if (ig_config_create(family, text, &config, &err) != IG_OK) fail_msg("%s", err.message);
  assert_int_equal(ig_model_create(config, 3, &model, NULL), IG_OK);
  ig_config_free(config);
  assert_int_equal(ig_model_save(model, directory, "float32", NULL), IG_OK);
  assert_int_equal(ig_json_load_object(in_directory("config.json"), &json, NULL), IG_OK);
  for (; *keys; keys++) assert_int_equal(json_object_del(json, *keys), 0);
  assert_int_equal(ig_json_save_in(directory, "config.json", json, 9, NULL), IG_OK);
  json_decref(json);
  return model;
}

static void expect_opened(const ig_model *expected, ig_head_kind head) {
  ig_model *found = NULL;
  ig_error err = {0};
  if (ig_model_load(directory, &found, &err) != IG_OK) fail_msg("%s", err.message);
  assert_ptr_equal(found->config.family, expected->config.family);
  assert_int_equal(found->config.head.kind, head);
  if (head == expected->config.head.kind) {
    assert_int_equal(found->config.head.activation, expected->config.head.activation);
    assert_int_equal(found->value_count, expected->value_count);
    assert_memory_equal(found->values, expected->values, found->value_count * sizeof(float));
  }
  ig_model_free(found);
}

static const char *const both[] = {"model_type", "architectures", NULL};

static void names_of_tensors_decide(void **state) {
  (void)state;
  static const struct {
    const char *family, *class_name;
    ig_head_kind head;
  } cases[] = {
      {"bert", "BertForMaskedLM", IG_HEAD_MASKED_TOKENS},
      {"bert", "BertForQuestionAnswering", IG_HEAD_SPAN},
      {"distilbert", "DistilBertForQuestionAnswering", IG_HEAD_SPAN},
      {"distilbert", "DistilBertForMaskedLM", IG_HEAD_MASKED_TOKENS},
      {"electra", "ElectraForMaskedLM", IG_HEAD_MASKED_TOKENS},
      {"electra", "ElectraForSequenceClassification", IG_HEAD_CLASSES},
      {"albert", "AlbertForMaskedLM", IG_HEAD_MASKED_TOKENS},
      {"albert", "AlbertForQuestionAnswering", IG_HEAD_SPAN},
      // Its output may be that of either kind of classes.
      {"albert", "AlbertForTokenClassification", IG_HEAD_NONE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_model *model = save_without(cases[i].family, cases[i].class_name, both);
    expect_opened(model, cases[i].head);
    ig_model_free(model);
  }
  static const char *const one[] = {"architectures", NULL};
  ig_model *model = save_without("roberta", "RobertaForMaskedLM", one);
  expect_opened(model, IG_HEAD_MASKED_TOKENS);
  ig_model_free(model);
}

static void expect_refused(const char *expected) {
  ig_model *model = NULL;
  ig_error err = {0};
  assert_int_equal(ig_model_load(directory, &model, &err), IG_ERROR_FORMAT);
  if (!strstr(err.message, expected)) fail_msg("%s: %s", expected, err.message);
}

static void write_tensors(const ig_model *m, const char *prefix, const char *first_name) {
  ig_safetensors_output *tensors = calloc(m->parameter_count, sizeof *tensors);
  assert_non_null(tensors);
  size_t count = 0;
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (strncmp(p->name, prefix, strlen(prefix)) != 0) continue;
    tensors[count] = (ig_safetensors_output){.name = p->name + strlen(prefix),
                                             .dtype = IG_DTYPE_F32,
                                             .rank = p->rank,
                                             .values = m->values + p->offset};
    memcpy(tensors[count++].shape, p->shape, sizeof p->shape);
  }
  if (first_name) tensors[0].name = first_name;
  assert_int_equal(ig_safetensors_write(in_directory("model.safetensors"), tensors, count, NULL),
                   IG_OK);
  free(tensors);
}

// Without their prefix the tensors of several families have one name each; the files of a tokenizer
// say which is meant.
static void files_of_the_tokenizer_decide(void **state) {
  (void)state;
  ig_model *model = save_without("bert", "BertForSequenceClassification", both);
  write_tensors(model, "bert.", NULL);
  expect_refused("may be of bert, camembert, roberta, xlm-roberta: write the right one");
  assert_int_equal(ig_file_write(in_directory("vocab.txt"), "[PAD]\n", 6, NULL), IG_OK);
  expect_opened(model, IG_HEAD_NONE);
  write_tensors(model, "bert.", "something.else");
  expect_refused("model_type: found none, and the tensors are those of no family");
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(names_of_tensors_decide),
                                     cmocka_unit_test(files_of_the_tokenizer_decide)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
