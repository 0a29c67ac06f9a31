// sacreBLEU's tokenizers over code points. Each regular expression of theirs is one pass here, left
// to right, matches not overlapping.
#include "metric/tokenize.h"

#include <string.h>
#include <utf8proc.h>

#include "base/fail.h"

// One pass: writes what becomes of the code points at `at` and returns how many of them that took.
typedef size_t (*rule)(const ig_codes *in, size_t at, int32_t out[4], size_t *written);

static ig_status apply(ig_codes *line, rule run, ig_error *err) {
  ig_codes out = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < line->count;) {
    int32_t points[4];
    size_t written = 0;
    i += run(line, i, points, &written);
    for (size_t j = 0; status == IG_OK && j < written; j++)
      status = ig_codes_push(&out, points[j], err);
  }
  ig_codes_free(line);
  *line = out;
  return status;
}

static size_t keep(const ig_codes *in, size_t at, int32_t out[4], size_t *written) {
  out[0] = in->points[at];
  *written = 1;
  return 1;
}

static size_t spaced(const ig_codes *in, size_t at, int32_t out[4], size_t *written) {  // " \1 "
  out[0] = ' ', out[1] = in->points[at], out[2] = ' ';
  *written = 3;
  return 1;
}

static size_t break_behind(const ig_codes *in, size_t at, int32_t out[4],
                           size_t *written) {  // "\1 \2 "
  out[0] = in->points[at], out[1] = ' ', out[2] = in->points[at + 1], out[3] = ' ';
  *written = 4;
  return 2;
}

static size_t break_before(const ig_codes *in, size_t at, int32_t out[4],
                           size_t *written) {  // " \1 \2"
  out[0] = ' ', out[1] = in->points[at], out[2] = ' ', out[3] = in->points[at + 1];
  *written = 4;
  return 2;
}

static bool digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool stop(int32_t c) { return c == '.' || c == ','; }

// ---- 13a --------------------------------------------------------------------

// ASCII punctuation but ' , - . (and the space): [{-~[-` -&(-+:-@/]
static size_t punctuation(const ig_codes *in, size_t at, int32_t out[4], size_t *written) {
  const int32_t c = in->points[at];
  const bool hit = (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
                   (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
  return (hit ? spaced : keep)(in, at, out, written);
}

static size_t stop_not_after_digit(const ig_codes *in, size_t at, int32_t out[4], size_t *written) {
  const bool hit = at + 1 < in->count && !digit(in->points[at]) && stop(in->points[at + 1]);
  return (hit ? break_behind : keep)(in, at, out, written);
}

static size_t stop_not_before_digit(const ig_codes *in, size_t at, int32_t out[4],
                                    size_t *written) {
  const bool hit = at + 1 < in->count && stop(in->points[at]) && !digit(in->points[at + 1]);
  return (hit ? break_before : keep)(in, at, out, written);
}

static size_t dash_after_digit(const ig_codes *in, size_t at, int32_t out[4], size_t *written) {
  const bool hit = at + 1 < in->count && digit(in->points[at]) && in->points[at + 1] == '-';
  return (hit ? break_behind : keep)(in, at, out, written);
}

static ig_status western(ig_codes *line, ig_error *err) {
  static const rule rules[] = {punctuation, stop_not_after_digit, stop_not_before_digit,
                               dash_after_digit};
  for (int i = 0; i < 4; i++) IG_TRY(apply(line, rules[i], err));
  return IG_OK;
}

// Replaces every occurrence of an ASCII word by one code point (0: by nothing), in place.
static void replace(ig_codes *line, const char *word, int32_t by) {
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
  replace(line, "<skipped>", 0);
  replace(line, "&quot;", '"');
  replace(line, "&amp;", '&');
  replace(line, "&lt;", '<');
  replace(line, "&gt;", '>');
  IG_TRY(ig_codes_push(line, ' ', err));  // a space at both ends
  IG_TRY(ig_codes_push(line, ' ', err));
  memmove(line->points + 1, line->points, (line->count - 2) * sizeof *line->points);
  line->points[0] = ' ';
  return western(line, err);
}

// ---- zh ---------------------------------------------------------------------

// sacreBLEU writes the astral ranges as '\u20000' and the like, which Python reads as two
// characters: compared as strings they let U+2001 to U+2A6D and U+2F81 to U+2FA1 pass for Chinese,
// and no astral character.
static bool chinese(int32_t c) {
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

static size_t chinese_apart(const ig_codes *in, size_t at, int32_t out[4], size_t *written) {
  return (chinese(in->points[at]) ? spaced : keep)(in, at, out, written);
}

static ig_status tokenize_zh(ig_codes *line, ig_error *err) {
  size_t skip = 0;  // strip: the end was stripped when the line was read
  while (skip < line->count && ig_code_space(line->points[skip])) skip++;
  line->count -= skip;
  if (line->count) memmove(line->points, line->points + skip, line->count * sizeof *line->points);
  IG_TRY(apply(line, chinese_apart, err));
  return western(line, err);
}

// ---- char, intl, none -------------------------------------------------------

static ig_status tokenize_char(ig_codes *line, ig_error *err) { return apply(line, spaced, err); }

static bool in_categories(int32_t c, utf8proc_category_t first, utf8proc_category_t last) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= first && category <= last;
}
static bool number(int32_t c) {
  return in_categories(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}
static bool mark(int32_t c) { return in_categories(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO); }
static bool symbol(int32_t c) {
  return in_categories(c, UTF8PROC_CATEGORY_SM, UTF8PROC_CATEGORY_SO);
}

static size_t mark_not_after_number(const ig_codes *in, size_t at, int32_t out[4],
                                    size_t *written) {
  const bool hit = at + 1 < in->count && !number(in->points[at]) && mark(in->points[at + 1]);
  return (hit ? break_behind : keep)(in, at, out, written);
}

static size_t mark_not_before_number(const ig_codes *in, size_t at, int32_t out[4],
                                     size_t *written) {
  const bool hit = at + 1 < in->count && mark(in->points[at]) && !number(in->points[at + 1]);
  return (hit ? break_before : keep)(in, at, out, written);
}

static size_t symbol_apart(const ig_codes *in, size_t at, int32_t out[4], size_t *written) {
  return (symbol(in->points[at]) ? spaced : keep)(in, at, out, written);
}

static ig_status tokenize_intl(ig_codes *line, ig_error *err) {
  static const rule rules[] = {mark_not_after_number, mark_not_before_number, symbol_apart};
  for (int i = 0; i < 3; i++) IG_TRY(apply(line, rules[i], err));
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
