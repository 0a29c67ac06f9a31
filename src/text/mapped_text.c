#include "text/mapped_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_mapped_text_free(ig_mapped_text *t) {
  free(t->bytes);
  free(t->sources);
  *t = (ig_mapped_text){0};
}

ig_status ig_mapped_text_append(ig_mapped_text *t, const char *bytes, size_t length,
                                ig_source_range source, ig_error *err) {
  const size_t needed = t->length + length;
  IG_TRY(ig_allocate_more((void **)&t->bytes, &t->byte_capacity, needed, 1, err));
  IG_TRY(
      ig_allocate_more((void **)&t->sources, &t->source_capacity, needed, sizeof *t->sources, err));
  for (size_t i = 0; i < length; i++) {
    t->bytes[t->length + i] = bytes[i];
    t->sources[t->length + i] = source;
  }
  t->length = needed;
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
