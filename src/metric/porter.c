#include "metric/porter.h"

#include <stdbool.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct stem_word {
  char *letters;
  size_t length;
} stem_word;

// ---- consonants and vowels -----------------------------------------------------------

static bool is_vowel_letter(char c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

// y is a consonant at the beginning of a word and after a vowel.
static bool is_consonant_after(char c, bool first, bool after_consonant) {
  if (c == 'y') return first || !after_consonant;
  return !is_vowel_letter(c);
}

static bool is_consonant(const char *word, size_t at) {
  // The letters y before it, one after another, take turns.
  size_t begin = at;
  while (begin > 0 && word[begin] == 'y') begin--;
  bool consonant = is_consonant_after(word[begin], begin == 0, false);
  for (size_t i = begin + 1; i <= at; i++) consonant = is_consonant_after('y', false, consonant);
  return consonant;
}

// Porter's m: how often a consonant follows a vowel.
static size_t measure_of(const char *word, size_t length) {
  size_t measure = 0;
  bool consonant = false;
  for (size_t i = 0; i < length; i++) {
    const bool before = consonant;
    consonant = is_consonant_after(word[i], i == 0, before);
    if (i > 0 && consonant && !before) measure++;
  }
  return measure;
}

static bool has_vowel(const char *word, size_t length) {
  bool consonant = false;
  for (size_t i = 0; i < length; i++) {
    consonant = is_consonant_after(word[i], i == 0, consonant);
    if (!consonant) return true;
  }
  return false;
}

static bool ends_in_double_consonant(const stem_word *w) {
  return w->length >= 2 && w->letters[w->length - 1] == w->letters[w->length - 2] &&
         is_consonant(w->letters, w->length - 1);
}

// Porter's *o: consonant, vowel, consonant other than w, x and y; of two letters, vowel and
// consonant.
static bool ends_in_short_syllable(const char *word, size_t length) {
  if (length == 2) return !is_consonant(word, 0) && is_consonant(word, 1);
  if (length < 3) return false;
  const char last = word[length - 1];
  return is_consonant(word, length - 3) && !is_consonant(word, length - 2) &&
         is_consonant(word, length - 1) && last != 'w' && last != 'x' && last != 'y';
}

// ---- suffixes ------------------------------------------------------------------------

static bool ends_with(const stem_word *w, const char *suffix) {
  const size_t length = strlen(suffix);
  return w->length >= length && memcmp(w->letters + w->length - length, suffix, length) == 0;
}

// The new suffix is never longer than the old one.
static void replace_end(stem_word *w, size_t old, const char *suffix) {
  const size_t length = strlen(suffix);
  w->length -= old;
  memcpy(w->letters + w->length, suffix, length);
  w->length += length;
}

typedef struct suffix_rule {
  const char *suffix, *replacement;
} suffix_rule;

// The first rule whose suffix the word has is the only one that may apply: where the measure of
// what comes before the suffix is at least that.
static void replace_suffix(stem_word *w, const suffix_rule *rules, size_t count, size_t measure) {
  for (size_t i = 0; i < count; i++) {
    if (!ends_with(w, rules[i].suffix)) continue;
    const size_t old = strlen(rules[i].suffix);
    if (measure_of(w->letters, w->length - old) >= measure)
      replace_end(w, old, rules[i].replacement);
    return;
  }
}

// ---- steps ---------------------------------------------------------------------------

static void remove_plural(stem_word *w) {
  static const suffix_rule rules[] = {{"sses", "ss"}, {"ies", "i"}, {"ss", "ss"}, {"s", ""}};
  if (w->length == 4 && ends_with(w, "ies"))
    replace_end(w, 3, "ie");
  else
    replace_suffix(w, rules, COUNT(rules), 0);
}

// After -ed and -ing: hoping and hopping become hope and hop.
static void mend_end(stem_word *w) {
  static const suffix_rule rules[] = {{"at", "ate"}, {"bl", "ble"}, {"iz", "ize"}};
  const char last = w->letters[w->length - 1];
  for (size_t i = 0; i < COUNT(rules); i++)
    if (ends_with(w, rules[i].suffix)) {
      replace_end(w, 2, rules[i].replacement);
      return;
    }
  if (ends_in_double_consonant(w))
    w->length -= last != 'l' && last != 's' && last != 'z';
  else if (measure_of(w->letters, w->length) == 1 && ends_in_short_syllable(w->letters, w->length))
    replace_end(w, 0, "e");
}

static void remove_past(stem_word *w) {
  if (ends_with(w, "ied")) {
    replace_end(w, 3, w->length == 4 ? "ie" : "i");
    return;
  }
  if (ends_with(w, "eed")) {
    if (measure_of(w->letters, w->length - 3) > 0) w->length--;
    return;
  }
  const size_t suffix = ends_with(w, "ed") ? 2 : ends_with(w, "ing") ? 3 : 0;
  if (suffix == 0 || !has_vowel(w->letters, w->length - suffix)) return;
  w->length -= suffix;
  mend_end(w);
}

static void replace_y(stem_word *w) {
  if (ends_with(w, "y") && w->length > 2 && is_consonant(w->letters, w->length - 2))
    w->letters[w->length - 1] = 'i';
}

static void shorten_double_suffix(stem_word *w) {
  static const suffix_rule rules[] = {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},
                                      {"anci", "ance"},   {"izer", "ize"},    {"bli", "ble"},
                                      {"alli", "al"},     {"entli", "ent"},   {"eli", "e"},
                                      {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
                                      {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"},
                                      {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},
                                      {"iviti", "ive"},   {"biliti", "ble"},  {"fulli", "ful"}};
  while (ends_with(w, "alli") && measure_of(w->letters, w->length - 4) > 0) w->length -= 2;
  // The l of -logi counts as the stem's: geo and theo are as good as archaeo.
  if (!ends_with(w, "logi"))
    replace_suffix(w, rules, COUNT(rules), 1);
  else if (measure_of(w->letters, w->length - 3) > 0)
    w->length--;
}

static void shorten_single_suffix(stem_word *w) {
  static const suffix_rule rules[] = {{"icate", "ic"}, {"ative", ""},  {"alize", "al"},
                                      {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""},
                                      {"ness", ""}};
  replace_suffix(w, rules, COUNT(rules), 1);
}

static void remove_suffix(stem_word *w) {
  static const suffix_rule rules[] = {{"al", ""},    {"ance", ""}, {"ence", ""}, {"er", ""},
                                      {"ic", ""},    {"able", ""}, {"ible", ""}, {"ant", ""},
                                      {"ement", ""}, {"ment", ""}, {"ent", ""},  {"ion", ""},
                                      {"ou", ""},    {"ism", ""},  {"ate", ""},  {"iti", ""},
                                      {"ous", ""},   {"ive", ""},  {"ize", ""}};
  // -ion goes after s and t only; no other suffix ends so.
  if (ends_with(w, "ion") && !ends_with(w, "sion") && !ends_with(w, "tion")) return;
  replace_suffix(w, rules, COUNT(rules), 2);
}

static void tidy_end(stem_word *w) {
  if (ends_with(w, "e")) {
    const size_t measure = measure_of(w->letters, w->length - 1);
    if (measure > 1 || (measure == 1 && !ends_in_short_syllable(w->letters, w->length - 1)))
      w->length--;
  }
  if (ends_with(w, "ll") && measure_of(w->letters, w->length - 1) > 1) w->length--;
}

// ---- words ---------------------------------------------------------------------------

static bool replace_irregular(stem_word *w) {
  static const suffix_rule forms[] = {
      {"sky", "sky"},        {"skies", "sky"},        {"dying", "die"},
      {"lying", "lie"},      {"tying", "tie"},        {"news", "news"},
      {"innings", "inning"}, {"inning", "inning"},    {"outings", "outing"},
      {"outing", "outing"},  {"cannings", "canning"}, {"canning", "canning"},
      {"howe", "howe"},      {"proceed", "proceed"},  {"exceed", "exceed"},
      {"succeed", "succeed"}};
  for (size_t i = 0; i < COUNT(forms); i++)
    if (w->length == strlen(forms[i].suffix) && ends_with(w, forms[i].suffix)) {
      replace_end(w, w->length, forms[i].replacement);
      return true;
    }
  return false;
}

size_t ig_porter_stem(char *word, size_t length) {
  stem_word w = {word, length};
  if (replace_irregular(&w) || length <= 2) return w.length;
  remove_plural(&w);
  remove_past(&w);
  replace_y(&w);
  shorten_double_suffix(&w);
  shorten_single_suffix(&w);
  remove_suffix(&w);
  tidy_end(&w);
  return w.length;
}
