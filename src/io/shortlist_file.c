#include "io/shortlist_file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "io/byte_source.h"
#include "io/little_endian.h"

#define MAGIC UINT64_C(0xf11a48d5013417f5)
// Of the combination of two hash values in the Boost library, which Marian uses.
#define GOLDEN_RATIO UINT64_C(0x9e3779b9)
enum { WORD = 8, ID = 4, HEADER = 6 * WORD, CHECKED = 2 * WORD, CHUNK = 1 << 16 };

// The numbers of a header in their order.
typedef struct shortlist_header {
  uint64_t magic, checksum, first, best, offsets, ids;
} shortlist_header;

// ---- what a file holds, decompressed ------------------------------------------

static ig_status open_source(const char *path, ig_byte_source **out, ig_error *err) {
  IG_TRY(ig_file_check_regular(path, err));
  return ig_byte_source_open(path, NULL, out, err);
}

// Reads until there are `most` bytes, or the file ends.
static ig_status read_source(ig_byte_source *source, size_t most, unsigned char *to, size_t *size,
                             ig_error *err) {
  size_t got = 1;
  while (*size < most && got > 0) {
    IG_TRY(ig_byte_source_read(source, to + *size, most - *size, &got, err));
    *size += got;
  }
  return IG_OK;
}

ig_status ig_shortlist_file_is(const char *path, bool *is, ig_error *err) {
  unsigned char magic[WORD];
  size_t size = 0;
  ig_byte_source *source;
  IG_TRY(open_source(path, &source, err));
  const ig_status status = read_source(source, WORD, magic, &size, err);
  ig_byte_source_close(source);
  *is = size == WORD && ig_little_endian_read(magic, WORD) == MAGIC;
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", path);
}

typedef struct content {
  unsigned char *bytes;
  size_t size, capacity;
} content;

static ig_status fill(content *c, ig_byte_source *source, ig_error *err) {
  size_t most;
  do {
    most = c->size + CHUNK;
    if (most > IG_FILE_MOST_BYTES)
      return ig_fail(err, IG_ERROR_FORMAT, "it has more than %zu bytes", IG_FILE_MOST_BYTES);
    IG_TRY(ig_allocate_more((void **)&c->bytes, &c->capacity, most, 1, err));
    IG_TRY(read_source(source, most, c->bytes, &c->size, err));
  } while (c->size == most);
  return IG_OK;
}

static ig_status read_content(const char *path, content *c, ig_error *err) {
  ig_byte_source *source;
  IG_TRY(open_source(path, &source, err));
  const ig_status status = fill(c, source, err);
  ig_byte_source_close(source);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", path);
}

// What is left of the bytes after their last whole word is not part of it.
static uint64_t checksum_of(const unsigned char *bytes, size_t size) {
  uint64_t sum = 0;
  for (size_t at = 0; at + WORD <= size; at += WORD)
    sum ^= ig_little_endian_read(bytes + at, WORD) + GOLDEN_RATIO + (sum << 6) + (sum >> 2);
  return sum;
}

// ---- reading ----------------------------------------------------------------

static shortlist_header parse_header(const unsigned char *bytes) {
  return (shortlist_header){.magic = ig_little_endian_read(bytes, WORD),
                            .checksum = ig_little_endian_read(bytes + WORD, WORD),
                            .first = ig_little_endian_read(bytes + 2 * WORD, WORD),
                            .best = ig_little_endian_read(bytes + 3 * WORD, WORD),
                            .offsets = ig_little_endian_read(bytes + 4 * WORD, WORD),
                            .ids = ig_little_endian_read(bytes + 5 * WORD, WORD)};
}

// Does the file have the size that its header says?
static bool fits(const shortlist_header *h, size_t size) {
  const uint64_t left = size - HEADER;
  return h->offsets <= left / WORD && h->ids <= (left - h->offsets * WORD) / ID &&
         h->offsets * WORD + h->ids * ID == left;
}

static ig_status check_header(const shortlist_header *h, const char *path, size_t size,
                              ig_error *err) {
  if (h->magic != MAGIC)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: byte 0: expected the number of a shortlist, %" PRIx64 ", found %" PRIx64,
                   path, MAGIC, h->magic);
  if (!fits(h, size))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: its header says %" PRIu64 " offsets and %" PRIu64
                   " target tokens, which the file of %zu bytes does not hold: it is cut short, or "
                   "damaged",
                   path, h->offsets, h->ids, size);
  if (h->offsets == 0) return ig_fail(err, IG_ERROR_FORMAT, "%s: it has no offsets", path);
  if (h->first > INT_MAX || h->best > INT_MAX)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: first %" PRIu64 " and best %" PRIu64 " tokens: expected at most %d", path,
                   h->first, h->best, INT_MAX);
  return IG_OK;
}

