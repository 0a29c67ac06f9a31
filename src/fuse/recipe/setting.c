#include "fuse/recipe/setting.h"

#include <fnmatch.h>
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"

static const char *const condition_keys[] = {"value", "filter", "select", "tensors", "layers"};
enum { CONDITION_KEYS = sizeof condition_keys / sizeof *condition_keys };

// ---- scalars ----------------------------------------------------------------

static bool is_word(const char *text, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(text, words[i]) == 0) return true;
  return false;
}

// YAML 1.1's words for flags too: recipes are written for a parser that knows them.
static bool parse_flag(const char *text, double *out) {
  static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                    "YES",  "on",   "On",   "ON",  "1"};
  static const char *const no[] = {"false", "False", "FALSE", "no",  "No",
                                   "NO",    "off",   "Off",   "OFF", "0"};
  if (is_word(text, yes, sizeof yes / sizeof *yes)) return *out = 1, true;
  if (is_word(text, no, sizeof no / sizeof *no)) return *out = 0, true;
  return false;
}

static const char *const rescales[] = {
    [IG_RESCALE_NONE] = "none", [IG_RESCALE_L1] = "l1", [IG_RESCALE_INVERSE] = "inverse"};
static const char *const scopes_of_passes[] = {
    [IG_SCOPE_TENSOR] = "tensor", [IG_SCOPE_MODEL] = "model"};

static bool parse_word(const char *text, const char *const *words, size_t count, double *out) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(text, words[i]) == 0) return *out = (double)i, true;
  return false;
}

static ig_status parse_scalar(const ig_yaml_node *node, const ig_method_parameter *p, double *out,
                              ig_error *err) {
  static const char *const expected[] = {"a number", "a whole number", "true or false",
                                         "none, l1, inverse, true or false", "tensor or model"};
  if (node->kind != IG_YAML_SCALAR)
    return ig_yaml_fail(node, err, "expected %s, found a %s", expected[p->kind],
                        node->kind == IG_YAML_MAP ? "map" : "list");
  bool fine;
  if (p->kind == IG_VALUE_FLAG) {
    fine = parse_flag(node->scalar, out);
  } else if (p->kind == IG_VALUE_RESCALE) {
    fine = parse_flag(node->scalar, out) ||
           parse_word(node->scalar, rescales, sizeof rescales / sizeof *rescales, out);
  } else if (p->kind == IG_VALUE_SCOPE) {
    fine = parse_word(node->scalar, scopes_of_passes,
                      sizeof scopes_of_passes / sizeof *scopes_of_passes, out);
  } else {
    fine = ig_number_parse(node->scalar, out) && isfinite(*out) && !strpbrk(node->scalar, "xX");
    if (p->kind == IG_VALUE_INTEGER) fine = fine && *out == floor(*out);
  }
  if (!fine)
    return ig_yaml_fail(node, err, "expected %s, found '%.100s'", expected[p->kind], node->scalar);
  if (!(*out >= p->least && *out <= p->most))
    return ig_yaml_fail(node, err, "expected a value from %g to %g, found %g", p->least, p->most,
                        *out);
  return IG_OK;
}

// A scalar, or a gradient at this depth: numbers are interpolated, flags, words and whole numbers
// are stepped.
static ig_status value_at(const ig_yaml_node *node, const ig_method_parameter *p, double depth,
                          double *out, ig_error *err) {
  if (node->kind != IG_YAML_SEQUENCE) return parse_scalar(node, p, out, err);
  if (node->count == 0) return ig_yaml_fail(node, err, "an empty list");
  const double at = depth * (double)(node->count - 1);
  const size_t first = (size_t)at, second = first + 1 < node->count ? first + 1 : first;
  double low, high;
  IG_TRY(parse_scalar(node->children[first], p, &low, err));
  IG_TRY(parse_scalar(node->children[second], p, &high, err));
  const double part = at - (double)first;
  *out = p->kind == IG_VALUE_NUMBER ? (1 - part) * low + part * high : low;
  return IG_OK;
}

// ---- conditions -------------------------------------------------------------

static bool is_conditional(const ig_yaml_node *node) { return node->kind == IG_YAML_MAP; }
static bool is_conditional_list(const ig_yaml_node *node) {
  return node->kind == IG_YAML_SEQUENCE && node->count > 0 && is_conditional(node->children[0]);
}

static ig_status layers_hold(const ig_yaml_node *node, const ig_tensor_place *place, bool *holds,
                             ig_error *err) {
  double range[2] = {0, 0};
  if (!ig_yaml_get(node, "layers")) return IG_OK;
  IG_TRY(ig_yaml_numbers(node, "layers", 2, range, err));
  if (range[0] < 0 || range[1] < range[0])
    return ig_yaml_fail(ig_yaml_get(node, "layers"), err,
                        "expected [first, last) with first <= last");
  *holds = *holds && place->layer >= range[0] && place->layer < range[1];
  return IG_OK;
}

