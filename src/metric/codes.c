// Decoding, lower-casing, splitting, and counting what two texts share.
#include "metric/codes.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_codes_free(ig_codes *codes) {
  free(codes->points);
  *codes = (ig_codes){0};
}

ig_status ig_codes_push(ig_codes *codes, int32_t point, ig_error *err) {
  if (codes->count == codes->capacity)
    IG_TRY(ig_allocate_more((void **)&codes->points, &codes->capacity, codes->count + 1,
                            sizeof *codes->points, err));
  codes->points[codes->count++] = point;
  return IG_OK;
}

bool ig_code_space(int32_t c) {
  return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

ig_status ig_codes_decode(ig_codes *codes, const char *line, ig_error *err) {
  size_t length = strlen(line), bad;
  codes->count = 0;
  if (!ig_utf8_valid(line, length, &bad))
    return ig_fail(err, IG_ERROR_FORMAT, "invalid UTF-8 at byte %zu", bad + 1);
  for (size_t i = 0; i < length;) {
    int32_t point;
    i += (size_t)utf8proc_iterate((const utf8proc_uint8_t *)line + i,
                                  (utf8proc_ssize_t)(length - i), &point);
    IG_TRY(ig_codes_push(codes, point, err));
  }
  while (codes->count && ig_code_space(codes->points[codes->count - 1])) codes->count--;
  return IG_OK;
}

// ---- lower case -------------------------------------------------------------

// Unicode's Case_Ignorable (Unicode 15, 3.13 D136), by category and the punctuation of Word_Break
// MidLetter, MidNumLet and Single_Quote.
static bool case_ignorable(int32_t c) {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default:
      return c == '\'' || c == '.' || c == ':' || c == 0xb7 || c == 0x387 || c == 0x55f ||
             c == 0x5f4 || c == 0x2018 || c == 0x2019 || c == 0x2024 || c == 0x2027 ||
             c == 0xfe13 || c == 0xfe52 || c == 0xfe55 || c == 0xff07 || c == 0xff0e || c == 0xff1a;
  }
}

static bool cased(int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
         category == UTF8PROC_CATEGORY_LT || c == 0xaa || c == 0xba ||
         (c >= 0x2160 && c <= 0x217f) || (c >= 0x24b6 && c <= 0x24e9) ||
         (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) ||
         (c >= 0x1f170 && c <= 0x1f189);
}

// A capital sigma ends a word: a cased letter stands before it and none behind it (Unicode
// SpecialCasing, Final_Sigma).
static bool final_sigma(const ig_codes *codes, size_t at) {
  size_t i = at;
  while (i > 0 && case_ignorable(codes->points[i - 1])) i--;
  if (i == 0 || !cased(codes->points[i - 1])) return false;
  for (i = at + 1; i < codes->count && case_ignorable(codes->points[i]);) i++;
  return i == codes->count || !cased(codes->points[i]);
}

ig_status ig_codes_lower(ig_codes *codes, ig_error *err) {
  ig_codes lower = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < codes->count; i++) {
    const int32_t c = codes->points[i];
    if (c == 0x3a3) {
      status = ig_codes_push(&lower, final_sigma(codes, i) ? 0x3c2 : 0x3c3, err);
    } else if (c == 0x130) {  // I with dot: i and a combining dot
      status = ig_codes_push(&lower, 'i', err);
      if (status == IG_OK) status = ig_codes_push(&lower, 0x307, err);
    } else {
      status = ig_codes_push(&lower, utf8proc_tolower(c), err);
    }
  }
  ig_codes_free(codes);
  *codes = lower;
  return status;
}

// ---- words ------------------------------------------------------------------

void ig_words_free(ig_words *words) {
  free(words->begin);
  free(words->end);
  free(words->number);
  *words = (ig_words){0};
}

