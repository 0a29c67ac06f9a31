// Python's expressions are written anew in POSIX's extended syntax. Whether a whole name matches
// does not depend on which of several ways of matching is taken, in which the two differ.
#include "io/lora_pattern.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { MOST_KEY = 1000, MOST_POSIX = 12 * MOST_KEY + 64 };

typedef struct translation {
  const char *at;  // what is left of the key
  bool is_empty;   // nothing stands before that could be repeated
  int depth;       // groups that are open
  char text[MOST_POSIX];
  size_t length;
} translation;

static void append(translation *t, const char *text) {
  const size_t length = strlen(text);
  memcpy(t->text + t->length, text, length + 1);
  t->length += length;
}

static void append_character(translation *t) {
  append(t, (const char[]){*t->at, '\0'});
  t->at++;
}

// What a backslash and a letter stand for, for use within brackets; NULL: none of these.
static const char *class_of(char letter) {
  switch (letter) {
    case 'd': return "0-9";
    case 'w': return "A-Za-z0-9_";
    case 's': return " \t\n\v\f\r";
    default: return NULL;
  }
}

// "\." and the like; "\d" and the like.
static bool translate_escape(translation *t) {
  const char letter = t->at[1], *class = class_of((char)tolower((unsigned char)letter));
  if (letter == '\0' || (unsigned char)letter >= 0x80) return false;
  t->at++;
  if (class) {
    append(t, isupper((unsigned char)letter) ? "[^" : "[");
    append(t, class);
    append(t, "]");
    t->at++;
    return true;
  }
  if (isalnum((unsigned char)letter)) return false;  // \b, \1 …
  if (strchr(".[]()*+?{}^$|\\", letter)) append(t, "\\");
  append_character(t);
  return true;
}

// A class in brackets, which has the same syntax there but for backslashes and brackets in it.
static bool translate_class(translation *t) {
  append_character(t);
  if (*t->at == '^') append_character(t);
  if (*t->at == ']') return false;
  while (*t->at && *t->at != ']') {
    if (*t->at == '[') return false;
    if (*t->at != '\\') {
      append_character(t);
      continue;
    }
    const char *class = class_of(t->at[1]);
    if (!class && t->at[1] != '.') return false;
    append(t, class ? class : ".");
    t->at += 2;
  }
  if (!*t->at) return false;
  append_character(t);
  return true;
}

// "(?:" and "(?P<name>" only group here, for nothing is taken out of a match.
static bool translate_group(translation *t) {
  append_character(t);
  t->depth++;
  if (*t->at != '?') return true;
  if (t->at[1] == ':') {
    t->at += 2;
    return true;
  }
  const char *end = strncmp(t->at, "?P<", 3) == 0 ? strchr(t->at, '>') : NULL;
  if (!end) return false;
  t->at = end + 1;
  return true;
}

static bool translate_end_of_group(translation *t) {
  append_character(t);
  return --t->depth >= 0;
}

// A repetition, and the question mark by which it takes as few as it can. Two in a row are none of
// Python's.
static bool translate_repetition(translation *t) {
  if (t->is_empty) return false;
  append_character(t);
  if (*t->at == '?') t->at++;
  return *t->at == '\0' || !strchr("*+?", *t->at);
}

static bool translate_next(translation *t) {
  switch (*t->at) {
    case '\\': return translate_escape(t);
    case '[': return translate_class(t);
    case '(': return translate_group(t);
    case ')': return translate_end_of_group(t);
    case '*':
    case '+':
    case '?': return translate_repetition(t);
    case '{':
    case '}': return false;
    default: append_character(t); return true;
  }
}

static bool compile(const char *key, regex_t *out) {
  translation t = {.at = key};
  if (*key == '\0' || strlen(key) > MOST_KEY) return false;
  append(&t, "^(.*[.])?(");
  t.is_empty = true;
  while (*t.at) {
    const bool opens = strchr("(|^", *t.at) != NULL;
    if (!translate_next(&t)) return false;
    t.is_empty = opens;
  }
  append(&t, ")$");
  return t.depth == 0 && regcomp(out, t.text, REG_EXTENDED | REG_NOSUB) == 0;
}

bool ig_lora_pattern_is_known(const char *key) {
  regex_t expression;
  if (!compile(key, &expression)) return false;
  regfree(&expression);
  return true;
}

bool ig_lora_pattern_holds(const char *key, const char *module) {
  regex_t expression;
  if (!compile(key, &expression)) return false;
  const bool holds = regexec(&expression, module, 0, NULL, 0) == 0;
  regfree(&expression);
  return holds;
}
