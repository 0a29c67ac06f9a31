#include "io/npz.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "io/arranged.h"
#include "io/little_endian.h"
#include "io/zip.h"

enum { START = 12, MOST_HEADER = 4096 };  // bytes

typedef struct npz_array {
  ig_safetensor tensor;
  char *name;
  ig_arranged *arranged;  // NULL: its values lie in the file as they are
} npz_array;

struct ig_npz {
  npz_array *arrays;
  size_t count, capacity;
};

// ---- the header of an array -------------------------------------------------

// What the header says: {'descr': '<f4', 'fortran_order': False, 'shape': (22, 16), }
typedef struct npy_header {
  const char *where, *member;  // for messages
  const char *at;              // what is not read yet, up to a NUL
  ig_dtype dtype;
  bool swapped, by_columns;
  int rank;
  size_t shape[IG_SAFETENSOR_MAX_RANK];
  bool has_type, has_order, has_shape;
  size_t begin;  // of the values, in the member
} npy_header;

static ig_status fail_header(const npy_header *h, ig_error *err, const char *what) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: the header of the array: %s, found '%.40s'",
                 h->where, h->member, what, h->at);
}

static void skip_spaces(npy_header *h) {
  while (*h->at == ' ' || *h->at == '\n') h->at++;
}

static bool take(npy_header *h, const char *text) {
  skip_spaces(h);
  const size_t length = strlen(text);
  if (strncmp(h->at, text, length) != 0) return false;
  h->at += length;
  return true;
}

static ig_status read_type(npy_header *h, ig_error *err) {
  static const struct {
    const char *name;
    ig_dtype dtype;
  } types[] = {{"f4", IG_DTYPE_F32}, {"f2", IG_DTYPE_F16}, {"f8", IG_DTYPE_F64},
               {"i1", IG_DTYPE_I8},  {"i2", IG_DTYPE_I16}, {"i4", IG_DTYPE_I32},
               {"i8", IG_DTYPE_I64}, {"u1", IG_DTYPE_U8},  {"u2", IG_DTYPE_U16},
               {"u4", IG_DTYPE_U32}, {"u8", IG_DTYPE_U64}, {"b1", IG_DTYPE_BOOL},
               {"c8", IG_DTYPE_C64}};
  skip_spaces(h);
  const char *text = h->at;
  if (*text != '\'' || !strchr("<>|=", text[1]) || !text[1])
    return fail_header(h, err, "descr: expected a type such as '<f4'");
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strncmp(text + 2, types[i].name, 2) == 0 && text[4] == '\'') {
      h->dtype = types[i].dtype;
      h->swapped = text[1] == '>';
      h->at += 5;
      return IG_OK;
    }
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: %s: an array of type %.20s, expected numbers or booleans", h->where,
                 h->member, text);
}

static ig_status read_order(npy_header *h, ig_error *err) {
  h->by_columns = take(h, "True");
  return h->by_columns || take(h, "False")
             ? IG_OK
             : fail_header(h, err, "fortran_order: expected True or False");
}

static ig_status read_extent(npy_header *h, ig_error *err) {
  uint64_t value = 0;
  const char *first = h->at;
  for (; *h->at >= '0' && *h->at <= '9'; h->at++) {
    const uint64_t digit = (uint64_t)(*h->at - '0');
    if (value > (UINT64_MAX - digit) / 10) return fail_header(h, err, "shape: too large");
    value = value * 10 + digit;
  }
  if (h->at == first) return fail_header(h, err, "shape: expected numbers such as (22, 16)");
  if (h->rank == IG_SAFETENSOR_MAX_RANK)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s: an array of rank above %d", h->where,
                   h->member, IG_SAFETENSOR_MAX_RANK);
  return ig_size_of(value, &h->shape[h->rank++]) ? IG_OK : fail_header(h, err, "shape: too large");
}

