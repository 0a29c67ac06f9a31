// What a step of a tokenizer.json looks for in a text: a string, or one of the regular expressions
// that tokenizers of text-to-text models have.
#ifndef IG_TEXT_TEXT_PATTERN_H
#define IG_TEXT_TEXT_PATTERN_H
#include "io/json.h"

typedef enum ig_pattern_kind {
  IG_PATTERN_STRING,
  IG_PATTERN_SPACES,        // " {2,}"
  IG_PATTERN_CONTROLS,      // "\\s{2,}|[\\n\\r\\t]"
  IG_PATTERN_LINE_FEED,     // "\\n"
  IG_PATTERN_WHITE,         // "\\s+"
  IG_PATTERN_WHITE_SINGLE,  // "\\s"
  IG_PATTERN_WORDS,         // GPT-2's: text/byte_words.h
} ig_pattern_kind;
typedef struct ig_text_pattern {
  ig_pattern_kind kind;
  char *text;  // (length) of IG_PATTERN_STRING; owned
  size_t length;
} ig_text_pattern;  // start from {0}; ig_text_pattern_free
void ig_text_pattern_free(ig_text_pattern *pattern);
// {"String": "…"} or {"Regex": "…"} of the step. `where` and the part ("normalizer") are for
// messages: an expression that is not built is refused by its text.
ig_status ig_text_pattern_read(const json_t *step, const char *where, const char *part,
                               ig_text_pattern *out, ig_error *err);
// The length of what matches at the beginning of a text of valid UTF-8; 0: nothing does.
size_t ig_text_pattern_match(const ig_text_pattern *pattern, const char *text, size_t length);
#endif
