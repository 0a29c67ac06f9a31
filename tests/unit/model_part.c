// Parts of models by name: every trained tensor of every family is in one of them, and names that
// mean nothing are refused.
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingot.h"
#include "model/create/model_part.h"

static ig_error err;

static ig_model *load(const char *directory) {
  ig_model *model;
  if (ig_model_load(directory, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static ig_model *golden(const char *name) {
  const char *root = getenv("INGOT_SOURCE");
  char path[512];
  snprintf(path, sizeof path, "%s/tests/golden/%s", root ? root : ".", name);
  return load(path);
}

static bool has(const ig_model *m, const char *name, const char *tensor) {
  ig_model_part part;
  if (ig_model_part_parse(m, name, &part, &err) != IG_OK) fail_msg("%s", err.message);
  for (size_t i = 0; i < m->parameter_count; i++)
    if (strcmp(m->parameters[i].name, tensor) == 0)
      return ig_model_part_has(&part, &m->config, &m->parameters[i]);
  fail_msg("there is no %s", tensor);
  return false;
}

// In how many of the parts that make up a model the tensor is.
static int parts_with(const ig_model *m, const ig_parameter *p) {
  static const char *const all[] = {
      "encoder.embeddings", "encoder.layers", "encoder.norm", "decoder.embeddings",
      "decoder.layers",     "decoder.norm",   "head"};
  int count = 0;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    ig_model_part part = {0};
    const bool exists = ig_model_part_parse(m, all[i], &part, &err) == IG_OK;
    count += exists && ig_model_part_has(&part, &m->config, p);
  }
  return count;
}

static void check_model(const char *directory) {
  ig_model *m = load(directory);
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    const int parts = parts_with(m, p);
    // Only tables of tokens are tied.
    if (p->trained && (parts < 1 || (parts > 1 && p->rank != 2)))
      fail_msg("%s: %s is in %d parts", directory, p->name, parts);
  }
  ig_model_free(m);
}

static void every_tensor_is_in_a_part(void **state) {
  (void)state;
  static const char *const patterns[] = {"encoders/*_*/", "*_tiny/", "untied/*/"};
  const char *root = getenv("INGOT_SOURCE");
  size_t models = 0;
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
    char pattern[512];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/tests/golden/%s", root ? root : ".", patterns[i]);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t k = 0; k < found.gl_pathc; k++) check_model(found.gl_pathv[k]);
    models += found.gl_pathc;
    globfree(&found);
  }
  assert_true(models >= 40);
}

static void ties(void **state) {
  (void)state;
  ig_model *m = golden("bart_tiny");
  const char *const with[] = {"embeddings",         "encoder", "decoder", "encoder.embeddings",
                              "decoder.embeddings", "head"};
  for (size_t i = 0; i < sizeof with / sizeof *with; i++)
    assert_true(has(m, with[i], "model.shared.weight"));
  assert_false(has(m, "encoder.layers", "model.shared.weight"));
  assert_true(has(m, "decoder.layers.0-1", "model.decoder.layers.1.fc1.bias"));
  assert_false(has(m, "decoder.layers.0", "model.decoder.layers.1.fc1.bias"));
  assert_false(has(m, "encoder.layers.1", "model.decoder.layers.1.fc1.bias"));
  assert_true(has(m, "norms", "model.decoder.layernorm_embedding.bias"));
  assert_true(has(m, "biases", "model.decoder.layernorm_embedding.bias"));
  assert_false(has(m, "biases", "model.decoder.layernorm_embedding.weight"));
  ig_model_free(m);
  m = golden("untied/marian");
  assert_false(has(m, "decoder", "model.encoder.embed_tokens.weight"));
  assert_false(has(m, "head", "model.decoder.embed_tokens.weight"));
  assert_true(has(m, "head", "lm_head.weight"));
  ig_model_free(m);
  m = golden("t5_tiny");
  const char *table = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
  assert_true(has(m, "biases", table));
  assert_true(has(m, "encoder.layers.0", table));
  ig_model_free(m);
}

static void names_that_mean_nothing(void **state) {
  (void)state;
  static const char *const names[] = {"",
                                      ".",
                                      "embedding",
                                      "encoder.",
                                      "encoder.layer",
                                      "encoder.layers.",
                                      "encoder.layers.x",
                                      "encoder.layers.2",
                                      "encoder.layers.0-",
                                      "encoder.layers.1-0",
                                      "encoder.layers.0-9",
                                      "encoder.layers.0-1x",
                                      "encoder.layers.+1",
                                      "encoder.layers.99999999999999999999",
                                      "encoder.layersx",
                                      "head.0",
                                      "decoder.layers.0"};
  ig_model *m = golden("encoders/bert_span");
  ig_model_part part;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (ig_model_part_parse(m, names[i], &part, &err) != IG_ERROR_ARGUMENT)
      fail_msg("'%s' is a part", names[i]);
  // Names of parts that other models have.
  assert_int_equal(ig_model_part_parse(m, "decoder", &part, &err), IG_OK);
  assert_int_equal(ig_model_part_check(&part, "decoder", m, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message,
                         "what it has: embeddings, encoder, encoder.embeddings, "
                         "encoder.layers (.0 to .1), head, biases, norms"));
  ig_model_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_tensor_is_in_a_part),
                                     cmocka_unit_test(ties),
                                     cmocka_unit_test(names_that_mean_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
