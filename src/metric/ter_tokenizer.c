#include "metric/ter_tokenizer.h"

#include <string.h>

#include "base/fail.h"

typedef struct code_range {
  int32_t first, last;
} code_range;
#define ANY_OF(ranges, c) is_in(ranges, sizeof(ranges) / sizeof *(ranges), c)

static bool is_in(const code_range *ranges, size_t count, int32_t c) {
  for (size_t i = 0; i < count; i++)
    if (c >= ranges[i].first && c <= ranges[i].last) return true;
  return false;
}

// tercom's sets of characters. Its rules for Hiragana and Katakana match nothing, for the line has
// a space before and after it by then.
static const code_range western[] = {{'{', '~'}, {'[', '`'}, {' ', '&'},
                                     {'(', '+'}, {':', '@'}, {'/', '/'}};
static const code_range ideographs[] = {{0x4e00, 0x9fff}, {0x3400, 0x4dbf}, {0x31c0, 0x31ef},
                                        {0x2e80, 0x2eff}, {0x3300, 0x33ff}, {0xf900, 0xfaff},
                                        {0xfe30, 0xfe4f}, {0x3200, 0x3f22}};
static const code_range asian_marks[] = {{0x3001, 0x3002}, {0x3008, 0x3011}, {0x3014, 0x301f},
                                         {0xff61, 0xff65}, {0x30fb, 0x30fb}, {0xff0e, 0xff0e},
                                         {0xff0c, 0xff0c}, {0xff1f, 0xff1f}, {0xff1a, 0xff1a},
                                         {0xff1b, 0xff1b}, {0xff01, 0xff02}, {0xff08, 0xff09}};

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool is_stop(int32_t c) { return c == '.' || c == ','; }
static bool is_western(int32_t c) { return ANY_OF(western, c); }
static bool is_ideograph(int32_t c) { return ANY_OF(ideographs, c); }
static bool is_asian_mark(int32_t c) { return ANY_OF(asian_marks, c); }
static bool is_mark(int32_t c) { return c > 0 && c < 0x80 && strchr(".,?:;!\"()", (char)c); }

static ig_status push_all(ig_codes *codes, const char *text, ig_error *err) {
  for (; *text; text++) IG_TRY(ig_codes_push(codes, *text, err));
  return IG_OK;
}

// What a rule makes of the characters from *at on: it appends to the output and moves *at.
typedef ig_status (*rewriting)(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err);

// Applies a rule from the left to the right. The result takes the place of the line.
static ig_status rewrite(ig_codes *line, rewriting rule, ig_error *err) {
  ig_codes out = {0};
  ig_status status = IG_OK;
  for (size_t at = 0; status == IG_OK && at < line->count;) status = rule(line, &at, &out, err);
  ig_codes_free(line);
  *line = out;
  return status;
}

static ig_status keep_one(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err) {
  return ig_codes_push(out, in->points[(*at)++], err);
}

static ig_status set_apart(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err) {
  IG_TRY(ig_codes_push(out, ' ', err));
  IG_TRY(keep_one(in, at, out, err));
  return ig_codes_push(out, ' ', err);
}

static bool starts_with(const ig_codes *in, size_t at, const char *text) {
  for (; *text; text++, at++)
    if (at >= in->count || in->points[at] != *text) return false;
  return true;
}

#define REPLACE(name, from, to)                                                         \
  static ig_status name(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err) { \
    if (!starts_with(in, *at, from)) return keep_one(in, at, out, err);                 \
    *at += sizeof(from) - 1;                                                            \
    return push_all(out, to, err);                                                      \
  }
REPLACE(read_quotes, "&quot;", "\"")
REPLACE(read_ampersands, "&amp;", "&")
REPLACE(read_less, "&lt;", "<")
REPLACE(read_greater, "&gt;", ">")
REPLACE(cut_possessives, "'s ", " 's ")

static ig_status cut_western(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err) {
  if (is_western(in->points[*at])) return set_apart(in, at, out, err);
  return keep_one(in, at, out, err);
}

// A point or comma after what is no digit.
static ig_status cut_after_others(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err) {
  const bool cut =
      *at + 1 < in->count && !is_digit(in->points[*at]) && is_stop(in->points[*at + 1]);
  IG_TRY(keep_one(in, at, out, err));
  return cut ? set_apart(in, at, out, err) : IG_OK;
}

// A point or comma before what is no digit.
static ig_status cut_before_others(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err) {
  const bool cut =
      *at + 1 < in->count && is_stop(in->points[*at]) && !is_digit(in->points[*at + 1]);
  if (!cut) return keep_one(in, at, out, err);
  IG_TRY(set_apart(in, at, out, err));
  return keep_one(in, at, out, err);
}

static ig_status cut_dashes(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err) {
  const bool cut = is_digit(in->points[*at]) && starts_with(in, *at + 1, "-");
  IG_TRY(keep_one(in, at, out, err));
  return cut ? set_apart(in, at, out, err) : IG_OK;
}

static ig_status cut_asian(const ig_codes *in, size_t *at, ig_codes *out, ig_error *err) {
  const int32_t c = in->points[*at];
  if (is_ideograph(c) || is_asian_mark(c)) return set_apart(in, at, out, err);
  return keep_one(in, at, out, err);
}

static ig_status surround(ig_codes *line, ig_error *err) {
  ig_codes out = {0};
  ig_status status = ig_codes_push(&out, ' ', err);
  for (size_t i = 0; status == IG_OK && i < line->count; i++)
    status = ig_codes_push(&out, line->points[i], err);
  if (status == IG_OK) status = ig_codes_push(&out, ' ', err);
  ig_codes_free(line);
  *line = out;
  return status;
}

static ig_status normalize(ig_codes *line, bool asian, ig_error *err) {
  static const rewriting escapes[] = {read_quotes, read_ampersands, read_less, read_greater};
  static const rewriting cuts[] = {cut_western, cut_possessives, cut_after_others,
                                   cut_before_others, cut_dashes};
  for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
    IG_TRY(rewrite(line, escapes[i], err));
  IG_TRY(surround(line, err));
  for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) IG_TRY(rewrite(line, cuts[i], err));
  return asian ? rewrite(line, cut_asian, err) : IG_OK;
}

static void remove_marks(ig_codes *line, bool asian) {
  size_t to = 0;
  for (size_t i = 0; i < line->count; i++) {
    const int32_t c = line->points[i];
    if (!is_mark(c) && !(asian && is_asian_mark(c))) line->points[to++] = c;
  }
  line->count = to;
}

ig_status ig_ter_tokenizer_apply(const ig_score_options *options, ig_codes *line, ig_error *err) {
  if (!options->ter_case_sensitive) IG_TRY(ig_codes_lower(line, err));
  if (options->ter_normalized) IG_TRY(normalize(line, options->ter_asian, err));
  if (options->ter_no_punctuation) remove_marks(line, options->ter_asian);
  return IG_OK;
}
