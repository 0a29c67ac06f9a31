#include "io/item_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "io/little_endian.h"

enum { WORD = 8, HEADER = 4 * WORD, MOST_ITEMS = 100000, MOST_NAME = 4096, VERSION = 1 };

// The header of an item: lengths in bytes, the name's with its NUL.
typedef struct item_header {
  uint64_t name, type, rank, data;
} item_header;

struct ig_item_file {
  ig_safetensor *items;
  char **names;
  size_t count;
};

// What is read, from its beginning on.
typedef struct item_reading {
  const ig_file *file;
  const char *path;
  size_t at;  // of the next byte
  item_header *headers;
  ig_item_file *out;
} item_reading;

static ig_status read_next(item_reading *r, void *to, size_t size, ig_error *err) {
  if (size > r->file->size - r->at)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: cut short: %zu bytes at byte %zu of %zu", r->path,
                   size, r->at, r->file->size);
  IG_TRY(ig_file_read(r->file, r->path, r->at, to, size, err));
  r->at += size;
  return IG_OK;
}

static ig_status read_word(item_reading *r, uint64_t *out, ig_error *err) {
  unsigned char bytes[WORD];
  IG_TRY(read_next(r, bytes, sizeof bytes, err));
  *out = ig_little_endian_read(bytes, WORD);
  return IG_OK;
}

bool ig_item_file_is(const ig_file *file, const char *path, ig_error *err) {
  item_reading r = {.file = file, .path = path};
  uint64_t version;
  return file->size >= 2 * WORD && read_word(&r, &version, err) == IG_OK && version == VERSION;
}

// ---- types ------------------------------------------------------------------

static const struct {
  uint64_t code;
  ig_dtype dtype;
} types[] = {{0x404, IG_DTYPE_F32}, {0x402, IG_DTYPE_F16}, {0x408, IG_DTYPE_F64},
             {0x101, IG_DTYPE_I8},  {0x102, IG_DTYPE_I16}, {0x104, IG_DTYPE_I32},
             {0x108, IG_DTYPE_I64}, {0x201, IG_DTYPE_U8},  {0x202, IG_DTYPE_U16},
             {0x204, IG_DTYPE_U32}, {0x208, IG_DTYPE_U64}};

static ig_status read_type(const item_reading *r, const char *name, uint64_t code, ig_dtype *out,
                           ig_error *err) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].code == code) {
      *out = types[i].dtype;
      return IG_OK;
    }
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: item %s: type 0x%" PRIx64
                 ": packed for integer products or unknown; convert the model with gemm-type "
                 "float32",
                 r->path, name, code);
}

// ---- items ------------------------------------------------------------------

static ig_status read_headers(item_reading *r, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    item_header *h = &r->headers[i];
    uint64_t *const words[] = {&h->name, &h->type, &h->rank, &h->data};
    for (size_t k = 0; k < 4; k++) IG_TRY(read_word(r, words[k], err));
    if (h->name < 2 || h->name > MOST_NAME || h->rank > IG_SAFETENSORS_MAX_RANK)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: item %zu: a name of %" PRIu64 " bytes and rank %" PRIu64, r->path, i + 1,
                     h->name, h->rank);
  }
  return IG_OK;
}

// A name may begin with the number of its graph: "F0::Wemb".
static ig_status read_name(item_reading *r, size_t i, ig_error *err) {
  char text[MOST_NAME];
  const size_t length = (size_t)r->headers[i].name - 1;
  IG_TRY(read_next(r, text, length + 1, err));
  if (text[length] || memchr(text, 0, length))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: item %zu: a name that does not end in a NUL", r->path,
                   i + 1);
  const size_t skipped = strncmp(text, "F0::", 4) == 0 ? 4 : 0;
  r->out->names[i] = ig_allocate_copy(text + skipped, length - skipped, err);
  return r->out->names[i] ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status read_shape(item_reading *r, size_t i, ig_error *err) {
  ig_safetensor *t = &r->out->items[i];
  *t = (ig_safetensor){.name = r->out->names[i],
                       .file = r->path,
                       .source = r->file,
                       .rank = (int)r->headers[i].rank,
                       .elements = 1};
  IG_TRY(read_type(r, t->name, r->headers[i].type, &t->dtype, err));
  bool fits = true;
  for (int k = 0; k < t->rank; k++) {
    unsigned char bytes[4];
    IG_TRY(read_next(r, bytes, sizeof bytes, err));
    t->shape[k] = (size_t)ig_little_endian_read(bytes, 4);
    fits = fits && t->shape[k] <= INT32_MAX &&
           ig_size_multiply(t->elements, t->shape[k], &t->elements);
  }
  fits = fits && ig_size_multiply(t->elements, ig_dtype_size(t->dtype), &t->bytes);
  if (fits && t->bytes <= r->headers[i].data) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: item %s: %" PRIu64 " bytes, fewer than its shape and type need", r->path,
                 t->name, r->headers[i].data);
}

// Values follow one another, in the order of the items.
static ig_status place_values(item_reading *r, ig_error *err) {
  uint64_t padding;
  IG_TRY(read_word(r, &padding, err));
  if (padding > r->file->size - r->at)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: cut short: %" PRIu64 " bytes of padding", r->path,
                   padding);
  r->at += (size_t)padding;
  for (size_t i = 0; i < r->out->count; i++) {
    if (r->headers[i].data > r->file->size - r->at)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: item %s: its values are cut short", r->path,
                     r->out->names[i]);
    r->out->items[i].begin = r->at;
    r->at += (size_t)r->headers[i].data;
  }
  return IG_OK;
}

static ig_status read_items(item_reading *r, size_t count, ig_error *err) {
  ig_item_file *out = r->out;
  r->headers = ig_allocate(count, sizeof *r->headers, err);
  out->names = r->headers ? ig_allocate(count, sizeof *out->names, err) : NULL;
  out->items = out->names ? ig_allocate(count, sizeof *out->items, err) : NULL;
  if (!out->items) return IG_ERROR_MEMORY;
  IG_TRY(read_headers(r, count, err));
  out->count = count;
  for (size_t i = 0; i < count; i++) IG_TRY(read_name(r, i, err));
  for (size_t i = 0; i < count; i++) IG_TRY(read_shape(r, i, err));
  return place_values(r, err);
}

static ig_status read_file(item_reading *r, ig_error *err) {
  uint64_t version, count;
  IG_TRY(read_word(r, &version, err));
  IG_TRY(read_word(r, &count, err));
  if (version != VERSION || count > MOST_ITEMS || count > r->file->size / HEADER)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: version %" PRIu64 " with %" PRIu64 " items, expected version 1", r->path,
                   version, count);
  const ig_status status = read_items(r, (size_t)count, err);
  free(r->headers);
  return status;
}

ig_status ig_item_file_open(const ig_file *file, const char *path, ig_item_file **out,
                            ig_error *err) {
  *out = ig_allocate(1, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  item_reading r = {.file = file, .path = path, .out = *out};
  const ig_status status = read_file(&r, err);
  if (status == IG_OK) return IG_OK;
  ig_item_file_close(*out);
  *out = NULL;
  return status;
}

void ig_item_file_close(ig_item_file *file) {
  if (!file) return;
  for (size_t i = 0; i < file->count; i++) free(file->names[i]);
  free(file->names);
  free(file->items);
  free(file);
}

size_t ig_item_file_count(const ig_item_file *file) { return file->count; }
const ig_safetensor *ig_item_file_get(const ig_item_file *file, size_t index) {
  return &file->items[index];
}
