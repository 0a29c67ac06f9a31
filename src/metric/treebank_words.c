// Each rule is one of NLTK's regular expressions with its replacement: one pass over the text, from
// left to right, and matches do not overlap. Letters are of lower case here, so that the rules for
// capital ones are left out.
#include "metric/treebank_words.h"

#include <stdbool.h>
#include <string.h>

#include "base/fail.h"
#include "metric/character_class.h"

// What a rule matched at a position, and what becomes of it.
typedef struct word_cut {
  size_t length;     // code points; at least one
  size_t spaces[3];  // where spaces are put in, counted from the match's beginning
  int space_count;
  const char *instead;  // ASCII, put in the place of all but the first `kept`; NULL: all is kept
  size_t kept;
} word_cut;

typedef struct word_rule {
  // Whether something matches at this position. NULL: one of the characters.
  bool (*match)(const ig_codes *text, size_t at, word_cut *cut);
  const int32_t *characters;  // ended by 0; spaces are put around each
} word_rule;

static int32_t point_at(const ig_codes *t, size_t at) { return at < t->count ? t->points[at] : 0; }

static bool is_among(int32_t c, const int32_t *characters) {
  for (; *characters; characters++)
    if (*characters == c) return true;
  return false;
}

// Case is ignored as Python ignores it: the long s is an s, the dotless i an i.
static bool is_letter(int32_t c, char letter) {
  return c == letter || (letter == 's' && c == 0x17F) || (letter == 'i' && c == 0x131);
}

// The length of the word at a position; 0: another text is there.
static size_t match_letters(const ig_codes *t, size_t at, const char *word) {
  size_t n = 0;
  while (word[n] && is_letter(point_at(t, at + n), word[n])) n++;
  return word[n] ? 0 : n;
}

static bool match_text(const ig_codes *t, size_t at, const char *text) {
  size_t n = 0;
  while (text[n] && point_at(t, at + n) == text[n]) n++;
  return !text[n];
}

static size_t run_of(const ig_codes *t, size_t at, const int32_t *characters) {
  size_t n = 0;
  while (at + n < t->count && is_among(t->points[at + n], characters)) n++;
  return n;
}

// The length of the white space that ends the text; false: something else is in between.
static bool is_space_to_end(const ig_codes *t, size_t at) {
  while (at < t->count && ig_character_class_is_space(t->points[at])) at++;
  return at == t->count;
}

static bool put_around(word_cut *cut, size_t length) {
  *cut = (word_cut){.length = length, .spaces = {0, length}, .space_count = 2};
  return true;
}

// ---- opening quotes -------------------------------------------------------------------

static bool is_opening_quote(const ig_codes *t, size_t at, word_cut *cut) {
  static const int32_t quotes[] = {0xAB, 0x201C, 0x2018, 0x201E, 0}, grave[] = {'`', 0};
  const size_t graves = run_of(t, at, grave);
  if (graves > 0) return put_around(cut, graves);
  return is_among(t->points[at], quotes) && put_around(cut, 1);
}

static bool is_first_quote(const ig_codes *t, size_t at, word_cut *cut) {
  *cut = (word_cut){.length = 1, .instead = "``"};
  return at == 0 && t->points[0] == '"';
}

static bool is_double_grave(const ig_codes *t, size_t at, word_cut *cut) {
  return match_text(t, at, "``") && put_around(cut, 2);
}

static bool is_quote_after_opening(const ig_codes *t, size_t at, word_cut *cut) {
  static const int32_t opening[] = {' ', '(', '[', '{', '<', 0};
  const size_t quote = point_at(t, at + 1) == '"' ? 1 : match_text(t, at + 1, "''") ? 2 : 0;
  *cut = (word_cut){.length = 1 + quote, .kept = 1, .instead = " `` "};
  return quote > 0 && is_among(t->points[at], opening);
}

// An apostrophe that begins a word and is no clitic: 'quoted, but not 'll.
static bool is_apostrophe_before_word(const ig_codes *t, size_t at, word_cut *cut) {
  static const char *const clitics[] = {"re", "ve", "ll", "m", "t", "s", "d", "n"};
  if (t->points[at] != '\'' || (at > 0 && ig_character_class_is_word(t->points[at - 1])) ||
      at + 1 >= t->count || !ig_character_class_is_word(t->points[at + 1]))
    return false;
  for (size_t i = 0; i < sizeof clitics / sizeof *clitics; i++) {
    const size_t length = match_letters(t, at + 1, clitics[i]);
    if (length > 0 && ig_character_class_is_edge(t, at + 1 + length)) return false;
  }
  *cut = (word_cut){.length = 1, .spaces = {1}, .space_count = 1};
  return true;
}

// ---- punctuation ----------------------------------------------------------------------

