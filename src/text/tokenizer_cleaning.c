#include "text/tokenizer_cleaning.h"

#include <stddef.h>
#include <string.h>

// What is looked for, and what replaces it, which is shorter.
typedef struct cleaning_rule {
  const char *text, *shorter;
} cleaning_rule;

static const cleaning_rule rules[] = {
    {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
    {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};
static const cleaning_rule token_rules[] = {
    {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
    {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
    {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};

static void apply_rule(const cleaning_rule *rule, char *text) {
  const size_t length = strlen(rule->text), kept = strlen(rule->shorter);
  char *to = text;
  for (const char *found; (found = strstr(text, rule->text)); text = (char *)found + length) {
    const size_t before = (size_t)(found - text);
    memmove(to, text, before);
    memcpy(to + before, rule->shorter, kept);
    to += before + kept;
  }
  memmove(to, text, strlen(text) + 1);
}

void ig_tokenizer_cleaning_apply(char *text) {
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) apply_rule(&rules[i], text);
}

void ig_tokenizer_cleaning_apply_to_token(char *token) {
  for (size_t i = 0; i < sizeof token_rules / sizeof *token_rules; i++)
    apply_rule(&token_rules[i], token);
}
