#include "fuse/recipe/setting.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- scalars ----------------------------------------------------------------

// The index of the text among the words becomes the value. false: it is none of them.
static bool parse_word(const char *text, const char *const *words, size_t count, double *out) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(text, words[i]) != 0) continue;
    *out = (double)i;
    return true;
  }
  return false;
}

// Flags may also be written in the words of YAML 1.1, or as 0 and 1 in any way in which a number is
// written, because recipes are written for a parser that takes them.
static bool parse_flag(const char *text, double *out) {
  static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes", "YES",
                                    "on",   "On",   "ON",   "y",   "t"};
  static const char *const no[] = {"false", "False", "FALSE", "no", "No", "NO",
                                   "off",   "Off",   "OFF",   "n",  "f"};
  double unused;
  if (ig_number_parse(text, out)) return *out == 0 || *out == 1;
  const bool is_yes = parse_word(text, yes, COUNT(yes), &unused);
  if (!is_yes && !parse_word(text, no, COUNT(no), &unused)) return false;
  *out = is_yes ? 1 : 0;
  return true;
}

static bool parse_number(const char *text, double *out) {
  return ig_number_parse(text, out) && isfinite(*out) && !strpbrk(text, "xX");
}

static bool parse_value(const char *text, ig_value_kind kind, double *out) {
  static const char *const rescales[] = {
      [IG_RESCALE_NONE] = "none", [IG_RESCALE_L1] = "l1", [IG_RESCALE_INVERSE] = "inverse"};
  static const char *const scopes[] = {[IG_SCOPE_TENSOR] = "tensor", [IG_SCOPE_MODEL] = "model"};
  switch (kind) {
    case IG_VALUE_FLAG: return parse_flag(text, out);
    case IG_VALUE_RESCALE:
      return parse_flag(text, out) || parse_word(text, rescales, COUNT(rescales), out);
    case IG_VALUE_SCOPE: return parse_word(text, scopes, COUNT(scopes), out);
    case IG_VALUE_INTEGER: return parse_number(text, out) && *out == floor(*out);
    case IG_VALUE_NUMBER: break;
  }
  return parse_number(text, out);
}

static ig_status read_scalar(const ig_yaml_node *node, const ig_method_parameter *p, double *out,
                             ig_error *err) {
  static const char *const expected[] = {"a number", "a whole number", "true or false",
                                         "none, l1, inverse, true or false", "tensor or model"};
  if (node->kind != IG_YAML_SCALAR)
    return ig_yaml_fail(node, err, "expected %s, found a %s", expected[p->kind],
                        node->kind == IG_YAML_MAP ? "map" : "list");
  if (!parse_value(node->scalar, p->kind, out))
    return ig_yaml_fail(node, err, "expected %s, found '%.100s'", expected[p->kind], node->scalar);
  if (!(*out >= p->least && *out <= p->most))
    return ig_yaml_fail(node, err, "expected a value from %g to %g, found %g", p->least, p->most,
                        *out);
  return IG_OK;
}

// Reads a scalar, or a list of scalars, which is a gradient.
static ig_status read_values(const ig_yaml_node *node, const ig_method_parameter *p,
                             ig_setting_choice *out, ig_error *err) {
  const bool is_gradient = node->kind == IG_YAML_SEQUENCE;
  const size_t count = is_gradient ? node->count : 1;
  if (count == 0) return ig_yaml_fail(node, err, "an empty list");
  out->values = ig_allocate(count, sizeof *out->values, err);
  if (!out->values) return IG_ERROR_MEMORY;
  out->count = count;
  for (size_t i = 0; i < count; i++)
    IG_TRY(read_scalar(is_gradient ? node->children[i] : node, p, &out->values[i], err));
  return IG_OK;
}

// ---- conditions -------------------------------------------------------------

static ig_status read_layers(const ig_yaml_node *node, ig_setting_choice *out, ig_error *err) {
  const ig_yaml_node *layers = ig_yaml_get(node, "layers");
  if (!layers) return IG_OK;
  IG_TRY(ig_yaml_numbers(node, "layers", 2, out->layers, err));
  if (out->layers[0] < 0 || out->layers[1] < out->layers[0])
    return ig_yaml_fail(layers, err, "expected [first, last) with first <= last");
  out->has_layers = true;
  return IG_OK;
}

