#include "text/tokenizer_cleaning.h"

#include <stddef.h>
#include <string.h>

// What is looked for: its first byte and its last `dropped` ones, which are spaces, are left out.
typedef struct cleaning_rule {
  const char *text;
  size_t dropped;
} cleaning_rule;

static const cleaning_rule rules[] = {
    {" .", 0},   {" ?", 0},  {" !", 0},  {" ,", 0},   {" ' ", 1},
    {" n't", 0}, {" 'm", 0}, {" 's", 0}, {" 've", 0}, {" 're", 0},
};

static void apply_rule(const cleaning_rule *rule, char *text) {
  const size_t length = strlen(rule->text);
  char *to = text;
  for (const char *found; (found = strstr(text, rule->text)); text = (char *)found + length) {
    const size_t before = (size_t)(found - text), kept = length - 1 - rule->dropped;
    memmove(to, text, before);
    memmove(to + before, found + 1, kept);
    to += before + kept;
  }
  memmove(to, text, strlen(text) + 1);
}

void ig_tokenizer_cleaning_apply(char *text) {
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) apply_rule(&rules[i], text);
}