static ig_status take_offsets(ig_shortlist *s, const unsigned char *bytes, uint64_t ids,
                              const char *path, ig_error *err) {
  uint64_t before = 0;
  for (size_t i = 0; i <= s->words; i++) {
    const uint64_t offset = ig_little_endian_read(bytes + i * WORD, WORD);
    const bool wrong = i == 0 ? offset != 0 : offset < before;
    if (wrong || offset > ids || (i == s->words && offset != ids))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: offset %zu of %zu is %" PRIu64 " after %" PRIu64
                     ": offsets run from 0 to %" PRIu64 ", never backwards",
                     path, i, s->words, offset, before, ids);
    s->offsets[i] = (size_t)offset;
    before = offset;
  }
  return IG_OK;
}

static ig_status take_ids(ig_shortlist *s, const unsigned char *bytes, size_t count,
                          const char *path, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    const uint64_t id = ig_little_endian_read(bytes + i * ID, ID);
    if (id > INT_MAX)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: target token %zu is %" PRIu64 ", which is no id",
                     path, i, id);
    s->ids[i] = (int)id;
  }
  return IG_OK;
}

static ig_status take_content(const content *c, const char *path, ig_shortlist **out,
                              ig_error *err) {
  if (c->size < HEADER)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: cut short: a shortlist begins with %d bytes, the file has %zu", path,
                   HEADER, c->size);
  const unsigned char *bytes = c->bytes;
  const shortlist_header h = parse_header(bytes);
  IG_TRY(check_header(&h, path, c->size, err));
  const uint64_t sum = checksum_of(bytes + CHECKED, c->size - CHECKED);
  if (sum != h.checksum)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: its checksum is %" PRIx64 ", that of its content %" PRIx64
                   ": the file is damaged",
                   path, h.checksum, sum);
  const size_t words = (size_t)h.offsets - 1, ids = (size_t)h.ids;
  IG_TRY(ig_shortlist_create(words, ids, out, err));
  (*out)->first = (int)h.first;
  (*out)->best = (int)h.best;
  const unsigned char *offsets = bytes + HEADER;
  ig_status status = take_offsets(*out, offsets, h.ids, path, err);
  if (status == IG_OK) status = take_ids(*out, offsets + (words + 1) * WORD, ids, path, err);
  return status;
}

ig_status ig_shortlist_file_read(const char *path, ig_shortlist **out, ig_error *err) {
  content c = {0};
  *out = NULL;
  ig_status status = read_content(path, &c, err);
  if (status == IG_OK) status = take_content(&c, path, out, err);
  free(c.bytes);
  if (status == IG_OK) return IG_OK;
  ig_shortlist_free(*out);
  *out = NULL;
  return status;
}

// ---- writing ----------------------------------------------------------------

static unsigned char *put(unsigned char *at, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++, value >>= 8) *at++ = (unsigned char)(value & 0xff);
  return at;
}

// What stands after the checksum.
static void put_content(const ig_shortlist *s, unsigned char *at) {
  const size_t ids = ig_shortlist_size(s);
  at = put(at, (uint64_t)s->first, WORD);
  at = put(at, (uint64_t)s->best, WORD);
  at = put(at, s->words + 1, WORD);
  at = put(at, ids, WORD);
  for (size_t i = 0; i <= s->words; i++) at = put(at, s->offsets[i], WORD);
  for (size_t i = 0; i < ids; i++) at = put(at, (uint64_t)s->ids[i], ID);
}

ig_status ig_shortlist_file_write(const ig_shortlist *s, const char *path, ig_error *err) {
  const size_t size = HEADER + (s->words + 1) * WORD + ig_shortlist_size(s) * ID;
  unsigned char *bytes = ig_allocate(size, 1, err);
  if (!bytes) return IG_ERROR_MEMORY;
  put_content(s, bytes + CHECKED);
  put(put(bytes, MAGIC, WORD), checksum_of(bytes + CHECKED, size - CHECKED), WORD);
  const ig_status status = ig_file_write(path, bytes, size, err);
  free(bytes);
  return status;
}