// A full stop, and whatever closes after it, at the end of the text. White space after it may stay:
// no later rule sees a difference.
static bool is_last_stop(const ig_codes *t, size_t at, const int32_t *closing, size_t *closed) {
  if (t->points[at] == '.' || point_at(t, at + 1) != '.') return false;
  *closed = run_of(t, at + 2, closing);
  return is_space_to_end(t, at + 2 + *closed);
}

static bool is_last_stop_with_quotes(const ig_codes *t, size_t at, word_cut *cut) {
  static const int32_t closing[] = {']', ')', '}', '>', '"', '\'', 0xBB, 0x201D, 0x2019, ' ', 0};
  size_t closed;
  if (!is_last_stop(t, at, closing, &closed)) return false;
  *cut = (word_cut){.length = t->count - at, .spaces = {1, 2, 2 + closed}, .space_count = 3};
  return true;
}

static bool is_last_stop_alone(const ig_codes *t, size_t at, word_cut *cut) {
  static const int32_t closing[] = {']', ')', '}', '>', '"', '\'', 0};
  size_t closed;
  if (!is_last_stop(t, at, closing, &closed)) return false;
  *cut = (word_cut){.length = t->count - at, .spaces = {1, 2 + closed}, .space_count = 2};
  return true;
}

static bool is_colon(int32_t c) { return c == ':' || c == ','; }

static bool is_colon_before_other(const ig_codes *t, size_t at, word_cut *cut) {
  *cut = (word_cut){.length = 2, .spaces = {0, 1}, .space_count = 2};
  return is_colon(t->points[at]) && at + 1 < t->count &&
         !ig_character_class_is_digit(t->points[at + 1]);
}

static bool is_last_colon(const ig_codes *t, size_t at, word_cut *cut) {
  const bool last = at + 1 == t->count || (at + 2 == t->count && t->points[at + 1] == '\n');
  return last && is_colon(t->points[at]) && put_around(cut, 1);
}

static bool is_run_of_stops(const ig_codes *t, size_t at, word_cut *cut) {
  static const int32_t stop[] = {'.', 0};
  const size_t stops = run_of(t, at, stop);
  return stops > 1 && put_around(cut, stops);
}

static bool is_apostrophe_after_word(const ig_codes *t, size_t at, word_cut *cut) {
  *cut = (word_cut){.length = 3, .spaces = {1}, .space_count = 1};
  return t->points[at] != '\'' && match_text(t, at + 1, "' ");
}

static bool is_double_dash(const ig_codes *t, size_t at, word_cut *cut) {
  return match_text(t, at, "--") && put_around(cut, 2);
}

// ---- closing quotes and clitics, in a text with a space at both ends --------------------

static bool is_double_apostrophe(const ig_codes *t, size_t at, word_cut *cut) {
  return match_text(t, at, "''") && put_around(cut, 2);
}

static bool is_quote(const ig_codes *t, size_t at, word_cut *cut) {
  *cut = (word_cut){.length = 1, .instead = " '' "};
  return t->points[at] == '"';
}

static bool is_white_space(const ig_codes *t, size_t at, word_cut *cut) {
  size_t n = 0;
  while (at + n < t->count && ig_character_class_is_space(t->points[at + n])) n++;
  *cut = (word_cut){.length = n, .instead = " "};
  return n > 0;
}

static bool is_clitic(const ig_codes *t, size_t at, const char *const *clitics, word_cut *cut) {
  if (t->points[at] == '\'' || t->points[at] == ' ') return false;
  for (; *clitics; clitics++) {
    *cut = (word_cut){.length = 1 + strlen(*clitics), .spaces = {1}, .space_count = 1};
    if (match_text(t, at + 1, *clitics)) return true;
  }
  return false;
}

static bool is_short_clitic(const ig_codes *t, size_t at, word_cut *cut) {
  static const char *const clitics[] = {"'s ", "'m ", "'d ", "' ", NULL};
  return is_clitic(t, at, clitics, cut);
}

static bool is_long_clitic(const ig_codes *t, size_t at, word_cut *cut) {
  static const char *const clitics[] = {"'ll ", "'re ", "'ve ", "n't ", NULL};
  return is_clitic(t, at, clitics, cut);
}

// ---- contractions ---------------------------------------------------------------------

// One of two words that are written as one.
typedef struct contraction {
  const char *first, *second;
} contraction;

// Each of them is a rule of its own in NLTK; as none can make another appear, one pass does.
static bool is_contraction(const ig_codes *t, size_t at, word_cut *cut) {
  static const contraction known[] = {{"can", "not"}, {"d", "'ye"},  {"gim", "me"},  {"gon", "na"},
                                      {"got", "ta"},  {"lem", "me"}, {"more", "'n"}, {"wan", "na"}};
  if (!ig_character_class_is_edge(t, at)) return false;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const size_t first = match_letters(t, at, known[i].first),
                 second = first ? match_letters(t, at + first, known[i].second) : 0,
                 end = at + first + second;
    if (!second || !ig_character_class_is_edge(t, end)) continue;
    if (known[i].first[0] == 'w' && !ig_character_class_is_space(point_at(t, end))) continue;
    *cut = (word_cut){
        .length = first + second, .spaces = {0, first, first + second}, .space_count = 3};
    return true;
  }
  return false;
}