static ig_status read_conditions(const ig_yaml_node *node, ig_setting_choice *out, ig_error *err) {
  IG_TRY(ig_yaml_string(node, "filter", "*", &out->filter, err));
  if (strcmp(out->filter, "*") == 0) out->filter = NULL;
  IG_TRY(ig_yaml_string(node, "select", NULL, &out->select, err));
  IG_TRY(ig_yaml_string(node, "tensors", NULL, &out->tensors, err));
  if (out->select && !ig_tensor_place_parse_part(out->select, &out->part))
    return ig_yaml_fail(ig_yaml_get(node, "select"), err, "unknown part '%.100s' (%s)", out->select,
                        ig_tensor_place_parts);
  return read_layers(node, out, err);
}

static ig_status read_conditional(const ig_yaml_node *node, const ig_method_parameter *p,
                                  ig_setting_choice *out, ig_error *err) {
  static const char *const keys[] = {"value", "filter", "select", "tensors", "layers"};
  if (node->kind != IG_YAML_MAP)
    return ig_yaml_fail(node, err, "expected a map with 'value', as the entries before");
  IG_TRY(ig_yaml_check_keys(node, keys, COUNT(keys), err));
  out->node = node;
  IG_TRY(read_conditions(node, out, err));
  const ig_yaml_node *value = ig_yaml_get(node, "value");
  return value ? read_values(value, p, out, err) : ig_yaml_fail(node, err, "has no 'value'");
}

static ig_status read_setting(const ig_yaml_node *node, const ig_method_parameter *p,
                              ig_setting *out, ig_error *err) {
  const bool is_list =
      node->kind == IG_YAML_SEQUENCE && node->count > 0 && node->children[0]->kind == IG_YAML_MAP;
  const size_t count = is_list ? node->count : 1;
  out->choices = ig_allocate(count, sizeof *out->choices, err);
  out->is_met = ig_allocate(count, sizeof *out->is_met, err);
  if (!out->choices || !out->is_met) return IG_ERROR_MEMORY;
  out->count = count;
  if (!is_list && node->kind != IG_YAML_MAP) return read_values(node, p, &out->choices[0], err);
  for (size_t i = 0; i < count; i++)
    IG_TRY(read_conditional(is_list ? node->children[i] : node, p, &out->choices[i], err));
  return IG_OK;
}

// ---- scopes -----------------------------------------------------------------

static ig_status read_parameters(const ig_yaml_node *node, const ig_method *method, bool of_model,
                                 ig_setting_scope *out, ig_error *err) {
  const char *known[IG_METHOD_PARAMETERS];
  size_t count = 0;
  for (; count < IG_METHOD_PARAMETERS && method->parameters[count].name; count++)
    known[count] = method->parameters[count].name;
  if (node->kind != IG_YAML_MAP) return ig_yaml_fail(node, err, "expected a map of parameters");
  IG_TRY(ig_yaml_check_keys(node, known, count, err));
  for (size_t i = 0; i < count; i++) {
    const ig_yaml_node *setting = ig_yaml_get(node, known[i]);
    if (!setting) continue;
    if (of_model && !method->parameters[i].of_model)
      return ig_yaml_fail(setting, err, "is a parameter of the whole merge, not of one model");
    IG_TRY(read_setting(setting, &method->parameters[i], &out->parameters[i], err));
  }
  return IG_OK;
}

ig_status ig_setting_read(const ig_yaml_node *node, const ig_method *method, bool of_model,
                          ig_setting_scope **owner, const ig_setting_scope **out, ig_error *err) {
  *out = NULL;
  if (!node) return IG_OK;
  ig_setting_scope *scope = ig_allocate(1, sizeof *scope, err);
  if (!scope) return IG_ERROR_MEMORY;
  scope->next = *owner;
  *owner = scope;
  *out = scope;
  return read_parameters(node, method, of_model, scope, err);
}

static void free_setting(ig_setting *setting) {
  for (size_t i = 0; i < setting->count; i++) free(setting->choices[i].values);
  free(setting->choices);
  free(setting->is_met);
}

void ig_setting_free(ig_setting_scope *owner) {
  while (owner) {
    ig_setting_scope *next = owner->next;
    for (size_t i = 0; i < IG_METHOD_PARAMETERS; i++) free_setting(&owner->parameters[i]);
    free(owner);
    owner = next;
  }
}