static ig_status conditions_hold(const ig_yaml_node *node, const char *tensor,
                                 const ig_tensor_place *place, bool *holds, ig_error *err) {
  const char *filter, *selector, *glob;
  IG_TRY(ig_yaml_string(node, "filter", "*", &filter, err));
  IG_TRY(ig_yaml_string(node, "select", NULL, &selector, err));
  IG_TRY(ig_yaml_string(node, "tensors", NULL, &glob, err));
  *holds = strcmp(filter, "*") == 0 || strstr(tensor, filter);
  if (glob) *holds = *holds && fnmatch(glob, tensor, 0) == 0;
  if (selector) {
    bool selected;
    if (!ig_tensor_place_selects(place, selector, &selected))
      return ig_yaml_fail(ig_yaml_get(node, "select"), err, "unknown part '%.100s' (%s)", selector,
                          ig_tensor_place_selectors);
    *holds = *holds && selected;
  }
  return layers_hold(node, place, holds, err);
}

static ig_status conditional_at(const ig_yaml_node *node, const ig_setting_query *query,
                                bool *found, double *out, ig_error *err) {
  bool holds;
  IG_TRY(conditions_hold(node, query->tensor, query->place, &holds, err));
  const ig_yaml_node *value = ig_yaml_get(node, "value");
  if (!holds || !value) return IG_OK;
  *found = true;
  return value_at(value, query->parameter, query->depth, out, err);
}

static ig_status setting_at(const ig_yaml_node *setting, const ig_setting_query *query, bool *found,
                            double *out, ig_error *err) {
  if (is_conditional(setting)) return conditional_at(setting, query, found, out, err);
  if (!is_conditional_list(setting)) {
    *found = true;
    return value_at(setting, query->parameter, query->depth, out, err);
  }
  for (size_t i = 0; i < setting->count && !*found; i++)
    IG_TRY(conditional_at(setting->children[i], query, found, out, err));
  return IG_OK;
}

ig_status ig_setting_resolve(const ig_yaml_node *const *scopes, size_t count,
                             const ig_setting_query *query, bool *found, double *out,
                             ig_error *err) {
  *found = false;
  *out = query->parameter->fallback;
  for (size_t i = 0; i < count && !*found; i++) {
    const ig_yaml_node *setting = scopes[i] ? ig_yaml_get(scopes[i], query->parameter->name) : NULL;
    if (setting) IG_TRY(setting_at(setting, query, found, out, err));
  }
  return IG_OK;
}

// ---- checking ---------------------------------------------------------------

static ig_status check_value(const ig_yaml_node *node, const ig_method_parameter *p,
                             ig_error *err) {
  double unused;
  if (node->kind != IG_YAML_SEQUENCE) return parse_scalar(node, p, &unused, err);
  if (node->count == 0) return ig_yaml_fail(node, err, "an empty list");
  for (size_t i = 0; i < node->count; i++) IG_TRY(parse_scalar(node->children[i], p, &unused, err));
  return IG_OK;
}

static ig_status check_conditional(const ig_yaml_node *node, const ig_method_parameter *p,
                                   ig_error *err) {
  bool unused;
  if (!is_conditional(node))
    return ig_yaml_fail(node, err, "expected a map with 'value', as the entries before");
  IG_TRY(ig_yaml_check_keys(node, condition_keys, CONDITION_KEYS, err));
  IG_TRY(conditions_hold(node, "", &(ig_tensor_place){.layer = -1}, &unused, err));
  const ig_yaml_node *value = ig_yaml_get(node, "value");
  if (!value) return ig_yaml_fail(node, err, "has no 'value'");
  return check_value(value, p, err);
}

static ig_status check_setting(const ig_yaml_node *node, const ig_method_parameter *p,
                               ig_error *err) {
  if (is_conditional(node)) return check_conditional(node, p, err);
  if (!is_conditional_list(node)) return check_value(node, p, err);
  for (size_t i = 0; i < node->count; i++) IG_TRY(check_conditional(node->children[i], p, err));
  return IG_OK;
}

ig_status ig_setting_check(const ig_yaml_node *scope, const ig_method *method, bool of_model,
                           ig_error *err) {
  const char *known[IG_METHOD_PARAMETERS];
  size_t count = 0;
  for (; count < IG_METHOD_PARAMETERS && method->parameters[count].name; count++)
    known[count] = method->parameters[count].name;
  if (!scope) return IG_OK;
  if (scope->kind != IG_YAML_MAP) return ig_yaml_fail(scope, err, "expected a map of parameters");
  IG_TRY(ig_yaml_check_keys(scope, known, count, err));
  for (size_t i = 0; i < count; i++) {
    const ig_yaml_node *setting = ig_yaml_get(scope, known[i]);
    if (!setting) continue;
    if (of_model && !method->parameters[i].of_model)
      return ig_yaml_fail(setting, err, "is a parameter of the whole merge, not of one model");
    IG_TRY(check_setting(setting, &method->parameters[i], err));
  }
  return IG_OK;
}
