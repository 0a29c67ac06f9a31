// Where a tensor stands by its name, and what a recipe's settings give it: gradients, filters,
// selectors, scopes; what is refused.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fuse/recipe/setting.h"

static void places_are_read_off_names(void **state) {
  (void)state;
  static const struct {
    const char *name;
    ig_tensor_stack stack;
    int layer;
    bool cross_attention, embeddings, head;
  } cases[] = {
      {"model.encoder.layers.3.self_attn.q_proj.weight", IG_TENSOR_STACK_ENCODER, 3, false, false,
       false},
      {"model.decoder.layers.11.encoder_attn.k_proj.bias", IG_TENSOR_STACK_DECODER, 11, true, false,
       false},
      {"decoder.block.2.layer.1.EncDecAttention.q.weight", IG_TENSOR_STACK_DECODER, 2, true, false,
       false},
      {"encoder.block.0.layer.1.DenseReluDense.wi.weight", IG_TENSOR_STACK_ENCODER, 0, false, false,
       false},
      {"bert.encoder.layer.5.output.dense.weight", IG_TENSOR_STACK_ENCODER, 5, false, false, false},
      {"model.layers.7.mlp.up_proj.weight", IG_TENSOR_STACK_NONE, 7, false, false, false},
      {"transformer.h.4.attn.c_attn.weight", IG_TENSOR_STACK_NONE, 4, false, false, false},
      {"model.shared.weight", IG_TENSOR_STACK_NONE, -1, false, true, false},
      {"model.encoder.embed_positions.weight", IG_TENSOR_STACK_ENCODER, -1, false, true, false},
      {"lm_head.weight", IG_TENSOR_STACK_NONE, -1, false, false, true},
      {"final_logits_bias", IG_TENSOR_STACK_NONE, -1, false, false, true},
      {"decoder.final_layer_norm.weight", IG_TENSOR_STACK_DECODER, -1, false, false, false},
      {"layers.x.weight", IG_TENSOR_STACK_NONE, -1, false, false, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const ig_tensor_place place = ig_tensor_place_of(cases[i].name);
    if (place.stack != cases[i].stack || place.layer != cases[i].layer ||
        place.cross_attention != cases[i].cross_attention ||
        place.embeddings != cases[i].embeddings || place.head != cases[i].head)
      fail_msg("%s: stack %d, layer %d, cross-attention %d, embeddings %d, head %d", cases[i].name,
               place.stack, place.layer, place.cross_attention, place.embeddings, place.head);
  }
}

static void a_tensor_moves_to_another_layer(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"model.encoder.layers.3.fc1.weight", "model.encoder.layers.12.fc1.weight"},
      {"decoder.block.11.layer.1.layer_norm.weight", "decoder.block.12.layer.1.layer_norm.weight"}};
  for (size_t i = 0; i < 2; i++) {
    const ig_tensor_place place = ig_tensor_place_of(pairs[i][0]);
    char *renamed = ig_tensor_place_rename(pairs[i][0], &place, 12);
    assert_string_equal(renamed, pairs[i][1]);
    free(renamed);
  }
}

enum { WEIGHT, FLAG, RESCALE, SCOPE };
static const ig_method method = {
    .name = "test",
    .parameters = {[WEIGHT] = {"weight", IG_VALUE_NUMBER, true, true, 0.5, -10, 10},
                   [FLAG] = {"flag", IG_VALUE_FLAG, false, false, 1, 0, 1},
                   [RESCALE] = {"rescale", IG_VALUE_RESCALE, false, false, 0, 0, 2},
                   [SCOPE] = {"scope", IG_VALUE_SCOPE, false, false, 0, 0, 1}}};

static ig_yaml *parse(const char *text) {
  ig_yaml *yaml;
  ig_error err;
  if (ig_yaml_parse(text, strlen(text), "recipe.yml", &yaml, &err) != IG_OK)
    fail_msg("%s", err.message);
  return yaml;
}

static const ig_setting_scope *read_scope(const ig_yaml *yaml, ig_setting_scope **owner) {
  const ig_setting_scope *scope;
  ig_error err;
  if (ig_setting_read(ig_yaml_root(yaml), &method, false, owner, &scope, &err) != IG_OK)
    fail_msg("%s", err.message);
  return scope;
}

// The value that a scope gives a tensor; NAN: not set.
static double resolve(const char *text, size_t parameter, const char *tensor, double depth) {
  ig_yaml *yaml = parse(text);
  ig_setting_scope *owner = NULL;
  const ig_setting_scope *scopes[] = {NULL, read_scope(yaml, &owner)};
  const ig_tensor_place place = ig_tensor_place_of(tensor);
  double value;
  const bool found = ig_setting_resolve(
      scopes, 2, &(ig_setting_query){&method, parameter, tensor, &place, depth}, &value);
  ig_setting_free(owner);
  ig_yaml_free(yaml);
  if (!found) assert_true(value == method.parameters[parameter].fallback);
  return found ? value : NAN;
}

#define ENCODER "model.encoder.layers.3.fc1.weight"
#define DECODER "model.decoder.layers.1.encoder_attn.q_proj.weight"

