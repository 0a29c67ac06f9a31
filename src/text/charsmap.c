#include "text/charsmap.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/little_endian.h"
#include "text/text_rewriting.h"
#include "text/utf8.h"

enum { UNIT_BYTES = 4, LONGEST_CLUSTER = 5 };

void ig_charsmap_free(ig_charsmap *map) {
  free(map->units);
  free(map->replacements);
  *map = (ig_charsmap){0};
}

// A unit of a double array: the offset to its children, and the byte that leads to it.
static uint32_t offset_of(uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }
static uint32_t label_of(uint32_t unit) { return unit & 0x800000FFu; }
static bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
static bool is_value(uint32_t unit) { return unit >> 31 != 0; }
static uint32_t value_of(uint32_t unit) { return unit & 0x7FFFFFFFu; }

// ---- reading ----------------------------------------------------------------

// The table as it is in the file: the size of the double array in bytes, the array, the texts.
typedef struct charsmap_bytes {
  const unsigned char *units;  // (unit_count) of UNIT_BYTES, the lowest byte first
  size_t unit_count;
  const char *texts;  // (size)
  size_t size;
} charsmap_bytes;

static uint32_t unit_at(const charsmap_bytes *table, size_t i) {
  const unsigned char *b = table->units + i * UNIT_BYTES;
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static ig_status fail_damaged(const char *where, const char *what, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: the table of normalizations is damaged: %s", where,
                 what);
}

static ig_status find_parts(const void *bytes, size_t size, const char *where,
                            charsmap_bytes *table, ig_error *err) {
  const unsigned char *from = bytes;
  if (size < UNIT_BYTES) return fail_damaged(where, "it has no size", err);
  const size_t array = (size_t)ig_little_endian_read(from, UNIT_BYTES);
  if (array > size - UNIT_BYTES || array % UNIT_BYTES != 0 || array == 0)
    return fail_damaged(where, "its array does not fit", err);
  *table = (charsmap_bytes){.units = from + UNIT_BYTES,
                            .unit_count = array / UNIT_BYTES,
                            .texts = (const char *)from + UNIT_BYTES + array,
                            .size = size - UNIT_BYTES - array};
  if (table->size == 0 || from[size - 1] != '\0')
    return fail_damaged(where, "its texts do not end with a NUL", err);
  return IG_OK;
}

// Whether no text leads out of the array or of the replacements. Builders write whole blocks of 256
// units, so that all children that a unit could have lie within the array.
static bool is_sound_unit(const charsmap_bytes *table, size_t i) {
  const uint32_t unit = unit_at(table, i);
  const size_t children = i ^ offset_of(unit);
  if (is_value(unit)) return value_of(unit) < table->size;
  if ((children | 0xFF) >= table->unit_count) return false;
  return !has_leaf(unit) || value_of(unit_at(table, children)) < table->size;
}

static ig_status check_parts(const void *bytes, size_t size, const char *where,
                             charsmap_bytes *table, ig_error *err) {
  IG_TRY(find_parts(bytes, size, where, table, err));
  for (size_t i = 0; i < table->unit_count; i++)
    if (!is_sound_unit(table, i)) return fail_damaged(where, "its array leads out of itself", err);
  return IG_OK;
}

ig_status ig_charsmap_check(const void *bytes, size_t size, const char *where, ig_error *err) {
  charsmap_bytes table;
  return size == 0 ? IG_OK : check_parts(bytes, size, where, &table, err);
}

ig_status ig_charsmap_read(ig_charsmap *map, const void *bytes, size_t size, const char *where,
                           ig_error *err) {
  charsmap_bytes table;
  if (size == 0) return IG_OK;
  IG_TRY(check_parts(bytes, size, where, &table, err));
  if (!ig_utf8_valid(table.texts, table.size, NULL))
    return fail_damaged(where, "its texts are not UTF-8", err);
  map->unit_count = table.unit_count;
  map->size = table.size;
  map->units = ig_allocate(map->unit_count, sizeof *map->units, err);
  map->replacements = ig_allocate(map->size, 1, err);
  if (!map->units || !map->replacements) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < map->unit_count; i++) map->units[i] = unit_at(&table, i);
  memcpy(map->replacements, table.texts, map->size);
  return IG_OK;
}

