// A tally: a vocabulary of the texts, and a count for each of its ids.
#include "text/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "text/shown.h"

ig_status ig_tally_add(ig_tally *t, const char *text, size_t length, uint64_t times,
                       ig_error *err) {
  int id = ig_vocabulary_find(&t->texts, text, length);
  if (id < 0) {
    id = t->texts.size;
    IG_TRY(ig_allocate_more((void **)&t->counts, &t->capacity, (size_t)id + 1, sizeof *t->counts,
                            err));
    IG_TRY(ig_vocabulary_add(&t->texts, text, length, id, err));
    t->counts[id] = 0;
  }
  t->counts[id] += times;
  return IG_OK;
}

void ig_tally_free(ig_tally *t) {
  ig_vocabulary_free(&t->texts);
  free(t->counts);
  *t = (ig_tally){0};
}

static int compare_entries(const void *a, const void *b) {
  const ig_tally_entry *x = a, *y = b;
  if (x->count != y->count) return x->count > y->count ? -1 : 1;
  return strcmp(x->text, y->text);
}

ig_status ig_tally_sort(const ig_tally *t, ig_tally_entry **out, ig_error *err) {
  const size_t count = (size_t)t->texts.size;
  *out = ig_allocate(count, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; ++i) (*out)[i] = (ig_tally_entry){t->texts.tokens[i], t->counts[i]};
  qsort(*out, count, sizeof **out, compare_entries);
  return IG_OK;
}

ig_status ig_tally_describe(const ig_tally *t, size_t most, char *out, size_t size, ig_error *err) {
  ig_tally_entry *sorted;
  IG_TRY(ig_tally_sort(t, &sorted, err));
  const size_t count = (size_t)t->texts.size, shown = ig_size_smaller(count, most);
  size_t used = 0;
  *out = '\0';
  for (size_t i = 0; i < shown && used < size; ++i) {
    if (i) used += (size_t)snprintf(out + used, size - used, ", ");
    if (used < size) used += ig_shown_write(sorted[i].text, out + used, size - used);
    if (used < size)
      used += (size_t)snprintf(out + used, size - used, " %" PRIu64, sorted[i].count);
  }
  if (count > shown && used < size)
    snprintf(out + used, size - used, " and %zu more", count - shown);
  free(sorted);
  return IG_OK;
}
