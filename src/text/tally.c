// A tally: a vocabulary of the texts, and a count for each of its ids.
#include "text/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "text/utf8.h"

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

// Letters, digits, punctuation and symbols show; marks that combine, separators and controls do
// not.
static bool shows(uint32_t code) {
  switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN: return false;
    default: return true;
  }
}

static bool all_show(const char *text) {
  const size_t length = strlen(text);
  for (size_t i = 0, step; i < length; i += step)
    if (!shows(ig_utf8_decode(text + i, &step))) return false;
  return true;
}

enum { LONGEST_SHOWN = 48 };  // bytes of a text

// The text within quotation marks, or its code points. Returns the bytes written.
static size_t print_text(const char *text, char *out, size_t size) {
  const size_t length = strlen(text);
  size_t cut = ig_size_smaller(length, LONGEST_SHOWN), used = 0;
  while (cut < length && cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80) --cut;
  const char *rest = cut < length ? "..." : "";
  if (all_show(text)) return (size_t)snprintf(out, size, "'%.*s%s'", (int)cut, text, rest);
  for (size_t i = 0; i < cut && used < size;) {
    size_t step;
    const uint32_t code = ig_utf8_decode(text + i, &step);
    i += step;
    used += (size_t)snprintf(out + used, size - used, "%sU+%04" PRIX32, used ? " " : "", code);
  }
  return used < size ? used + (size_t)snprintf(out + used, size - used, "%s", rest) : used;
}

ig_status ig_tally_describe(const ig_tally *t, size_t most, char *out, size_t size, ig_error *err) {
  ig_tally_entry *sorted;
  IG_TRY(ig_tally_sort(t, &sorted, err));
  const size_t count = (size_t)t->texts.size, shown = ig_size_smaller(count, most);
  size_t used = 0;
  *out = '\0';
  for (size_t i = 0; i < shown && used < size; ++i) {
    if (i) used += (size_t)snprintf(out + used, size - used, ", ");
    if (used < size) used += print_text(sorted[i].text, out + used, size - used);
    if (used < size)
      used += (size_t)snprintf(out + used, size - used, " %" PRIu64, sorted[i].count);
  }
  if (count > shown && used < size)
    snprintf(out + used, size - used, " and %zu more", count - shown);
  free(sorted);
  return IG_OK;
}