// What the shortest beginning of the text that has a rule becomes; NULL: none has one.
static const char *find_rule(const ig_charsmap *map, const char *text, size_t length) {
  if (map->unit_count == 0) return NULL;
  uint32_t at = offset_of(map->units[0]);
  for (size_t i = 0; i < length; i++) {
    const uint32_t byte = (unsigned char)text[i];
    at ^= byte;
    if (byte == 0 || at >= map->unit_count || label_of(map->units[at]) != byte) return NULL;
    const bool leaf = has_leaf(map->units[at]);
    at ^= offset_of(map->units[at]);
    if (!leaf) continue;
    if (at >= map->unit_count || value_of(map->units[at]) >= map->size) return NULL;
    return map->replacements + value_of(map->units[at]);
  }
  return NULL;
}

// ---- a text -----------------------------------------------------------------

static size_t count_characters(const char *text, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
  return count;
}

// Where the replacement is shorter, the character before the missing ones consumes their sources;
// where there is no such character, nobody does, and all that follows is shifted (tokenizers'
// normalizers/precompiled.rs: replace).
static ig_status add_replacement(ig_text_rewriting *r, size_t old_count, const char *text,
                                 ig_error *err) {
  const size_t length = strlen(text), new_count = count_characters(text, length);
  for (size_t i = 0, step; i < length; i += step) {
    ig_utf8_decode(text + i, &step);
    IG_TRY(ig_text_rewriting_add(r, text + i, step, 1, err));
  }
  for (size_t i = old_count; i < new_count; i++)
    r->list[r->count - 1 - (i - old_count)].consumed = 0;
  if (new_count < old_count && r->count > 0)
    r->list[r->count - 1].consumed += (int)(old_count - new_count);
  return IG_OK;
}

// The length of the grapheme cluster that begins the text.
static size_t cluster_length(const char *text, size_t length) {
  utf8proc_int32_t state = 0;
  size_t step, at;
  utf8proc_int32_t before = (utf8proc_int32_t)ig_utf8_decode(text, &at);
  while (at < length) {
    const utf8proc_int32_t code = (utf8proc_int32_t)ig_utf8_decode(text + at, &step);
    if (utf8proc_grapheme_break_stateful(before, code, &state)) break;
    before = code;
    at += step;
  }
  return at;
}

static ig_status add_cluster(const ig_charsmap *map, ig_text_rewriting *r, const char *cluster,
                             size_t length, ig_error *err) {
  const char *rule = length <= LONGEST_CLUSTER ? find_rule(map, cluster, length) : NULL;
  if (rule) return add_replacement(r, count_characters(cluster, length), rule, err);
  for (size_t i = 0, step; i < length; i += step) {
    ig_utf8_decode(cluster + i, &step);
    rule = find_rule(map, cluster + i, step);
    IG_TRY(rule ? add_replacement(r, 1, rule, err)
                : ig_text_rewriting_add(r, cluster + i, step, 1, err));
  }
  return IG_OK;
}

ig_status ig_charsmap_apply(const ig_charsmap *map, const ig_mapped_text *in, ig_mapped_text *out,
                            ig_error *err) {
  ig_text_rewriting r = {0};
  ig_status status = IG_OK;
  for (size_t i = 0, step; status == IG_OK && i < in->length; i += step) {
    step = cluster_length(in->bytes + i, in->length - i);
    status = add_cluster(map, &r, in->bytes + i, step, err);
  }
  if (status == IG_OK) status = ig_text_rewriting_write(&r, in, out, err);
  ig_text_rewriting_free(&r);
  return status;
}
