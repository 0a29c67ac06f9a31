#include "data/pair_filter.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

enum { FIRST_CAPACITY = 1 << 12 };

static ig_pair strip(const ig_pair *pair) {
  ig_pair stripped = *pair;
  for (int side = 0; side < 2; side++) ig_utf8_strip(&stripped.text[side], &stripped.length[side]);
  return stripped;
}

// ---- duplicates -------------------------------------------------------------

// Two sources and targets that are the same text one after the other are not the same pair: the
// hash of the source is the seed of the target's.
static uint64_t hash_pair(const ig_pair *pair) {
  const uint64_t source = XXH3_64bits(pair->text[0], pair->length[0]),
                 both = XXH3_64bits_withSeed(pair->text[1], pair->length[1], source);
  return both ? both : 1;
}

// The place of the hash, or where it is to be put.
static uint64_t *find_place(const ig_pair_filter *f, uint64_t hash) {
  size_t at = (size_t)hash & (f->capacity - 1);
  while (f->seen[at] && f->seen[at] != hash) at = (at + 1) & (f->capacity - 1);
  return &f->seen[at];
}

// Keeps the table at most three quarters full.
static ig_status make_room(ig_pair_filter *f, ig_error *err) {
  if (f->seen && f->count < f->capacity / 4 * 3) return IG_OK;
  const ig_pair_filter before = *f;
  f->capacity = before.capacity ? 2 * before.capacity : FIRST_CAPACITY;
  f->seen = ig_allocate(f->capacity, sizeof *f->seen, err);
  if (!f->seen) {
    *f = before;
    return IG_ERROR_MEMORY;
  }
  for (size_t i = 0; i < before.capacity; i++)
    if (before.seen[i]) *find_place(f, before.seen[i]) = before.seen[i];
  free(before.seen);
  return IG_OK;
}

static ig_status look_for_earlier(ig_pair_filter *f, const ig_pair *pair, bool *found,
                                  ig_error *err) {
  IG_TRY(make_room(f, err));
  const uint64_t hash = hash_pair(pair);
  uint64_t *place = find_place(f, hash);
  *found = *place == hash;
  f->count += !*found;
  *place = hash;
  return IG_OK;
}

// ---- all --------------------------------------------------------------------

static bool is_identical(const ig_pair *pair) {
  return pair->length[0] == pair->length[1] &&
         memcmp(pair->text[0], pair->text[1], pair->length[0]) == 0;
}

static bool is_of_writings(const ig_pair_filters *f, const ig_pair *pair) {
  for (int side = 0; side < 2; side++)
    if (f->writings[side] &&
        !ig_writing_is_of(f->writings[side], pair->text[side], pair->length[side]))
      return false;
  return true;
}

static bool exceeds_ratio(double most, const size_t tokens[2]) {
  const double a = (double)tokens[0], b = (double)tokens[1];
  return most > 0 && (a > most * b || b > most * a);
}

ig_status ig_pair_filter_judge(ig_pair_filter *f, const ig_pair *pair, const size_t tokens[2],
                               ig_pair_verdict *verdict, ig_error *err) {
  const ig_pair stripped = strip(pair);
  bool found = false;
  *verdict = IG_PAIR_VERDICT_KEPT;
  if (f->filters.identical && is_identical(&stripped))
    *verdict = IG_PAIR_VERDICT_IDENTICAL;
  else if (!is_of_writings(&f->filters, &stripped))
    *verdict = IG_PAIR_VERDICT_SCRIPT;
  else if (exceeds_ratio(f->filters.max_ratio, tokens))
    *verdict = IG_PAIR_VERDICT_RATIO;
  else if (f->filters.duplicates)
    IG_TRY(look_for_earlier(f, &stripped, &found, err));
  if (found) *verdict = IG_PAIR_VERDICT_DUPLICATE;
  return IG_OK;
}

void ig_pair_filter_free(ig_pair_filter *f) {
  free(f->seen);
  *f = (ig_pair_filter){0};
}
