// A recipe's `tokens`: pieces that the output's vocabulary gets in any case, and where their rows
// come from. Read before any model is opened; models and pieces are looked up when a plan is made.
#ifndef IG_FUSE_RECIPE_TOKEN_RULES_H
#define IG_FUSE_RECIPE_TOKEN_RULES_H
#include "io/yaml.h"

typedef enum ig_token_source {
  IG_TOKEN_SOURCE_NONE,   // the piece is only named
  IG_TOKEN_SOURCE_ZERO,   // a row of zeros
  IG_TOKEN_SOURCE_MODEL,  // a row of one model
} ig_token_source;

typedef struct ig_token_rule {
  const ig_yaml_node *node;  // where the source is given, for messages
  const char *piece;
  ig_token_source source;
  bool force;         // the rule is for models that have the piece, too
  const char *model;  // as the recipe names it
  const char *token;  // whose row of that model it is; NULL: that of `id`
  int id;
} ig_token_rule;  // strings are the YAML tree's

typedef struct ig_token_rules {
  ig_token_rule *items;
  size_t count;
} ig_token_rules;

// tokens: a map of pieces, each {source: MODEL, force: bool}, {source: {kind: zero}} or {source:
// {kind: model_token, model: MODEL, token: PIECE or token_id: N}}; NULL: there are none.
// ig_token_rules_free in any case.
ig_status ig_token_rules_read(const ig_yaml_node *tokens, ig_token_rules *out, ig_error *err);
void ig_token_rules_free(ig_token_rules *rules);
#endif