ig_status ig_words_push(ig_words *words, size_t begin, size_t end, ig_error *err) {
  if (words->count == words->capacity) {
    size_t capacities[] = {words->capacity, words->capacity, words->capacity};
    IG_TRY(ig_allocate_more((void **)&words->begin, &capacities[0], words->count + 1,
                            sizeof *words->begin, err));
    IG_TRY(ig_allocate_more((void **)&words->end, &capacities[1], words->count + 1,
                            sizeof *words->end, err));
    IG_TRY(ig_allocate_more((void **)&words->number, &capacities[2], words->count + 1,
                            sizeof *words->number, err));
    words->capacity = capacities[0];
    for (int i = 1; i < 3; i++)
      if (capacities[i] < words->capacity) words->capacity = capacities[i];
  }
  words->begin[words->count] = begin;
  words->end[words->count++] = end;
  return IG_OK;
}

ig_status ig_words_split(ig_words *words, const ig_codes *codes, ig_error *err) {
  words->count = 0;
  for (size_t i = 0; i < codes->count;) {
    while (i < codes->count && ig_code_space(codes->points[i])) i++;
    const size_t begin = i;
    while (i < codes->count && !ig_code_space(codes->points[i])) i++;
    if (i > begin) IG_TRY(ig_words_push(words, begin, i, err));
  }
  return IG_OK;
}

typedef struct word_entry {
  const int32_t *points;
  size_t length;
  int32_t *number;
} word_entry;

static int compare_words(const void *left, const void *right) {
  const word_entry *a = left, *b = right;
  if (a->length != b->length) return a->length < b->length ? -1 : 1;
  return memcmp(a->points, b->points, a->length * sizeof *a->points);
}

static size_t list_words(word_entry *entries, ig_words *words, const ig_codes *codes) {
  for (size_t i = 0; i < words->count; i++)
    entries[i] = (word_entry){codes->points + words->begin[i], words->end[i] - words->begin[i],
                              &words->number[i]};
  return words->count;
}

ig_status ig_words_number(ig_words *a, const ig_codes *a_codes, ig_words *b,
                          const ig_codes *b_codes, ig_error *err) {
  word_entry *entries = ig_allocate(a->count + b->count, sizeof *entries, err);
  if (!entries) return IG_ERROR_MEMORY;
  size_t count = list_words(entries, a, a_codes);
  count += list_words(entries + count, b, b_codes);
  qsort(entries, count, sizeof *entries, compare_words);
  int32_t number = 0;
  for (size_t i = 0; i < count; i++) {
    if (i && compare_words(&entries[i - 1], &entries[i]) != 0) number++;
    *entries[i].number = number;
  }
  free(entries);
  return IG_OK;
}

// ---- n-grams ----------------------------------------------------------------

typedef struct ngram {
  int32_t symbols[IG_NGRAM_MOST];  // zeros behind the n-th
} ngram;

static int compare_ngrams(const void *left, const void *right) {
  return memcmp(left, right, sizeof(ngram));
}

static void list_ngrams(ngram *out, const int32_t *symbols, size_t count, size_t n) {
  for (size_t i = 0; i < count; i++) {
    memset(&out[i], 0, sizeof out[i]);
    memcpy(out[i].symbols, symbols + i, n * sizeof *symbols);
  }
  qsort(out, count, sizeof *out, compare_ngrams);
}

ig_status ig_ngram_matches(const int32_t *a, size_t a_count, const int32_t *b, size_t b_count,
                           size_t n, size_t *matches, ig_error *err) {
  const size_t left = ig_ngram_count(a_count, n), right = ig_ngram_count(b_count, n);
  *matches = 0;
  if (left == 0 || right == 0) return IG_OK;
  ngram *lists = ig_allocate(left + right, sizeof *lists, err);
  if (!lists) return IG_ERROR_MEMORY;
  list_ngrams(lists, a, left, n);
  list_ngrams(lists + left, b, right, n);
  for (size_t i = 0, j = 0; i < left && j < right;) {
    const int order = compare_ngrams(&lists[i], &lists[left + j]);
    *matches += order == 0;
    i += order <= 0;
    j += order >= 0;
  }
  free(lists);
  return IG_OK;
}