static void expect(double got, double expected) {
  if (!(fabs(got - expected) < 1e-12)) fail_msg("%.17g instead of %.17g", got, expected);
}

static void values_come_from_settings(void **state) {
  (void)state;
  expect(resolve("weight: 1e-5", WEIGHT, ENCODER, 0), 1e-5);
  expect(resolve("weight: '0.25'", WEIGHT, ENCODER, 0), 0.25);
  expect(resolve("flag: no", FLAG, ENCODER, 0), 0);
  expect(resolve("rescale: inverse", RESCALE, ENCODER, 0), IG_RESCALE_INVERSE);
  expect(resolve("rescale: true", RESCALE, ENCODER, 0), IG_RESCALE_L1);
  expect(resolve("scope: model", SCOPE, ENCODER, 0), IG_SCOPE_MODEL);
  expect(resolve("scope: tensor", SCOPE, ENCODER, 0), IG_SCOPE_TENSOR);
  expect(resolve("rescale: [none, l1]", RESCALE, ENCODER, 0.5), IG_RESCALE_NONE);
  expect(resolve("weight: [0, 1]", WEIGHT, ENCODER, 0.25), 0.25);
  expect(resolve("weight: [0, 1, 3]", WEIGHT, ENCODER, 0.75), 2);
  expect(resolve("weight: [0, 1, 3]", WEIGHT, ENCODER, 1), 3);
  expect(resolve("flag: [true, false]", FLAG, ENCODER, 0.99), 1);
  const char *list =
      "weight: [{filter: fc1, value: 2}, {select: cross_attention, value: [3, 4]}, {tensors: "
      "'*.layers.1.*', value: 5}, {value: 6}]";
  expect(resolve(list, WEIGHT, ENCODER, 1), 2);
  expect(resolve(list, WEIGHT, DECODER, 0.5), 3.5);
  expect(resolve(list, WEIGHT, "model.decoder.layers.1.fc2.weight", 0), 5);
  expect(resolve(list, WEIGHT, "model.shared.weight", 0), 6);
  const char *stacks =
      "weight: [{select: encoder, value: [0, 1]}, {select: decoder, layers: [1, 3], value: 7}]";
  expect(resolve(stacks, WEIGHT, ENCODER, 0.5), 0.5);
  expect(resolve(stacks, WEIGHT, DECODER, 0), 7);
  assert_true(isnan(resolve(stacks, WEIGHT, "model.decoder.layers.3.fc1.weight", 0)));
  assert_true(isnan(resolve("flag: 1", WEIGHT, ENCODER, 0)));
}

static void the_first_scope_that_sets_a_value_counts(void **state) {
  (void)state;
  ig_yaml *first = parse("weight: {filter: fc2, value: 1}"), *second = parse("weight: 2");
  ig_setting_scope *owner = NULL;
  const ig_setting_scope *scopes[] = {read_scope(first, &owner), read_scope(second, &owner)};
  const ig_tensor_place place = ig_tensor_place_of(ENCODER);
  double value;
  const char *tensors[] = {"model.encoder.layers.3.fc2.weight", ENCODER};
  for (int i = 0; i < 2; i++) {
    const ig_setting_query query = {&method, WEIGHT, tensors[i], &place, 0};
    assert_true(ig_setting_resolve(scopes, 2, &query, &value) && value == 1 + i);
  }
  ig_setting_free(owner);
  ig_yaml_free(first);
  ig_yaml_free(second);
}

static void wrong_settings_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"wieght: 1", "weight"},
      {"weight: heavy", "expected a number, found 'heavy'"},
      {"weight: nan", "expected a number"},
      {"weight: 0x10", "expected a number"},
      {"weight: 11", "from -10 to 10"},
      {"weight: []", "empty list"},
      {"weight: [1, []]", "found a list"},
      {"weight: {value: 1, filtre: x}", "filter"},
      {"weight: {filter: x}", "no 'value'"},
      {"weight: {value: 1, select: middle}", "cross_attention"},
      {"weight: {value: 1, layers: [3, 1]}", "first <= last"},
      {"weight: [{value: 1}, 2]", "map with 'value'"},
      {"weight: [1, true]", "expected a number, found 'true'"},
      {"flag: 1", "not of one model"},
      {"[1]", "expected a map"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_yaml *yaml = parse(cases[i].text);
    ig_setting_scope *owner = NULL;
    const ig_setting_scope *scope;
    ig_error err;
    assert_int_equal(ig_setting_read(ig_yaml_root(yaml), &method, true, &owner, &scope, &err),
                     IG_ERROR_FORMAT);
    if (!strstr(err.message, cases[i].message)) fail_msg("%s: %s", cases[i].text, err.message);
    ig_setting_free(owner);
    ig_yaml_free(yaml);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(places_are_read_off_names),
      cmocka_unit_test(a_tensor_moves_to_another_layer),
      cmocka_unit_test(values_come_from_settings),
      cmocka_unit_test(the_first_scope_that_sets_a_value_counts),
      cmocka_unit_test(wrong_settings_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