static ig_status read_shape(npy_header *h, ig_error *err) {
  if (!take(h, "(")) return fail_header(h, err, "shape: expected '('");
  while (!take(h, ")")) {
    IG_TRY(read_extent(h, err));
    if (!take(h, ",") && *h->at != ')') return fail_header(h, err, "shape: expected ',' or ')'");
  }
  return IG_OK;
}

static ig_status read_entry(npy_header *h, ig_error *err) {
  bool *known = NULL;
  ig_status (*read)(npy_header *, ig_error *) = NULL;
  if (take(h, "'descr':")) {
    known = &h->has_type;
    read = read_type;
  } else if (take(h, "'fortran_order':")) {
    known = &h->has_order;
    read = read_order;
  } else if (take(h, "'shape':")) {
    known = &h->has_shape;
    read = read_shape;
  }
  if (!known || *known)
    return fail_header(h, err, "expected descr, fortran_order and shape, once each");
  *known = true;
  return read(h, err);
}

static ig_status read_entries(npy_header *h, ig_error *err) {
  if (!take(h, "{")) return fail_header(h, err, "expected '{'");
  while (!take(h, "}")) {
    IG_TRY(read_entry(h, err));
    if (!take(h, ",") && *h->at != '}') return fail_header(h, err, "expected ',' or '}'");
  }
  skip_spaces(h);
  return !*h->at && h->has_type && h->has_order && h->has_shape
             ? IG_OK
             : fail_header(h, err, "expected descr, fortran_order, shape and no more");
}

// Stores the length of the text and where it begins.
static ig_status measure_header(const npy_header *h, const unsigned char *start, size_t size,
                                size_t *begin, size_t *length, ig_error *err) {
  static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
  if (size < START || memcmp(start, magic, sizeof magic) != 0 || start[6] < 1 || start[6] > 3)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: no array of numpy, version 1 to 3", h->where,
                   h->member);
  const int bytes = start[6] == 1 ? 2 : 4;
  *begin = 8 + (size_t)bytes;
  *length = (size_t)ig_little_endian_read(start + 8, bytes);
  return *length <= MOST_HEADER && *length <= size - *begin
             ? IG_OK
             : ig_fail(err, IG_ERROR_FORMAT, "%s: %s: an array whose header has %zu bytes",
                       h->where, h->member, *length);
}

static ig_status read_header(npy_header *h, const ig_file *file, const ig_zip_member *m,
                             ig_error *err) {
  unsigned char text[START + MOST_HEADER + 1] = {0};
  size_t begin = 0, length = 0;
  IG_TRY(ig_zip_read_start(file, h->where, m, text, ig_size_smaller(m->size, START), err));
  IG_TRY(measure_header(h, text, m->size, &begin, &length, err));
  h->begin = begin + length;
  IG_TRY(ig_zip_read_start(file, h->where, m, text, h->begin, err));
  text[h->begin] = '\0';
  h->at = (const char *)text + begin;
  const ig_status status = read_entries(h, err);
  h->at = "";
  return status;
}

// ---- one array --------------------------------------------------------------

static ig_status count_elements(const npy_header *h, const ig_zip_member *m, size_t *elements,
                                ig_error *err) {
  size_t bytes = 0;
  *elements = 1;
  bool fits = true;
  for (int i = 0; fits && i < h->rank; i++)
    fits = ig_size_multiply(*elements, h->shape[i], elements);
  fits = fits && ig_size_multiply(*elements, ig_dtype_size(h->dtype), &bytes);
  if (fits && bytes == m->size - h->begin) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: %s: %zu bytes of values, expected %zu by its shape and type", h->where,
                 h->member, m->size - h->begin, fits ? bytes : SIZE_MAX);
}

static void set_strides(const npy_header *h, ig_arranged *a) {
  size_t stride = 1;
  for (int i = 0; i < h->rank; i++) {
    const int dimension = h->by_columns ? i : h->rank - 1 - i;
    a->stride[dimension] = stride;
    stride *= h->shape[dimension];
  }
}

