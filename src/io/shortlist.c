#include "io/shortlist.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

ig_status ig_shortlist_create(size_t words, size_t ids, ig_shortlist **out, ig_error *err) {
  *out = NULL;
  ig_shortlist *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  s->words = words;
  s->offsets = ig_allocate(words + 1, sizeof *s->offsets, err);
  s->ids = s->offsets ? ig_allocate(ids, sizeof *s->ids, err) : NULL;
  if (!s->ids) {
    ig_shortlist_free(s);
    return IG_ERROR_MEMORY;
  }
  *out = s;
  return IG_OK;
}

void ig_shortlist_free(ig_shortlist *s) {
  if (!s) return;
  free(s->offsets);
  free(s->ids);
  free(s);
}

size_t ig_shortlist_size(const ig_shortlist *s) { return s->offsets[s->words]; }

ig_status ig_shortlist_check(const ig_shortlist *s, const char *where, int source_size,
                             int target_size, ig_error *err) {
  if (s->words > (size_t)source_size)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: it has lists for %zu source tokens, the model's vocabulary has %d: it was "
                   "made for another model",
                   where, s->words, source_size);
  for (size_t word = 0; word < s->words; word++)
    for (size_t i = s->offsets[word]; i < s->offsets[word + 1]; i++)
      if (s->ids[i] < 0 || s->ids[i] >= target_size)
        return ig_fail(err, IG_ERROR_FORMAT,
                       "%s: the list of source token %zu has target token %d, the model's "
                       "vocabulary ends with %d: it was made for another model",
                       where, word, s->ids[i], target_size - 1);
  return IG_OK;
}

// ---- making one of probabilities ---------------------------------------------

static int compare_pairs(const void *a, const void *b) {
  const ig_shortlist_entry *x = a, *y = b;
  if (x->source != y->source) return x->source < y->source ? -1 : 1;
  if (x->target != y->target) return x->target < y->target ? -1 : 1;
  return (x->probability < y->probability) - (x->probability > y->probability);
}

static int compare_probabilities(const void *a, const void *b) {
  const ig_shortlist_entry *x = a, *y = b;
  if (x->probability != y->probability) return x->probability > y->probability ? -1 : 1;
  return (x->target > y->target) - (x->target < y->target);
}

// Sorts the pairs and keeps each of them once; returns how many they are.
static size_t unite_pairs(ig_shortlist_entry *entries, size_t count) {
  size_t kept = 0;
  if (count) qsort(entries, count, sizeof *entries, compare_pairs);
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || entries[kept - 1].source != entries[i].source ||
        entries[kept - 1].target != entries[i].target)
      entries[kept++] = entries[i];
  return kept;
}

// Moves the best of each source id to the front, those of a source id in ascending order; returns
// how many they are.
static size_t keep_best(ig_shortlist_entry *entries, size_t count, size_t best) {
  size_t kept = 0;
  for (size_t begin = 0, end; begin < count; begin = end) {
    for (end = begin + 1; end < count && entries[end].source == entries[begin].source;) end++;
    size_t length = end - begin;
    if (length > best) {
      qsort(entries + begin, length, sizeof *entries, compare_probabilities);
      length = best;
      qsort(entries + begin, length, sizeof *entries, compare_pairs);
    }
    memmove(entries + kept, entries + begin, length * sizeof *entries);
    kept += length;
  }
  return kept;
}

ig_status ig_shortlist_make(const ig_shortlist_plan *plan, ig_shortlist **out, ig_error *err) {
  ig_shortlist_entry *entries = plan->entries;
  const size_t pairs = unite_pairs(entries, plan->count);
  const size_t count = keep_best(entries, pairs, (size_t)plan->best);
  IG_TRY(ig_shortlist_create(plan->words, count, out, err));
  ig_shortlist *s = *out;
  s->first = plan->first;
  s->best = plan->best;
  for (size_t i = 0; i < count; i++) {
    s->offsets[entries[i].source + 1]++;
    s->ids[i] = entries[i].target;
  }
  for (size_t word = 0; word < s->words; word++) s->offsets[word + 1] += s->offsets[word];
  return IG_OK;
}

// ---- the list of a sentence ---------------------------------------------------

void ig_shortlist_mark_sentence(const ig_shortlist *s, const ig_shortlist_sentence *sentence,
                                int vocabulary, uint64_t *marks) {
  for (int id = 0; id < s->first && id < vocabulary; id++) ig_shortlist_mark(marks, id);
  for (size_t i = 0; i < sentence->length; i++) {
    const size_t word = (size_t)sentence->source[i];
    if (sentence->shared && word < (size_t)vocabulary) ig_shortlist_mark(marks, (int)word);
    if (word >= s->words) continue;
    for (size_t j = s->offsets[word]; j < s->offsets[word + 1]; j++)
      ig_shortlist_mark(marks, s->ids[j]);
  }
}

int ig_shortlist_take(uint64_t *marks, int vocabulary, int *ids) {
  int count = 0;
  for (size_t w = 0; w < ig_shortlist_words(vocabulary); w++) {
    for (uint64_t left = marks[w]; left; left &= left - 1)
      ids[count++] = (int)(w * 64) + __builtin_ctzll(left);
    marks[w] = 0;
  }
  return count;
}
