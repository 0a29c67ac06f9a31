#include "text/text_rewriting.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_text_rewriting_free(ig_text_rewriting *r) {
  free(r->list);
  *r = (ig_text_rewriting){0};
}

ig_status ig_text_rewriting_add(ig_text_rewriting *r, const char *bytes, size_t length,
                                int consumed, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&r->list, &r->capacity, r->count + 1, sizeof *r->list, err));
  ig_rewritten_character *c = &r->list[r->count++];
  memcpy(c->bytes, bytes, length);
  c->length = (unsigned char)length;
  c->consumed = consumed;
  return IG_OK;
}

ig_status ig_text_rewriting_write(const ig_text_rewriting *r, const ig_mapped_text *in,
                                  ig_mapped_text *out, ig_error *err) {
  ig_source_range source = {0, 0};
  size_t at = 0;
  for (size_t i = 0; i < r->count; i++) {
    const ig_rewritten_character *c = &r->list[i];
    if (c->consumed > 0 && at < in->length) source = in->sources[at];
    for (int k = 0; k < c->consumed && at < in->length; k++) at += ig_utf8_step(in->bytes + at);
    IG_TRY(ig_mapped_text_append(out, c->bytes, c->length, source, err));
    if (c->consumed > 0 && at > 0) source = in->sources[at - 1];
  }
  return IG_OK;
}