// Where the values begin among those of the member is a whole number of values in every file that
// numpy writes (at a multiple of 64), or Marian (of 16).
static ig_status arrange(npz_array *array, const npy_header *h, const ig_zip_member *m,
                         ig_error *err) {
  const ig_safetensor *t = &array->tensor;
  ig_arranged view = {.file = t->source,
                      .path = t->file,
                      .stored = *m,
                      .item = ig_dtype_size(t->dtype),
                      .rank = t->rank,
                      .elements = t->elements};
  memcpy(view.shape, t->shape, sizeof t->shape);
  set_strides(h, &view);
  view.stored.name = array->name;
  view.swapped = !h->swapped || view.item == 1 ? 0 : t->dtype == IG_DTYPE_C64 ? 4 : view.item;
  if (t->elements == 0 || (!m->deflated && !view.swapped && ig_arranged_is_in_order(&view)))
    return IG_OK;
  if (h->begin % view.item != 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: %s: values at byte %zu, expected a multiple of "
                   "%zu",
                   h->where, h->member, h->begin, view.item);
  view.first = h->begin / view.item;
  array->arranged = ig_allocate(1, sizeof *array->arranged, err);
  if (!array->arranged) return IG_ERROR_MEMORY;
  *array->arranged = view;
  pthread_mutex_init(&array->arranged->lock, NULL);
  array->tensor.arranged = array->arranged;
  return IG_OK;
}

static ig_status add_array(ig_npz *npz, const ig_file *file, const char *path,
                           const ig_zip_member *m, size_t length, ig_error *err) {
  npy_header h = {.where = path, .member = m->name};
  IG_TRY(read_header(&h, file, m, err));
  IG_TRY(ig_allocate_more((void **)&npz->arrays, &npz->capacity, npz->count + 1,
                          sizeof *npz->arrays, err));
  npz_array *array = &npz->arrays[npz->count];
  *array = (npz_array){.name = ig_allocate_copy(m->name, length, err)};
  if (!array->name) return IG_ERROR_MEMORY;
  npz->count++;
  ig_safetensor *t = &array->tensor;
  *t = (ig_safetensor){
      .name = array->name, .file = path, .dtype = h.dtype, .rank = h.rank, .source = file};
  memcpy(t->shape, h.shape, sizeof h.shape);
  IG_TRY(count_elements(&h, m, &t->elements, err));
  t->begin = m->begin + h.begin;
  t->bytes = m->size - h.begin;
  return arrange(array, &h, m, err);
}

// ---- the whole --------------------------------------------------------------

static ig_status add_arrays(ig_npz *npz, const ig_file *file, const char *path, const ig_zip *zip,
                            ig_error *err) {
  for (size_t i = 0; i < zip->count; i++) {
    const ig_zip_member *m = &zip->members[i];
    const size_t length = strlen(m->name);
    if (length < 5 || strcmp(m->name + length - 4, ".npy") != 0)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected members NAME.npy only", path, m->name);
    IG_TRY(add_array(npz, file, path, m, length - 4, err));
  }
  return IG_OK;
}

ig_status ig_npz_open(const ig_file *file, const char *path, ig_npz **out, ig_error *err) {
  ig_npz *npz = *out = ig_allocate(1, sizeof *npz, err);
  if (!npz) return IG_ERROR_MEMORY;
  ig_zip zip = {0};
  ig_status status = ig_zip_open(file, path, &zip, err);
  if (status == IG_OK) status = add_arrays(npz, file, path, &zip, err);
  ig_zip_close(&zip);
  if (status == IG_OK) return IG_OK;
  ig_npz_close(npz);
  *out = NULL;
  return status;
}

void ig_npz_close(ig_npz *npz) {
  if (!npz) return;
  for (size_t i = 0; i < npz->count; i++) {
    ig_arranged_free(npz->arrays[i].arranged);
    free(npz->arrays[i].name);
  }
  free(npz->arrays);
  free(npz);
}

size_t ig_npz_count(const ig_npz *npz) { return npz->count; }
const ig_safetensor *ig_npz_get(const ig_npz *npz, size_t index) {
  return &npz->arrays[index].tensor;
}
