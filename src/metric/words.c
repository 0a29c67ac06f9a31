#include "metric/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

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
    while (i < codes->count && ig_utf8_is_space((uint32_t)codes->points[i])) i++;
    const size_t begin = i;
    while (i < codes->count && !ig_utf8_is_space((uint32_t)codes->points[i])) i++;
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

static ig_status allocate_entries(word_entry **entries, size_t count, ig_error *err) {
  *entries = ig_allocate(count, sizeof **entries, err);
  return *entries ? IG_OK : IG_ERROR_MEMORY;
}

static void number_entries(word_entry *entries, size_t count) {
  qsort(entries, count, sizeof *entries, compare_words);
  int32_t number = 0;
  for (size_t i = 0; i < count; i++) {
    if (i && compare_words(&entries[i - 1], &entries[i]) != 0) number++;
    *entries[i].number = number;
  }
}

ig_status ig_words_number_all(ig_words *words, const ig_codes *const *codes, size_t texts,
                              ig_error *err) {
  size_t count = 0;
  for (size_t i = 0; i < texts; i++) count += words[i].count;
  word_entry *entries;
  IG_TRY(allocate_entries(&entries, count, err));
  count = 0;
  for (size_t i = 0; i < texts; i++) count += list_words(entries + count, &words[i], codes[i]);
  number_entries(entries, count);
  free(entries);
  return IG_OK;
}

ig_status ig_words_number(ig_words *a, const ig_codes *a_codes, ig_words *b,
                          const ig_codes *b_codes, ig_error *err) {
  word_entry *entries;
  IG_TRY(allocate_entries(&entries, a->count + b->count, err));
  const size_t count = list_words(entries, a, a_codes);
  number_entries(entries, count + list_words(entries + count, b, b_codes));
  free(entries);
  return IG_OK;
}