// ---- resolving --------------------------------------------------------------

static bool conditions_hold(const ig_setting_choice *c, const ig_setting_query *query) {
  const int layer = query->place->layer;
  if (c->filter && !strstr(query->tensor, c->filter)) return false;
  if (c->tensors && fnmatch(c->tensors, query->tensor, 0) != 0) return false;
  if (!ig_tensor_place_is_in(query->place, c->part)) return false;
  return !c->has_layers || (layer >= c->layers[0] && layer < c->layers[1]);
}

// The value of a gradient at a depth. Numbers are interpolated. A flag, a word or a whole number is
// that of the last entry at or before the depth.
static double value_at(const ig_setting_choice *c, ig_value_kind kind, double depth) {
  const double at = depth * (double)(c->count - 1);
  const size_t first = (size_t)at;
  const size_t second = first + 1 < c->count ? first + 1 : first;
  const double part = at - (double)first;
  if (kind != IG_VALUE_NUMBER || c->count == 1) return c->values[first];
  return (1 - part) * c->values[first] + part * c->values[second];
}

bool ig_setting_resolve(const ig_setting_scope *const *scopes, size_t count,
                        const ig_setting_query *query, double *out) {
  const ig_method_parameter *parameter = &query->method->parameters[query->parameter];
  *out = parameter->fallback;
  for (size_t i = 0; i < count; i++) {
    if (!scopes[i]) continue;
    const ig_setting *setting = &scopes[i]->parameters[query->parameter];
    for (size_t k = 0; k < setting->count; k++) {
      if (!conditions_hold(&setting->choices[k], query)) continue;
      *out = value_at(&setting->choices[k], parameter->kind, query->depth);
      return true;
    }
  }
  return false;
}

// ---- conditions that nothing meets ------------------------------------------

static bool has_conditions(const ig_setting_choice *c) {
  return c->filter || c->tensors || c->select || c->has_layers;
}

void ig_setting_mark(const ig_setting_scope *const *scopes, size_t count,
                     const ig_setting_query *query) {
  for (size_t i = 0; i < count; i++) {
    if (!scopes[i]) continue;
    const ig_setting *setting = &scopes[i]->parameters[query->parameter];
    for (size_t k = 0; k < setting->count; k++)
      if (has_conditions(&setting->choices[k]) && conditions_hold(&setting->choices[k], query))
        setting->is_met[k] = true;
  }
}

// Writes the conditions as the recipe has them: "filter: mlp, layers: [0, 2]".
static void write_conditions(const ig_setting_choice *c, char *text, size_t size) {
  const char *const names[] = {"filter", "select", "tensors"}, *const values[] = {c->filter,
                                                                                  c->select,
                                                                                  c->tensors};
  text[0] = '\0';
  for (size_t i = 0; i < COUNT(names); i++) {
    const size_t used = strlen(text);
    if (values[i])
      snprintf(text + used, size - used, "%s%s: %.100s", used ? ", " : "", names[i], values[i]);
  }
  const size_t used = strlen(text);
  if (c->has_layers)
    snprintf(text + used, size - used, "%slayers: [%.0f, %.0f]", used ? ", " : "", c->layers[0],
             c->layers[1]);
}

static ig_status note_setting(const ig_setting *setting, const char *parameter, ig_problems *notes,
                              ig_error *err) {
  for (size_t i = 0; i < setting->count; i++) {
    const ig_setting_choice *c = &setting->choices[i];
    char conditions[420];
    if (!has_conditions(c) || setting->is_met[i]) continue;
    write_conditions(c, conditions, sizeof conditions);
    IG_TRY(ig_problems_add(notes, NULL, err,
                           "%s:%d: %s: no tensor that is fused meets '%s': this value has no "
                           "effect",
                           c->node->file, c->node->line, parameter, conditions));
  }
  return IG_OK;
}

ig_status ig_setting_note_unmet(const ig_setting_scope *owner, const ig_method *method,
                                ig_problems *notes, ig_error *err) {
  for (; owner; owner = owner->next)
    for (size_t i = 0; i < IG_METHOD_PARAMETERS && method->parameters[i].name; i++)
      IG_TRY(note_setting(&owner->parameters[i], method->parameters[i].name, notes, err));
  return IG_OK;
}