static bool is_contraction_of_it(const ig_codes *t, size_t at, word_cut *cut) {
  static const char *const verbs[] = {"is", "was"};
  if (t->points[at] != ' ' || !match_letters(t, at + 1, "'t")) return false;
  for (size_t i = 0; i < 2; i++) {
    const size_t length = match_letters(t, at + 3, verbs[i]);
    if (!length || !ig_character_class_is_edge(t, at + 3 + length)) continue;
    *cut = (word_cut){.length = 3 + length, .spaces = {3, 3 + length}, .space_count = 2};
    return true;
  }
  return false;
}

// ---- the passes -----------------------------------------------------------------------

static bool match_rule(const word_rule *rule, const ig_codes *text, size_t at, word_cut *cut) {
  if (rule->match) return rule->match(text, at, cut);
  return is_among(text->points[at], rule->characters) && put_around(cut, 1);
}

static ig_status write_cut(const ig_codes *text, size_t at, const word_cut *cut, ig_codes *out,
                           ig_error *err) {
  const size_t kept = cut->instead ? cut->kept : cut->length;
  int spaces = 0;
  for (size_t i = 0; i <= kept; i++) {
    for (; spaces < cut->space_count && cut->spaces[spaces] == i; spaces++)
      IG_TRY(ig_codes_push(out, ' ', err));
    if (i < kept) IG_TRY(ig_codes_push(out, text->points[at + i], err));
  }
  for (const char *c = cut->instead ? cut->instead : ""; *c; c++)
    IG_TRY(ig_codes_push(out, *c, err));
  return IG_OK;
}

static ig_status write_pass(const word_rule *rule, const ig_codes *text, ig_codes *out,
                            ig_error *err) {
  for (size_t i = 0; i < text->count;) {
    word_cut cut;
    if (match_rule(rule, text, i, &cut)) {
      IG_TRY(write_cut(text, i, &cut, out, err));
      i += cut.length;
    } else {
      IG_TRY(ig_codes_push(out, text->points[i++], err));
    }
  }
  return IG_OK;
}

static ig_status pass_rules(const word_rule *rules, size_t count, ig_codes *text, ig_error *err) {
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    ig_codes out = {0};
    status = write_pass(&rules[i], text, &out, err);
    ig_codes_free(text);
    *text = out;
  }
  return status;
}

static ig_status put_space_around(ig_codes *text, ig_error *err) {
  ig_codes out = {0};
  ig_status status = ig_codes_push(&out, ' ', err);
  for (size_t i = 0; status == IG_OK && i < text->count; i++)
    status = ig_codes_push(&out, text->points[i], err);
  if (status == IG_OK) status = ig_codes_push(&out, ' ', err);
  ig_codes_free(text);
  *text = out;
  return status;
}

static const int32_t signs[] = {';', '@', '#', '$', '%', '&', 0},
                     dashes[] = {0x2012, 0x2013, 0x2014, 0x2015, 0}, ends[] = {'?', '!', 0},
                     star[] = {'*', 0}, brackets[] = {']', '[', '(', ')', '{', '}', '<', '>', 0},
                     closing_quotes[] = {0xBB, 0x201D, 0x2019, 0};

static const word_rule first_rules[] = {{is_opening_quote, NULL},
                                        {is_first_quote, NULL},
                                        {is_double_grave, NULL},
                                        {is_quote_after_opening, NULL},
                                        {is_apostrophe_before_word, NULL},
                                        {is_last_stop_with_quotes, NULL},
                                        {is_colon_before_other, NULL},
                                        {is_last_colon, NULL},
                                        {is_run_of_stops, NULL},
                                        {NULL, signs},
                                        {NULL, dashes},
                                        {is_last_stop_alone, NULL},
                                        {NULL, ends},
                                        {is_apostrophe_after_word, NULL},
                                        {NULL, star},
                                        {NULL, brackets},
                                        {is_double_dash, NULL}};
static const word_rule last_rules[] = {{NULL, closing_quotes},  {is_double_apostrophe, NULL},
                                       {is_quote, NULL},        {is_white_space, NULL},
                                       {is_short_clitic, NULL}, {is_long_clitic, NULL},
                                       {is_contraction, NULL},  {is_contraction_of_it, NULL}};

ig_status ig_treebank_words_cut(ig_codes *text, ig_error *err) {
  IG_TRY(pass_rules(first_rules, sizeof first_rules / sizeof *first_rules, text, err));
  IG_TRY(put_space_around(text, err));
  return pass_rules(last_rules, sizeof last_rules / sizeof *last_rules, text, err);
}
