#include "io/item_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "io/arranged.h"
#include "io/little_endian.h"

enum { WORD = 8, HEADER = 4 * WORD, MOST_ITEMS = 100000, MOST_NAME = 4096, VERSION = 1 };

// The header of an item: lengths in bytes, the name's with its NUL.
typedef struct item_header {
  uint64_t name, type, rank, data;
} item_header;

// How the values of integers lie that are read as floats, and what they are divided by.
typedef struct quantized_values {
  ig_arranged view;
  float divisor;
} quantized_values;

typedef struct file_item {
  ig_safetensor tensor;
  char *name;
  quantized_values *quantized;  // NULL: the values are as they are
} file_item;

struct ig_item_file {
  file_item *items;
  size_t count;
  size_t quantized;  // items
  char note[160];
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

// Types of matrices for the products of integers are those of two programs, marian-nmt and
// browsermt (common/types.h): (rows, columns) in the header, stored column by column, and a float
// that they are divided by after them.
typedef struct item_type {
  uint64_t code;
  ig_dtype dtype;  // of the stored values
  bool quantized;
  bool plain_tables;  // quantised embeddings are stored row by row
} item_type;

static const item_type types[] = {
    {.code = 0x404, .dtype = IG_DTYPE_F32},
    {.code = 0x402, .dtype = IG_DTYPE_F16},
    {.code = 0x408, .dtype = IG_DTYPE_F64},
    {.code = 0x101, .dtype = IG_DTYPE_I8},
    {.code = 0x102, .dtype = IG_DTYPE_I16},
    {.code = 0x104, .dtype = IG_DTYPE_I32},
    {.code = 0x108, .dtype = IG_DTYPE_I64},
    {.code = 0x201, .dtype = IG_DTYPE_U8},
    {.code = 0x202, .dtype = IG_DTYPE_U16},
    {.code = 0x204, .dtype = IG_DTYPE_U32},
    {.code = 0x208, .dtype = IG_DTYPE_U64},
    {.code = 0x10001, .dtype = IG_DTYPE_I8, .quantized = true},
    {.code = 0x10002, .dtype = IG_DTYPE_I16, .quantized = true},
    {.code = 0x4101, .dtype = IG_DTYPE_I8, .quantized = true, .plain_tables = true},
    {.code = 0x4102, .dtype = IG_DTYPE_I16, .quantized = true, .plain_tables = true},
};

// Types whose values are arranged for the registers of one kind of processor.
static const struct {
  uint64_t code;
  const char *name;
} packed_types[] = {{0x802, "packed16"},
                    {0x1801, "packed8avx2"},
                    {0x2801, "packed8avx512"},
                    {0x18001, "intgemm8ssse3"},
                    {0x11001, "intgemm8avx2"},
                    {0x12001, "intgemm8avx512"},
                    {0x13001, "intgemm8avx512vnni"},
                    {0x14002, "intgemm16sse2"},
                    {0x11002, "intgemm16avx2"},
                    {0x12002, "intgemm16avx512"}};

static const char *packed_name(uint64_t code) {
  for (size_t i = 0; i < sizeof packed_types / sizeof *packed_types; i++)
    if (packed_types[i].code == code) return packed_types[i].name;
  return "packed for one kind of processor, or unknown";
}

static const item_type *find_type(uint64_t code) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].code == code) return &types[i];
  return NULL;
}

static ig_status read_type(const item_reading *r, const char *name, uint64_t code,
                           const item_type **out, ig_error *err) {
  *out = find_type(code);
  if (*out) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: item %s: type 0x%" PRIx64
                 " (%s): convert the model with gemm-type intgemm8 or float32",
                 r->path, name, code, packed_name(code));
}

// ---- items ------------------------------------------------------------------

static ig_status read_headers(item_reading *r, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    item_header *h = &r->headers[i];
    uint64_t *const words[] = {&h->name, &h->type, &h->rank, &h->data};
    for (size_t k = 0; k < 4; k++) IG_TRY(read_word(r, words[k], err));
    if (h->name < 2 || h->name > MOST_NAME || h->rank > IG_SAFETENSOR_MAX_RANK)
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
  file_item *item = &r->out->items[i];
  item->name = ig_allocate_copy(text + skipped, length - skipped, err);
  return item->name ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status read_extents(item_reading *r, ig_safetensor *t, bool *fits, ig_error *err) {
  *fits = true;
  for (int k = 0; k < t->rank; k++) {
    unsigned char bytes[4];
    IG_TRY(read_next(r, bytes, sizeof bytes, err));
    t->shape[k] = (size_t)ig_little_endian_read(bytes, 4);
    *fits = *fits && t->shape[k] <= INT32_MAX &&
            ig_size_multiply(t->elements, t->shape[k], &t->elements);
  }
  return IG_OK;
}

static ig_status read_shape(item_reading *r, size_t i, ig_error *err) {
  ig_safetensor *t = &r->out->items[i].tensor;
  const item_type *type;
  bool fits;
  size_t stored = 0;
  *t = (ig_safetensor){.name = r->out->items[i].name,
                       .file = r->path,
                       .source = r->file,
                       .rank = (int)r->headers[i].rank,
                       .elements = 1};
  IG_TRY(read_type(r, t->name, r->headers[i].type, &type, err));
  IG_TRY(read_extents(r, t, &fits, err));
  t->dtype = type->quantized ? IG_DTYPE_F32 : type->dtype;
  fits = fits && ig_size_multiply(t->elements, ig_dtype_size(type->dtype), &stored) &&
         ig_size_multiply(t->elements, ig_dtype_size(t->dtype), &t->bytes);
  const uint64_t after = type->quantized ? sizeof(float) : 0;
  if (fits && after <= r->headers[i].data && stored <= r->headers[i].data - after) return IG_OK;
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
                     r->out->items[i].name);
    r->out->items[i].tensor.begin = r->at;
    r->at += (size_t)r->headers[i].data;
  }
  return IG_OK;
}

