// The `tokens` of a recipe: pieces that the output's vocabulary gets in any case, and where their
// rows come from. They are read before any model is opened. Models and pieces are looked up when a
// plan is made.
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
  bool force;         // the rule also holds for models that have the piece
  const char *model;  // as the recipe names it
  const char *token;  // the piece of that model whose row is taken; NULL: it is row `id`
  int id;
} ig_token_rule;  // strings are the YAML tree's

typedef struct ig_token_rules {
  ig_token_rule *items;
  size_t count;
} ig_token_rules;

// Reads the map `tokens`. Each piece has {source: MODEL, force: bool}, {source: {kind: zero}} or
// {source: {kind: model_token, model: MODEL, token: PIECE or token_id: N}}. NULL: there are none.
// ig_token_rules_free in any case.
ig_status ig_token_rules_read(const ig_yaml_node *tokens, ig_token_rules *out, ig_error *err);
void ig_token_rules_free(ig_token_rules *rules);
#endif
