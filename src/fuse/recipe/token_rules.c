#include "fuse/recipe/token_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// Reads {kind: zero} or {kind: model_token, model, and either token or token_id}.
static ig_status read_source_map(const ig_yaml_node *node, ig_token_rule *rule, ig_error *err) {
  static const char *const keys[] = {"kind", "model", "token", "token_id"};
  const char *kind;
  IG_TRY(ig_yaml_check_keys(node, keys, COUNT(keys), err));
  IG_TRY(ig_yaml_string(node, "kind", "", &kind, err));
  IG_TRY(ig_yaml_string(node, "model", NULL, &rule->model, err));
  IG_TRY(ig_yaml_string(node, "token", NULL, &rule->token, err));
  IG_TRY(ig_yaml_int(node, "token_id", -1, &rule->id, err));
  const bool has_token = rule->token != NULL, has_id = rule->id >= 0;
  if (strcmp(kind, "zero") == 0 && !rule->model && !has_token && !has_id) {
    rule->source = IG_TOKEN_SOURCE_ZERO;
    return IG_OK;
  }
  rule->source = IG_TOKEN_SOURCE_MODEL;
  if (strcmp(kind, "model_token") == 0 && rule->model && has_token != has_id) return IG_OK;
  return ig_yaml_fail(
      node, err,
      "expected {kind: zero}, or {kind: model_token, model: DIR} with either token or token_id");
}

static ig_status read_rule(const ig_yaml_node *node, ig_token_rule *rule, ig_error *err) {
  static const char *const keys[] = {"source", "force"};
  if (node->kind != IG_YAML_MAP) return ig_yaml_fail(node, err, "expected a map with 'source'");
  IG_TRY(ig_yaml_check_keys(node, keys, COUNT(keys), err));
  IG_TRY(ig_yaml_bool(node, "force", false, &rule->force, err));
  rule->node = ig_yaml_get(node, "source");
  if (!rule->node) return rule->force ? ig_yaml_fail(node, err, "'force' needs a 'source'") : IG_OK;
  if (rule->node->kind == IG_YAML_MAP) return read_source_map(rule->node, rule, err);
  rule->source = IG_TOKEN_SOURCE_MODEL;
  rule->token = rule->piece;
  return ig_yaml_string(node, "source", NULL, &rule->model, err);
}

ig_status ig_token_rules_read(const ig_yaml_node *tokens, ig_token_rules *out, ig_error *err) {
  *out = (ig_token_rules){0};
  if (!tokens) return IG_OK;
  out->items = ig_allocate(tokens->count, sizeof *out->items, err);
  if (!out->items) return IG_ERROR_MEMORY;
  out->count = tokens->count;
  for (size_t i = 0; i < tokens->count; i++) {
    out->items[i] = (ig_token_rule){.piece = tokens->keys[i], .id = -1};
    IG_TRY(read_rule(tokens->children[i], &out->items[i], err));
  }
  return IG_OK;
}

void ig_token_rules_free(ig_token_rules *rules) {
  free(rules->items);
  *rules = (ig_token_rules){0};
}
