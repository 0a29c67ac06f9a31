// Normalisation and comparison of answers by the scripts of SQuAD 1.1 and 2.0 (Rajpurkar et al.
// 2016, 2018), MLQA (Lewis et al. 2020) and CMRC 2018 (Cui et al. 2019).
#include "metric/answer_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "metric/character_class.h"
#include "metric/ngrams.h"
#include "metric/treebank_words.h"
#include "text/utf8.h"

void ig_answer_words_free(ig_answer_words *answer) {
  ig_codes_free(&answer->text);
  ig_codes_free(&answer->cut);
  ig_words_free(&answer->words);
}

// ---- articles -------------------------------------------------------------------------

enum { MOST_ARTICLES = 13 };

typedef struct language_articles {
  const char *language;
  const char *articles[MOST_ARTICLES];  // UTF-8, in composed form
} language_articles;

static const language_articles languages[] = {
    {"en", {"a", "an", "the"}},
    {"es", {"un", "una", "unos", "unas", "el", "la", "los", "las"}},
    {"hi", {NULL}},
    {"vi",
     {"c\xE1\xBB\xA7\x61", "l\xC3\xA0", "c\xC3\xA1i", "chi\xE1\xBA\xBF\x63", "nh\xE1\xBB\xAFng"}},
    {"de",
     {"ein", "eine", "einen", "einem", "eines", "einer", "der", "die", "das", "den", "dem", "des"}},
    {"ar", {NULL}},
    {"zh", {NULL}},
};

static const language_articles *find_language(const char *name) {
  for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
    if (strcmp(languages[i].language, name) == 0) return &languages[i];
  return NULL;
}

bool ig_answer_words_know(const char *language) { return find_language(language) != NULL; }

// Is the word from begin to end one of the articles?
static bool is_article(const ig_codes *text, size_t begin, size_t end,
                       const language_articles *known) {
  for (size_t i = 0; i < MOST_ARTICLES && known->articles[i]; i++) {
    const char *article = known->articles[i];
    size_t at = begin, step;
    while (*article && at < end && ig_utf8_decode(article, &step) == (uint32_t)text->points[at]) {
      article += step;
      at++;
    }
    if (!*article && at == end) return true;
  }
  return false;
}

// Makes a space of each article, which is a whole stretch of word characters.
static void remove_articles(ig_codes *text, const language_articles *known) {
  size_t to = 0;
  for (size_t i = 0; i < text->count;) {
    size_t end = i;
    while (end < text->count && ig_character_class_is_word(text->points[end])) end++;
    if (end > i && is_article(text, i, end, known)) {
      text->points[to++] = ' ';
      i = end;
    }
    if (end == i && i < text->count) end++;
    while (i < end) text->points[to++] = text->points[i++];
  }
  text->count = to;
}

// Makes a space of each alef with lam, as MLQA's script does for Arabic, also within words.
static void remove_arabic_articles(ig_codes *text) {
  size_t to = 0;
  for (size_t i = 0; i < text->count; i++) {
    const bool article =
        text->points[i] == 0x627 && i + 1 < text->count && text->points[i + 1] == 0x644;
    text->points[to++] = article ? ' ' : text->points[i];
    if (article) i++;
  }
  text->count = to;
}

// ---- SQuAD and MLQA -------------------------------------------------------------------

static void remove_marks(ig_codes *text, bool (*is_mark)(int32_t)) {
  size_t to = 0;
  for (size_t i = 0; i < text->count; i++)
    if (!is_mark(text->points[i])) text->points[to++] = text->points[i];
  text->count = to;
}

// Chinese characters are words of one letter; other words are what is between them and spaces.
static ig_status split_chinese(const ig_codes *text, ig_words *words, ig_error *err) {
  words->count = 0;
  for (size_t i = 0; i < text->count;) {
    const size_t begin = i;
    while (i < text->count && !ig_character_class_is_han(text->points[i]) &&
           !ig_character_class_is_space(text->points[i]))
      i++;
    if (i > begin) IG_TRY(ig_words_push(words, begin, i, err));
    if (i == text->count) break;
    if (ig_character_class_is_han(text->points[i])) IG_TRY(ig_words_push(words, i, i + 1, err));
    i++;
  }
  return IG_OK;
}

// The words with single spaces between.
static ig_status join_words(const ig_codes *cut, const ig_words *words, ig_codes *text,
                            ig_error *err) {
  text->count = 0;
  for (size_t w = 0; w < words->count; w++) {
    if (w > 0) IG_TRY(ig_codes_push(text, ' ', err));
    for (size_t i = words->begin[w]; i < words->end[w]; i++)
      IG_TRY(ig_codes_push(text, cut->points[i], err));
  }
  return IG_OK;
}

static ig_status read_words(ig_answer_words *a, const ig_answer_manner *manner, ig_error *err) {
  const bool mlqa = manner->rules == IG_SQUAD_RULES_MLQA;
  const language_articles *known = find_language(mlqa ? manner->language : "en");
  remove_marks(&a->cut, mlqa ? ig_character_class_is_mark : ig_character_class_is_ascii_mark);
  if (strcmp(known->language, "ar") == 0)
    remove_arabic_articles(&a->cut);
  else
    remove_articles(&a->cut, known);
  if (strcmp(known->language, "zh") == 0)
    IG_TRY(split_chinese(&a->cut, &a->words, err));
  else
    IG_TRY(ig_words_split(&a->words, &a->cut, err));
  return join_words(&a->cut, &a->words, &a->text, err);
}

