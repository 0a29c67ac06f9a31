// Walking a table of keys over a config.json.
#include "model/arch/json_keys.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "io/json.h"

typedef struct activation_name {
  const char *name;
  ig_activation kind;
} activation_name;

// The first name of a kind is the one written.
static const activation_name activations[] = {
    {"relu", IG_ACTIVATION_RELU},          {"gelu", IG_ACTIVATION_GELU},
    {"gelu_new", IG_ACTIVATION_GELU_TANH}, {"gelu_pytorch_tanh", IG_ACTIVATION_GELU_TANH},
    {"swish", IG_ACTIVATION_SWISH},        {"silu", IG_ACTIVATION_SWISH},
};
enum { ACTIVATIONS = sizeof activations / sizeof *activations };

static ig_status wrong_type(const char *where, const char *key, const char *expected,
                            const json_t *value, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected %s, found %s", where, key, expected,
                 ig_json_type_name(value));
}

static bool is_id(const ig_json_key *k) {
  return k->kind == IG_JSON_KEY_ID || k->kind == IG_JSON_KEY_IDS;
}

static ig_status read_int(const ig_json_key *k, const json_t *value, const char *where, int *out,
                          ig_error *err) {
  if (k->kind == IG_JSON_KEY_IDS && json_array_size(value) > 0) value = json_array_get(value, 0);
  if (is_id(k) && json_is_null(value)) {
    *out = -1;
    return IG_OK;
  }
  if (!json_is_integer(value)) return wrong_type(where, k->name, "a whole number", value, err);
  const json_int_t n = json_integer_value(value);
  if (n < INT_MIN || n > INT_MAX)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: %lld is out of range", where, k->name,
                   (long long)n);
  *out = (int)n;
  return IG_OK;
}

ig_status ig_json_keys_activation(const char *name, const char *where, ig_activation *out,
                                  ig_error *err) {
  for (int i = 0; i < ACTIVATIONS; i++)
    if (strcmp(name, activations[i].name) == 0) {
      *out = activations[i].kind;
      return IG_OK;
    }
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: \"%s\" is not one of relu, gelu, gelu_new, gelu_pytorch_tanh, swish, silu",
                 where, name);
}

static ig_status read_activation(const ig_json_key *k, const json_t *value, const char *where,
                                 ig_activation *out, ig_error *err) {
  if (!json_is_string(value)) return wrong_type(where, k->name, "a string", value, err);
  const ig_status status = ig_json_keys_activation(json_string_value(value), k->name, out, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", where);
}

static const char gated[] = "gated-";

static ig_status read_feed_forward(const ig_json_key *k, const json_t *value, const char *where,
                                   ig_feed_forward_shape *out, ig_error *err) {
  if (!json_is_string(value)) return wrong_type(where, k->name, "a string", value, err);
  const char *name = json_string_value(value);
  const bool has_gate = strncmp(name, gated, strlen(gated)) == 0;
  if (has_gate) name += strlen(gated);
  const ig_status status = ig_json_keys_activation(name, k->name, &out->activation, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s", where);
  if (has_gate && strcmp(name, "gelu") == 0) out->activation = IG_ACTIVATION_GELU_TANH;
  out->gated = has_gate;
  return IG_OK;
}

ig_status ig_json_keys_read(const ig_json_key *table, const json_t *json, const char *where,
                            ig_config *out, ig_error *err) {
  if (!json_is_object(json))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: expected a JSON object", where);
  for (const ig_json_key *k = table; k->name; k++) {
    const json_t *value = ig_json_only_item(json_object_get(json, k->name));
    if (!value) continue;
    void *member = (char *)out + k->offset;
    switch (k->kind) {
      case IG_JSON_KEY_INT:
      case IG_JSON_KEY_ID:
      case IG_JSON_KEY_IDS: IG_TRY(read_int(k, value, where, member, err)); break;
      case IG_JSON_KEY_FLOAT:
        if (!json_is_number(value)) return wrong_type(where, k->name, "a number", value, err);
        *(float *)member = (float)json_number_value(value);
        break;
      case IG_JSON_KEY_BOOL:
        if (!json_is_boolean(value)) return wrong_type(where, k->name, "true or false", value, err);
        *(bool *)member = json_is_true(value);
        break;
      case IG_JSON_KEY_ACTIVATION: IG_TRY(read_activation(k, value, where, member, err)); break;
      case IG_JSON_KEY_FEED_FORWARD: IG_TRY(read_feed_forward(k, value, where, member, err)); break;
    }
  }
  return IG_OK;
}

// A float as the shortest decimal that reads back the same: 0.1, not 0.10000000149.
static json_t *short_real(float x) {
  char text[32];
  double value = (double)x;
  for (int digits = 1; digits <= 9; digits++) {
    ig_number_format(text, sizeof text, "%.*g", digits, (double)x);
    if (ig_number_parse(text, &value) && (float)value == x) break;
  }
  return json_real(value);
}

static const char *activation_name_of(ig_activation kind) {
  for (int i = 0; i < ACTIVATIONS; i++)
    if (activations[i].kind == kind) return activations[i].name;
  return NULL;
}

static json_t *feed_forward_value(const ig_feed_forward_shape *shape) {
  char text[64];
  const bool usual = shape->gated && shape->activation == IG_ACTIVATION_GELU_TANH;
  snprintf(text, sizeof text, "%s%s", shape->gated ? gated : "",
           usual ? "gelu" : activation_name_of(shape->activation));
  return json_string(text);
}

static json_t *member_value(const ig_json_key *k, const void *member) {
  switch (k->kind) {
    case IG_JSON_KEY_INT: return json_integer(*(const int *)member);
    case IG_JSON_KEY_ID:
    case IG_JSON_KEY_IDS:
      return *(const int *)member < 0 ? json_null() : json_integer(*(const int *)member);
    case IG_JSON_KEY_FLOAT: return short_real(*(const float *)member);
    case IG_JSON_KEY_BOOL: return json_boolean(*(const bool *)member);
    case IG_JSON_KEY_ACTIVATION:
      return json_string(activation_name_of(*(const ig_activation *)member));
    case IG_JSON_KEY_FEED_FORWARD: return feed_forward_value(member);
  }
  return NULL;
}

int ig_json_keys_write(const ig_json_key *table, const ig_config *config, json_t *object) {
  for (const ig_json_key *k = table; k->name; k++)
    if (json_object_set_new(object, k->name, member_value(k, (const char *)config + k->offset)) !=
        0)
      return -1;
  return 0;
}
