#include "text/normal_forms.h"

#include <stdlib.h>

#include <utf8proc.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/character_ranges.h"
#include "text/text_rewriting.h"
#include "text/utf8.h"

// No character of Unicode 9.0 decomposes into more.
enum { LONGEST_DECOMPOSITION = 18 };

typedef struct form_character {
  utf8proc_int32_t code;
  int class;   // canonical combining class
  int change;  // 0: consumes a character of the source; above: shares one; below: consumes more
} form_character;
typedef struct form_text {
  form_character *list;
  size_t count, capacity;
} form_text;

static bool is_inert(utf8proc_int32_t code) {
  return ig_character_ranges_hold(&ig_character_ranges_inert, (uint32_t)code);
}

static int class_of(utf8proc_int32_t code) {
  return is_inert(code) ? 0 : utf8proc_get_property(code)->combining_class;
}

static ig_status add_character(form_text *t, utf8proc_int32_t code, int change, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&t->list, &t->capacity, t->count + 1, sizeof *t->list, err));
  t->list[t->count++] = (form_character){code, class_of(code), change};
  return IG_OK;
}

static ig_status decompose_character(form_text *t, ig_normal_form form, utf8proc_int32_t code,
                                     ig_error *err) {
  utf8proc_int32_t parts[LONGEST_DECOMPOSITION];
  int boundary = 0;
  const utf8proc_option_t options =
      form.compatible ? UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT : UTF8PROC_DECOMPOSE;
  const utf8proc_ssize_t count =
      is_inert(code)
          ? 0
          : utf8proc_decompose_char(code, parts, LONGEST_DECOMPOSITION, options, &boundary);
  if (count <= 0 || count > LONGEST_DECOMPOSITION) return add_character(t, code, 0, err);
  for (utf8proc_ssize_t i = 0; i < count; i++) IG_TRY(add_character(t, parts[i], i > 0, err));
  return IG_OK;
}

static int compare_classes(const void *a, const void *b) {
  const form_character *x = *(const form_character *const *)a,
                       *y = *(const form_character *const *)b;
  if (x->class != y->class) return x->class < y->class ? -1 : 1;
  return (x > y) - (x < y);
}

// Marks that follow each other in the order of their classes, equal ones as they were.
static ig_status order_marks(form_text *t, size_t begin, size_t end, ig_error *err) {
  const size_t count = end - begin;
  const form_character **order = ig_allocate(count, sizeof *order, err);
  form_character *sorted = ig_allocate(count, sizeof *sorted, err);
  if (order && sorted) {
    for (size_t i = 0; i < count; i++) order[i] = &t->list[begin + i];
    qsort(order, count, sizeof *order, compare_classes);
    for (size_t i = 0; i < count; i++) sorted[i] = *order[i];
    for (size_t i = 0; i < count; i++) t->list[begin + i] = sorted[i];
  }
  const bool made = order && sorted;
  free(order);
  free(sorted);
  return made ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status order_all_marks(form_text *t, ig_error *err) {
  for (size_t i = 0, end; i < t->count; i = end + 1) {
    end = i;
    while (end < t->count && t->list[end].class > 0) end++;
    if (end - i > 1) IG_TRY(order_marks(t, i, end, err));
  }
  return IG_OK;
}

// What both make together; -1: nothing.
static utf8proc_int32_t compose_pair(utf8proc_int32_t a, utf8proc_int32_t b) {
  utf8proc_int32_t pair[3] = {a, b, 0};
  if (is_inert(a) || is_inert(b)) return -1;
  const utf8proc_ssize_t count =
      utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  return count == 1 && !is_inert(pair[0]) ? pair[0] : -1;
}

// Each starter with the marks after it that nothing blocks, in place.
static void compose_all(form_text *t) {
  size_t kept = 0, starter = 0;
  bool has_starter = false;
  for (size_t i = 0; i < t->count; i++) {
    const form_character c = t->list[i];
    const bool blocked = kept > 0 && starter + 1 < kept && t->list[kept - 1].class >= c.class;
    const utf8proc_int32_t made =
        has_starter && !blocked ? compose_pair(t->list[starter].code, c.code) : -1;
    if (made >= 0) {
      t->list[starter].code = made;
      t->list[starter].change += c.change - 1;
      continue;
    }
    if (c.class == 0) {
      starter = kept;
      has_starter = true;
    }
    t->list[kept++] = c;
  }
  t->count = kept;
}

static ig_status write_characters(const form_text *t, const ig_mapped_text *in, ig_mapped_text *out,
                                  ig_error *err) {
  ig_text_rewriting r = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < t->count; i++) {
    utf8proc_uint8_t bytes[4];
    const form_character *c = &t->list[i];
    const utf8proc_ssize_t length = utf8proc_encode_char(c->code, bytes);
    status = ig_text_rewriting_add(&r, (const char *)bytes, (size_t)length,
                                   c->change > 0 ? 0 : 1 - c->change, err);
  }
  if (status == IG_OK) status = ig_text_rewriting_write(&r, in, out, err);
  ig_text_rewriting_free(&r);
  return status;
}

ig_status ig_normal_forms_apply(ig_normal_form form, const ig_mapped_text *in, ig_mapped_text *out,
                                ig_error *err) {
  form_text t = {0};
  ig_status status = IG_OK;
  for (size_t i = 0, step; status == IG_OK && i < in->length; i += step) {
    const utf8proc_int32_t code = (utf8proc_int32_t)ig_utf8_decode(in->bytes + i, &step);
    status = decompose_character(&t, form, code, err);
  }
  if (status == IG_OK) status = order_all_marks(&t, err);
  if (status == IG_OK && form.composed) compose_all(&t);
  if (status == IG_OK) status = write_characters(&t, in, out, err);
  free(t.list);
  return status;
}
