#include "metric/rouge_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "metric/bleu_tokenizer.h"
#include "metric/porter.h"

enum { SHORT_WORD = 3 };  // rouge_score leaves words of so many letters as they are

void ig_rouge_words_free(ig_rouge_words *words) {
  ig_codes_free(&words->text);
  ig_words_free(&words->words);
  free(words->ends);
  *words = (ig_rouge_words){0};
}

static bool is_rouge_letter(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

static ig_status tokenize_sentence(const ig_score_options *o, ig_codes *sentence, ig_error *err) {
  if (o->tokenize) return ig_bleu_tokenizer_find(o->tokenize)->tokenize(sentence, err);
  for (size_t i = 0; i < sentence->count; i++)
    if (!is_rouge_letter(sentence->points[i])) sentence->points[i] = ' ';
  return IG_OK;
}

// Cuts the word at points down to its stem; words with other letters than Porter's have none.
static ig_status stem_points(int32_t *points, size_t *length, ig_error *err) {
  if (*length <= SHORT_WORD) return IG_OK;
  for (size_t i = 0; i < *length; i++)
    if (!is_rouge_letter(points[i])) return IG_OK;
  char *word = ig_allocate(*length, 1, err);
  if (!word) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < *length; i++) word[i] = (char)points[i];
  *length = ig_porter_stem(word, *length);
  for (size_t i = 0; i < *length; i++) points[i] = word[i];
  free(word);
  return IG_OK;
}

static ig_status push_word(ig_rouge_words *out, const int32_t *points, size_t length,
                           ig_error *err) {
  const size_t begin = out->text.count;
  for (size_t i = 0; i < length; i++) IG_TRY(ig_codes_push(&out->text, points[i], err));
  IG_TRY(ig_words_push(&out->words, begin, begin + length, err));
  return ig_codes_push(&out->text, ' ', err);
}

static ig_status add_words(ig_rouge_words *out, const ig_score_options *o, ig_codes *sentence,
                           ig_words *words, ig_error *err) {
  IG_TRY(tokenize_sentence(o, sentence, err));
  IG_TRY(ig_words_split(words, sentence, err));
  for (size_t i = 0; i < words->count; i++) {
    int32_t *points = sentence->points + words->begin[i];
    size_t length = words->end[i] - words->begin[i];
    if (o->rouge_stemmer) IG_TRY(stem_points(points, &length, err));
    if (length > 0) IG_TRY(push_word(out, points, length, err));
  }
  IG_TRY(ig_allocate_more((void **)&out->ends, &out->capacity, out->sentences + 1,
                          sizeof *out->ends, err));
  out->ends[out->sentences++] = out->words.count;
  return IG_OK;
}

static ig_status add_sentence(ig_rouge_words *out, const ig_score_options *o, ig_codes part,
                              ig_error *err) {
  ig_codes sentence = {0};  // a copy: tokenizing changes how long it is
  ig_words words = {0};
  ig_status status = ig_codes_copy(&sentence, &part, err);
  if (status == IG_OK) status = add_words(out, o, &sentence, &words, err);
  ig_words_free(&words);
  ig_codes_free(&sentence);
  return status;
}

// Code points at `at` that end a sentence; 0: none do.
static size_t sentence_end_at(const ig_codes *line, size_t at, const ig_codes *mark) {
  if (line->points[at] == '\n') return 1;
  if (mark->count == 0 || mark->count > line->count - at) return 0;
  const size_t size = mark->count * sizeof *mark->points;
  return memcmp(line->points + at, mark->points, size) == 0 ? mark->count : 0;
}

// The points of a line from begin to before end; an empty line has none.
static ig_codes slice_of(const ig_codes *line, size_t begin, size_t end) {
  return (ig_codes){.points = end > begin ? line->points + begin : NULL, .count = end - begin};
}

static ig_status split_line(ig_rouge_words *out, const ig_score_options *o, ig_codes *line,
                            const ig_codes *mark, ig_error *err) {
  size_t begin = 0;
  for (size_t at = 0; at < line->count;) {
    const size_t end = sentence_end_at(line, at, mark);
    if (end > 0) {
      IG_TRY(add_sentence(out, o, slice_of(line, begin, at), err));
      begin = at + end;
    }
    at += end > 0 ? end : 1;
  }
  return add_sentence(out, o, slice_of(line, begin, line->count), err);
}

// What ends a sentence is no word of a line that is read as a whole, either.
static void blank_ends(ig_codes *line, const ig_codes *mark) {
  for (size_t at = 0; at < line->count;) {
    const size_t end = sentence_end_at(line, at, mark);
    for (size_t i = 0; i < end; i++) line->points[at + i] = ' ';
    at += end > 0 ? end : 1;
  }
}

ig_status ig_rouge_words_read(ig_rouge_words *out, const ig_score_options *options,
                              bool by_sentence, ig_codes *line, ig_error *err) {
  ig_codes mark = {0};
  ig_status status = ig_codes_lower(line, err);
  if (status == IG_OK && options->rouge_sentence_end)
    status = ig_codes_decode(&mark, options->rouge_sentence_end, err);
  if (status == IG_OK) status = ig_codes_lower(&mark, err);
  if (status == IG_OK && !by_sentence) blank_ends(line, &mark);
  if (status == IG_OK)
    status = by_sentence ? split_line(out, options, line, &mark, err)
                         : add_sentence(out, options, *line, err);
  ig_codes_free(&mark);
  return status;
}
