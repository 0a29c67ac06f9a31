#include "text/mapped_text.h"

#include <stdlib.h>
#include <string.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_mapped_text_free(ig_mapped_text *t) {
  free(t->bytes);
  free(t->sources);
  *t = (ig_mapped_text){0};
}

static ig_status make_room(ig_mapped_text *t, size_t length, ig_error *err) {
  const size_t needed = t->length + length;
  if (t->most > 0 && needed > t->most)
    return ig_fail(err, IG_ERROR_FORMAT, "it makes the text longer than %zu bytes", t->most);
  IG_TRY(ig_allocate_more((void **)&t->bytes, &t->byte_capacity, needed, 1, err));
  return ig_allocate_more((void **)&t->sources, &t->source_capacity, needed, sizeof *t->sources,
                          err);
}

ig_status ig_mapped_text_append_slice(ig_mapped_text *t, const ig_mapped_text *from, size_t begin,
                                      size_t length, ig_error *err) {
  IG_TRY(make_room(t, length, err));
  if (length == 0) return IG_OK;
  memcpy(t->bytes + t->length, from->bytes + begin, length);
  memcpy(t->sources + t->length, from->sources + begin, length * sizeof *t->sources);
  t->length += length;
  return IG_OK;
}

ig_status ig_mapped_text_append(ig_mapped_text *t, const char *bytes, size_t length,
                                ig_source_range source, ig_error *err) {
  IG_TRY(make_room(t, length, err));
  for (size_t i = 0; i < length; i++) {
    t->bytes[t->length + i] = bytes[i];
    t->sources[t->length + i] = source;
  }
  t->length += length;
  return IG_OK;
}

ig_status ig_mapped_text_append_source(ig_mapped_text *t, const char *bytes, size_t length,
                                       size_t begin, ig_error *err) {
  for (size_t i = 0, step; i < length; i += step) {
    ig_utf8_decode(bytes + i, &step);
    const ig_source_range source = {begin + i, begin + i + step};
    IG_TRY(ig_mapped_text_append(t, bytes + i, step, source, err));
  }
  return IG_OK;
}
