// YAML values: typed getters, key checking with suggestions, conversion to JSON.
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "base/number.h"
#include "io/yaml.h"

ig_status ig_yaml_fail(const ig_yaml_node *node, ig_error *err, const char *format, ...) {
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  ig_number_format_list(message, sizeof message, format, arguments);
  va_end(arguments);
  const char *colon = *node->path ? ": " : "";
  if (node->line > 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s:%d: %s%s%s", node->file, node->line, node->path, colon,
                   message);
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s%s%s", node->file, node->path, colon, message);
}

static ig_status fail_expected(const ig_yaml_node *node, const char *what, ig_error *err) {
  if (node->kind == IG_YAML_MAP) return ig_yaml_fail(node, err, "expected %s, found a map", what);
  if (node->kind == IG_YAML_SEQUENCE)
    return ig_yaml_fail(node, err, "expected %s, found a list of %zu", what, node->count);
  return ig_yaml_fail(node, err, "expected %s, found '%.100s'", what, node->scalar);
}

// ---- scalars ----------------------------------------------------------------

static bool is_plain(const ig_yaml_node *node) {
  return node->kind == IG_YAML_SCALAR && !node->quoted;
}

// [-+] digits
static bool is_integer(const ig_yaml_node *node) {
  if (!is_plain(node)) return false;
  const char *s = node->scalar + (*node->scalar == '-' || *node->scalar == '+');
  return *s && s[strspn(s, "0123456789")] == '\0';
}

// [-+] digits [. digits] [e [-+] digits], with at least one digit before the exponent: YAML 1.2's
// core schema without hexadecimal, octal and the infinities.
static bool parse_number(const ig_yaml_node *node, double *out) {
  if (!is_plain(node)) return false;
  const char *s = node->scalar + (*node->scalar == '-' || *node->scalar == '+');
  size_t whole = strspn(s, "0123456789"), fraction = 0;
  s += whole;
  if (*s == '.') {
    fraction = strspn(s + 1, "0123456789");
    s += 1 + fraction;
  }
  if (whole + fraction == 0) return false;
  if (*s == 'e' || *s == 'E') {
    ++s;
    s += *s == '-' || *s == '+';
    size_t digits = strspn(s, "0123456789");
    if (digits == 0) return false;
    s += digits;
  }
  return *s == '\0' && ig_number_parse(node->scalar, out) && isfinite(*out);
}

static bool parse_bool(const ig_yaml_node *node, bool *out) {
  if (!is_plain(node)) return false;
  const char *s = node->scalar;
  *out = !strcmp(s, "true") || !strcmp(s, "True") || !strcmp(s, "TRUE");
  return *out || !strcmp(s, "false") || !strcmp(s, "False") || !strcmp(s, "FALSE");
}

ig_status ig_yaml_int(const ig_yaml_node *map, const char *key, int fallback, int *out,
                      ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(map, key);
  *out = fallback;
  if (!node) return IG_OK;
  if (!is_integer(node)) return fail_expected(node, "an integer", err);
  errno = 0;
  long long value = strtoll(node->scalar, NULL, 10);
  if (errno || value < INT_MIN || value > INT_MAX)
    return ig_yaml_fail(node, err, "%.100s is out of range", node->scalar);
  *out = (int)value;
  return IG_OK;
}

ig_status ig_yaml_u64(const ig_yaml_node *map, const char *key, uint64_t fallback, uint64_t *out,
                      ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(map, key);
  *out = fallback;
  if (!node) return IG_OK;
  if (!is_integer(node) || *node->scalar == '-')
    return fail_expected(node, "a non-negative integer", err);
  errno = 0;
  unsigned long long value = strtoull(node->scalar, NULL, 10);
  if (errno || value > UINT64_MAX)
    return ig_yaml_fail(node, err, "%.100s is out of range", node->scalar);
  *out = value;
  return IG_OK;
}

ig_status ig_yaml_number(const ig_yaml_node *map, const char *key, double fallback, double *out,
                         ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(map, key);
  *out = fallback;
  return !node || parse_number(node, out) ? IG_OK : fail_expected(node, "a number", err);
}

ig_status ig_yaml_bool(const ig_yaml_node *map, const char *key, bool fallback, bool *out,
                       ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(map, key);
  *out = fallback;
  return !node || parse_bool(node, out) ? IG_OK : fail_expected(node, "true or false", err);
}

ig_status ig_yaml_string(const ig_yaml_node *map, const char *key, const char *fallback,
                         const char **out, ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(map, key);
  *out = fallback;
  if (!node) return IG_OK;
  if (node->kind != IG_YAML_SCALAR) return fail_expected(node, "a string", err);
  *out = node->scalar;
  return IG_OK;
}

// ---- collections ------------------------------------------------------------