// ---- CMRC -----------------------------------------------------------------------------

// What CMRC's script leaves out: some marks of ASCII and of Chinese, but not all. Its list has two
// dots of an ellipsis as one mark, which no single character equals.
static bool is_left_out(int32_t c) {
  static const int32_t marks[] = {'-',    ':',    '_',    '*',    '^',    '/',    '\\',   '~',
                                  '`',    '+',    '=',    0xFF0C, 0x3002, 0xFF1A, 0xFF1F, 0xFF01,
                                  0x201C, 0x201D, 0xFF1B, 0x2019, 0x300A, 0x300B, 0xB7,   0x3001,
                                  0x300C, 0x300D, 0xFF08, 0xFF09, 0xFF0D, 0xFF5E, 0x300E, 0x300F};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (marks[i] == c) return true;
  return false;
}

// Between Chinese characters, which are words, the words are those of an English sentence.
static ig_status cut_stretch(const ig_codes *text, size_t begin, size_t end, ig_codes *cut,
                             ig_error *err) {
  ig_codes stretch = {0};
  ig_status status = IG_OK;
  for (size_t i = begin; status == IG_OK && i < end; i++)
    status = ig_codes_push(&stretch, text->points[i], err);
  if (status == IG_OK) status = ig_treebank_words_cut(&stretch, err);
  for (size_t i = 0; status == IG_OK && i < stretch.count; i++)
    status = ig_codes_push(cut, stretch.points[i], err);
  ig_codes_free(&stretch);
  return status;
}

static ig_status read_segments(ig_answer_words *a, ig_error *err) {
  ig_codes *text = &a->text;
  IG_TRY(ig_codes_copy(text, &a->cut, err));
  remove_marks(text, is_left_out);
  a->cut.count = 0;
  for (size_t i = 0; i < text->count; i++) {
    const size_t begin = i;
    while (i < text->count && !ig_character_class_is_han(text->points[i])) i++;
    if (i > begin) IG_TRY(cut_stretch(text, begin, i, &a->cut, err));
    if (i == text->count) break;
    IG_TRY(ig_codes_push(&a->cut, ' ', err));
    IG_TRY(ig_codes_push(&a->cut, text->points[i], err));
    IG_TRY(ig_codes_push(&a->cut, ' ', err));
  }
  return ig_words_split(&a->words, &a->cut, err);
}

// ---- both -----------------------------------------------------------------------------

static void remove_spaces_before(ig_codes *text) {
  size_t begin = 0;
  while (begin < text->count && ig_character_class_is_space(text->points[begin])) begin++;
  text->count -= begin;
  if (begin > 0) memmove(text->points, text->points + begin, text->count * sizeof *text->points);
}

ig_status ig_answer_words_read(ig_answer_words *answer, const ig_answer_manner *manner,
                               const char *text, ig_error *err) {
  IG_TRY(ig_codes_decode(&answer->cut, text, err));
  IG_TRY(ig_codes_lower(&answer->cut, err));
  remove_spaces_before(&answer->cut);
  return manner->rules == IG_SQUAD_RULES_CMRC ? read_segments(answer, err)
                                              : read_words(answer, manner, err);
}

static bool is_equal(const ig_codes *a, const ig_codes *b) {
  return a->count == b->count &&
         (a->count == 0 || memcmp(a->points, b->points, a->count * sizeof *a->points) == 0);
}

// The longest stretch of words that both have.
static ig_status match_stretch(const ig_words *a, const ig_words *b, size_t *longest,
                               ig_error *err) {
  size_t *row = ig_allocate(b->count + 1, sizeof *row, err);
  if (!row) return IG_ERROR_MEMORY;
  *longest = 0;
  for (size_t i = 0; i < a->count; i++)
    for (size_t j = b->count; j > 0; j--) {
      row[j] = a->number[i] == b->number[j - 1] ? row[j - 1] + 1 : 0;
      if (row[j] > *longest) *longest = row[j];
    }
  free(row);
  return IG_OK;
}

static double f1_of(size_t matches, size_t predicted, size_t right) {
  if (matches == 0) return 0;
  const double precision = (double)matches / (double)predicted,
               recall = (double)matches / (double)right;
  return 2 * precision * recall / (precision + recall);
}

ig_status ig_answer_words_compare(const ig_answer_manner *manner, ig_answer_words *prediction,
                                  ig_answer_words *right, ig_answer_values *out, ig_error *err) {
  const ig_words *p = &prediction->words, *r = &right->words;
  size_t matches;
  out->exact = is_equal(&prediction->text, &right->text);
  IG_TRY(ig_words_number(&prediction->words, &prediction->cut, &right->words, &right->cut, err));
  if (manner->rules == IG_SQUAD_RULES_CMRC)
    IG_TRY(match_stretch(p, r, &matches, err));
  else
    IG_TRY(ig_ngrams_matches((ig_symbols){p->number, p->count}, (ig_symbols){r->number, r->count},
                             1, &matches, err));
  out->f1 = f1_of(matches, p->count, r->count);
  // Of SQuAD 2.0: nothing is what nothing should be.
  if (manner->rules == IG_SQUAD_RULES_V2 && (p->count == 0 || r->count == 0))
    out->f1 = p->count == r->count;
  return IG_OK;
}