// ---- quantised items --------------------------------------------------------

static ig_status read_divisor(item_reading *r, const ig_safetensor *t, size_t stored, float *out,
                              ig_error *err) {
  unsigned char bytes[sizeof *out];
  IG_TRY(ig_file_read(r->file, r->path, t->begin + stored, bytes, sizeof bytes, err));
  const uint32_t bits = (uint32_t)ig_little_endian_read(bytes, sizeof bytes);
  memcpy(out, &bits, sizeof *out);
  if (isfinite(*out) && *out > 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: item %s: its integers are divided by %g, expected a positive number", r->path,
                 t->name, (double)*out);
}

static ig_status arrange_item(item_reading *r, file_item *item, const item_type *type,
                              ig_error *err) {
  ig_safetensor *t = &item->tensor;
  const size_t size = ig_dtype_size(type->dtype), stored = t->elements * size;
  const bool by_rows = type->plain_tables && strstr(item->name, "Wemb");
  if (t->rank != 2 || t->elements == 0)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: item %s: integers of rank %d with %zu values, expected a matrix", r->path,
                   t->name, t->rank, t->elements);
  quantized_values *q = item->quantized = ig_allocate(1, sizeof *q, err);
  if (!q) return IG_ERROR_MEMORY;
  pthread_mutex_init(&q->view.lock, NULL);
  IG_TRY(read_divisor(r, t, stored, &q->divisor, err));
  q->view.file = r->file;
  q->view.path = r->path;
  q->view.stored =
      (ig_zip_member){.name = item->name, .begin = t->begin, .packed = stored, .size = stored};
  q->view.item = size;
  q->view.rank = 2;
  q->view.elements = t->elements;
  memcpy(q->view.shape, t->shape, sizeof t->shape);
  q->view.stride[0] = by_rows ? t->shape[1] : 1;
  q->view.stride[1] = by_rows ? 1 : t->shape[0];
  q->view.divisors = &q->divisor;
  q->view.per_divisor = t->elements;
  t->arranged = &q->view;
  r->out->quantized++;
  return IG_OK;
}

static ig_status arrange_items(item_reading *r, ig_error *err) {
  ig_item_file *out = r->out;
  for (size_t i = 0; i < out->count; i++) {
    const item_type *type = find_type(r->headers[i].type);
    if (type->quantized) IG_TRY(arrange_item(r, &out->items[i], type, err));
  }
  if (out->quantized)
    snprintf(out->note, sizeof out->note,
             "%zu matrices of integers, quantised for 8- or 16-bit products, are read as floats",
             out->quantized);
  return IG_OK;
}

static ig_status read_items(item_reading *r, size_t count, ig_error *err) {
  ig_item_file *out = r->out;
  r->headers = ig_allocate(count, sizeof *r->headers, err);
  out->items = r->headers ? ig_allocate(count, sizeof *out->items, err) : NULL;
  if (!out->items) return IG_ERROR_MEMORY;
  IG_TRY(read_headers(r, count, err));
  out->count = count;
  for (size_t i = 0; i < count; i++) IG_TRY(read_name(r, i, err));
  for (size_t i = 0; i < count; i++) IG_TRY(read_shape(r, i, err));
  IG_TRY(place_values(r, err));
  return arrange_items(r, err);
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
  for (size_t i = 0; i < file->count; i++) {
    file_item *item = &file->items[i];
    if (item->quantized) ig_arranged_end(&item->quantized->view);
    free(item->quantized);
    free(item->name);
  }
  free(file->items);
  free(file);
}

size_t ig_item_file_count(const ig_item_file *file) { return file->count; }
const ig_safetensor *ig_item_file_get(const ig_item_file *file, size_t index) {
  return &file->items[index].tensor;
}
const char *ig_item_file_note(const ig_item_file *file) { return file->note; }