ig_status ig_yaml_map(const ig_yaml_node *map, const char *key, const ig_yaml_node **out,
                      ig_error *err) {
  *out = ig_yaml_get(map, key);
  return !*out || (*out)->kind == IG_YAML_MAP ? IG_OK : fail_expected(*out, "a map", err);
}

ig_status ig_yaml_strings(const ig_yaml_node *map, const char *key, const char ***out,
                          size_t *count, ig_error *err) {
  *out = NULL;
  *count = 0;
  const ig_yaml_node *node = ig_yaml_get(map, key);
  if (!node) return IG_OK;
  if (node->kind == IG_YAML_MAP) return fail_expected(node, "a string or a list of strings", err);
  size_t n = node->kind == IG_YAML_SEQUENCE ? node->count : 1;
  for (size_t i = 0; node->kind == IG_YAML_SEQUENCE && i < n; ++i)
    if (node->children[i]->kind != IG_YAML_SCALAR)
      return fail_expected(node->children[i], "a string", err);
  *out = ig_allocate(n, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < n; ++i)
    (*out)[i] = node->kind == IG_YAML_SEQUENCE ? node->children[i]->scalar : node->scalar;
  *count = n;
  return IG_OK;
}

ig_status ig_yaml_numbers(const ig_yaml_node *map, const char *key, size_t count, double *out,
                          ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(map, key);
  if (!node) return IG_OK;
  if (node->kind != IG_YAML_SEQUENCE || node->count != count) {
    char what[64];
    snprintf(what, sizeof what, "a list of %zu numbers", count);
    return fail_expected(node, what, err);
  }
  for (size_t i = 0; i < count; ++i)
    if (!parse_number(node->children[i], &out[i]))
      return fail_expected(node->children[i], "a number", err);
  return IG_OK;
}

// ---- unknown keys -----------------------------------------------------------

static ig_status fail_unknown_key(const ig_yaml_node *value, const char *key,
                                  const char *const *known, size_t count, ig_error *err) {
  const char *nearest = ig_nearest_word(key, known, count);
  if (nearest) return ig_yaml_fail(value, err, "unknown key; did you mean '%s'?", nearest);
  return ig_yaml_fail(value, err, "unknown key");
}

ig_status ig_yaml_check_keys(const ig_yaml_node *map, const char *const *known, size_t count,
                             ig_error *err) {
  if (!map) return IG_OK;
  if (map->kind != IG_YAML_MAP) return fail_expected(map, "a map", err);
  for (size_t i = 0; i < map->count; ++i) {
    bool found = false;
    for (size_t j = 0; j < count && !found; ++j) found = strcmp(map->keys[i], known[j]) == 0;
    if (!found) return fail_unknown_key(map->children[i], map->keys[i], known, count, err);
  }
  return IG_OK;
}

// ---- JSON -------------------------------------------------------------------

static json_t *scalar_to_json(const ig_yaml_node *node) {
  bool truth;
  double number;
  const char *s = node->scalar;
  if (node->quoted) return json_string(s);
  if (!*s || !strcmp(s, "~") || !strcmp(s, "null") || !strcmp(s, "Null") || !strcmp(s, "NULL"))
    return json_null();
  if (parse_bool(node, &truth)) return json_boolean(truth);
  if (is_integer(node)) {
    errno = 0;
    long long value = strtoll(s, NULL, 10);
    if (!errno) return json_integer(value);
  }
  return parse_number(node, &number) ? json_real(number) : json_string(s);
}

json_t *ig_yaml_to_json(const ig_yaml_node *node) {
  if (node->kind == IG_YAML_SCALAR) return scalar_to_json(node);
  json_t *out = node->kind == IG_YAML_MAP ? json_object() : json_array();
  for (size_t i = 0; out && i < node->count; ++i) {
    json_t *child = ig_yaml_to_json(node->children[i]);
    int failed = node->kind == IG_YAML_MAP ? json_object_set_new(out, node->keys[i], child)
                                           : json_array_append_new(out, child);
    if (failed) {
      json_decref(out);
      out = NULL;
    }
  }
  return out;
}

ig_status ig_yaml_word(const ig_yaml_node *map, const char *key, const ig_yaml_words *words,
                       size_t fallback, size_t *out, ig_error *err) {
  const char *found;
  IG_TRY(ig_yaml_string(map, key, words->words[fallback], &found, err));
  for (*out = 0; *out < words->count; ++*out)
    if (strcmp(found, words->words[*out]) == 0) return IG_OK;
  const char *nearest = ig_nearest_word(found, words->words, words->count);
  return ig_yaml_fail(ig_yaml_get(map, key), err, "expected %s, found '%.100s'%s%s%s", words->text,
                      found, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
}
