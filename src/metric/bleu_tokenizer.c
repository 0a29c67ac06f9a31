// sacreBLEU's tokenizers, over code points. Each of its regular expressions is one pass here: from
// left to right, and matches do not overlap.
#include "metric/bleu_tokenizer.h"

#include <string.h>
#include <utf8proc.h>

#include "base/fail.h"
#include "text/utf8.h"

// What becomes of the code points from `at` on, and how many of them that took.
typedef struct rewriting {
  int32_t points[4];
  size_t written, taken;
} rewriting;
// The replacement of one regular expression, at one position.
typedef rewriting (*rewriting_rule)(const ig_codes *line, size_t at);

static ig_status rewrite(ig_codes *line, rewriting_rule rule, ig_error *err) {
  ig_codes out = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < line->count;) {
    const rewriting now = rule(line, i);
    for (size_t j = 0; status == IG_OK && j < now.written; j++)
      status = ig_codes_push(&out, now.points[j], err);
    i += now.taken;
  }
  ig_codes_free(line);
  *line = out;
  return status;
}

static rewriting keep(const ig_codes *line, size_t at) {
  return (rewriting){{line->points[at]}, 1, 1};
}

static rewriting space_around(const ig_codes *line, size_t at) {  // " \1 "
  return (rewriting){{' ', line->points[at], ' '}, 3, 1};
}

static rewriting space_after_first(const ig_codes *line, size_t at) {  // "\1 \2 "
  return (rewriting){{line->points[at], ' ', line->points[at + 1], ' '}, 4, 2};
}

static rewriting space_before_second(const ig_codes *line, size_t at) {  // " \1 \2"
  return (rewriting){{' ', line->points[at], ' ', line->points[at + 1]}, 4, 2};
}

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool is_stop(int32_t c) { return c == '.' || c == ','; }

// ---- 13a --------------------------------------------------------------------

