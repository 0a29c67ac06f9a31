#include "inspect/shortlist_note.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/shortlist_file.h"

// The memory of its lists while a translator has them.
static json_int_t bytes_of(const ig_shortlist *s) {
  return (json_int_t)((s->words + 1) * sizeof *s->offsets + ig_shortlist_size(s) * sizeof *s->ids);
}

static json_t *describe(const ig_shortlist *s) {
  json_int_t listed = 0;
  for (size_t word = 0; word < s->words; word++) listed += s->offsets[word + 1] > s->offsets[word];
  return json_pack("{s:s, s:I, s:I, s:i, s:i, s:I}", "file", IG_SHORTLIST_NAME, "source_tokens",
                   listed, "target_tokens", (json_int_t)ig_shortlist_size(s), "first", s->first,
                   "best", s->best, "bytes", bytes_of(s));
}

ig_status ig_shortlist_note_load(const char *directory, json_t **out, ig_error *err) {
  *out = NULL;
  if (!ig_file_exists_in(directory, IG_SHORTLIST_NAME)) return IG_OK;
  ig_shortlist *s = NULL;
  char *path = ig_path_join(directory, IG_SHORTLIST_NAME, err);
  ig_status status = path ? ig_shortlist_file_read(path, &s, err) : IG_ERROR_MEMORY;
  if (status == IG_OK && !(*out = describe(s))) status = ig_fail_memory_in(path, err);
  ig_shortlist_free(s);
  free(path);
  return status;
}

static long long number(const json_t *note, const char *key) {
  return json_integer_value(json_object_get(note, key));
}

void ig_shortlist_note_print(FILE *out, const json_t *note) {
  if (!note) return;
  fprintf(
      out,
      "  shortlist     %s: %lld source tokens lead to %lld target tokens, %lld each at most; the "
      "first %lld are in every list; %lld bytes\n",
      json_string_value(json_object_get(note, "file")), number(note, "source_tokens"),
      number(note, "target_tokens"), number(note, "best"), number(note, "first"),
      number(note, "bytes"));
}