// ASCII punctuation but ' , - . (and the space): [{-~[-` -&(-+:-@/]
static rewriting ascii_mark_apart(const ig_codes *line, size_t at) {
  const int32_t c = line->points[at];
  const bool hit = (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
                   (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
  return hit ? space_around(line, at) : keep(line, at);
}

static rewriting stop_not_after_digit(const ig_codes *line, size_t at) {
  const bool hit =
      at + 1 < line->count && !is_digit(line->points[at]) && is_stop(line->points[at + 1]);
  return hit ? space_after_first(line, at) : keep(line, at);
}

static rewriting stop_not_before_digit(const ig_codes *line, size_t at) {
  const bool hit =
      at + 1 < line->count && is_stop(line->points[at]) && !is_digit(line->points[at + 1]);
  return hit ? space_before_second(line, at) : keep(line, at);
}

static rewriting dash_after_digit(const ig_codes *line, size_t at) {
  const bool hit =
      at + 1 < line->count && is_digit(line->points[at]) && line->points[at + 1] == '-';
  return hit ? space_after_first(line, at) : keep(line, at);
}

static ig_status tokenize_western(ig_codes *line, ig_error *err) {
  static const rewriting_rule rules[] = {ascii_mark_apart, stop_not_after_digit,
                                         stop_not_before_digit, dash_after_digit};
  for (int i = 0; i < 4; i++) IG_TRY(rewrite(line, rules[i], err));
  return IG_OK;
}

// Replaces every occurrence of an ASCII word by one code point (0: by nothing), in place.
static void replace_word(ig_codes *line, const char *word, int32_t by) {
  const size_t length = strlen(word);
  size_t to = 0;
  for (size_t i = 0; i < line->count;) {
    size_t same = 0;
    while (same < length && i + same < line->count && line->points[i + same] == word[same]) same++;
    if (same < length) {
      line->points[to++] = line->points[i++];
    } else {
      if (by) line->points[to++] = by;
      i += length;
    }
  }
  line->count = to;
}

static ig_status tokenize_13a(ig_codes *line, ig_error *err) {
  replace_word(line, "<skipped>", 0);
  replace_word(line, "&quot;", '"');
  replace_word(line, "&amp;", '&');
  replace_word(line, "&lt;", '<');
  replace_word(line, "&gt;", '>');
  IG_TRY(ig_codes_push(line, ' ', err));  // a space at both ends
  IG_TRY(ig_codes_push(line, ' ', err));
  memmove(line->points + 1, line->points, (line->count - 2) * sizeof *line->points);
  line->points[0] = ' ';
  return tokenize_western(line, err);
}

// ---- zh ---------------------------------------------------------------------

// sacreBLEU writes the astral ranges as '\u20000' and the like, which Python reads as two
// characters. Compared as strings, they make U+2001 to U+2A6D and U+2F81 to U+2FA1 Chinese, and no
// astral character.
static bool is_chinese(int32_t c) {
  static const int32_t ranges[][2] = {
      {0x3400, 0x4db5}, {0x4e00, 0x9fa5}, {0x9fa6, 0x9fbb}, {0xf900, 0xfa2d}, {0xfa30, 0xfa6a},
      {0xfa70, 0xfad9}, {0x2001, 0x2a6d}, {0x2f81, 0x2fa1}, {0xff00, 0xffef}, {0x2e80, 0x2eff},
      {0x3000, 0x303f}, {0x31c0, 0x31ef}, {0x2f00, 0x2fdf}, {0x2ff0, 0x2fff}, {0x3100, 0x312f},
      {0x31a0, 0x31bf}, {0xfe10, 0xfe1f}, {0xfe30, 0xfe4f}, {0x2600, 0x26ff}, {0x2700, 0x27bf},
      {0x3200, 0x32ff}, {0x3300, 0x33ff}};
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    if (c >= ranges[i][0] && c <= ranges[i][1]) return true;
  return false;
}

static rewriting chinese_apart(const ig_codes *line, size_t at) {
  return is_chinese(line->points[at]) ? space_around(line, at) : keep(line, at);
}

static ig_status tokenize_zh(ig_codes *line, ig_error *err) {
  size_t skip = 0;  // Python's strip(); the line's end was stripped when it was decoded
  while (skip < line->count && ig_utf8_is_space((uint32_t)line->points[skip])) skip++;
  line->count -= skip;
  if (line->count) memmove(line->points, line->points + skip, line->count * sizeof *line->points);
  IG_TRY(rewrite(line, chinese_apart, err));
  return tokenize_western(line, err);
}

// ---- char, intl, none -------------------------------------------------------

static ig_status tokenize_char(ig_codes *line, ig_error *err) {
  return rewrite(line, space_around, err);
}

static bool in_categories(int32_t c, utf8proc_category_t first, utf8proc_category_t last) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= first && category <= last;
}
static bool is_number(int32_t c) {
  return in_categories(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}
static bool is_mark(int32_t c) {
  return in_categories(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}
static bool is_symbol(int32_t c) {
  return in_categories(c, UTF8PROC_CATEGORY_SM, UTF8PROC_CATEGORY_SO);
}

static rewriting mark_not_after_number(const ig_codes *line, size_t at) {
  const bool hit =
      at + 1 < line->count && !is_number(line->points[at]) && is_mark(line->points[at + 1]);
  return hit ? space_after_first(line, at) : keep(line, at);
}

static rewriting mark_not_before_number(const ig_codes *line, size_t at) {
  const bool hit =
      at + 1 < line->count && is_mark(line->points[at]) && !is_number(line->points[at + 1]);
  return hit ? space_before_second(line, at) : keep(line, at);
}

static rewriting symbol_apart(const ig_codes *line, size_t at) {
  return is_symbol(line->points[at]) ? space_around(line, at) : keep(line, at);
}

static ig_status tokenize_intl(ig_codes *line, ig_error *err) {
  static const rewriting_rule rules[] = {mark_not_after_number, mark_not_before_number,
                                         symbol_apart};
  for (int i = 0; i < 3; i++) IG_TRY(rewrite(line, rules[i], err));
  return IG_OK;
}

static ig_status tokenize_none(ig_codes *line, ig_error *err) {
  (void)line;
  (void)err;
  return IG_OK;
}

const ig_bleu_tokenizer *ig_bleu_tokenizer_find(const char *name) {
  static const ig_bleu_tokenizer tokenizers[] = {{"13a", tokenize_13a},
                                                 {"zh", tokenize_zh},
                                                 {"char", tokenize_char},
                                                 {"intl", tokenize_intl},
                                                 {"none", tokenize_none}};
  for (size_t i = 0; i < sizeof tokenizers / sizeof *tokenizers; i++)
    if (strcmp(tokenizers[i].name, name) == 0) return &tokenizers[i];
  return NULL;
}
