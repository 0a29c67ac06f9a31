#include "io/variable_file.h"

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

// A name, a rank, a type and a size take 8 bytes at least; an alias takes 4.
enum {
  OLDEST = 2,
  NEWEST = 6,
  WITH_ALIASES = 3,
  WITH_TYPES = 4,
  MOST_VARIABLES = 100000,
  MOST_NAME = 4096,
  LEAST_VARIABLE = 8,
  LEAST_ALIAS = 4
};

// How integers lie that are read as floats, and what each row, or all of them, is divided by.
typedef struct quantized_variable {
  ig_arranged view;
  float *divisors;
} quantized_variable;

typedef struct file_variable {
  ig_safetensor tensor;
  char *name;
  quantized_variable *quantized;  // NULL: the values are as they are, or those of another name
} file_variable;

struct ig_variable_file {
  file_variable *variables;
  size_t count, stored;  // stored: without the aliases, which come after them
  size_t capacity;
  size_t quantized;
  char note[160];
};

// What is read, from its beginning on.
typedef struct variable_reading {
  const ig_file *file;
  const char *path;
  size_t at;  // of the next byte
  uint32_t version;
  ig_variable_file *out;
} variable_reading;

static ig_status read_next(variable_reading *r, void *to, size_t size, ig_error *err) {
  if (size > r->file->size - r->at)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: cut short: %zu bytes at byte %zu of %zu", r->path,
                   size, r->at, r->file->size);
  IG_TRY(ig_file_read(r->file, r->path, r->at, to, size, err));
  r->at += size;
  return IG_OK;
}

static ig_status read_number(variable_reading *r, int bytes, uint32_t *out, ig_error *err) {
  unsigned char text[4];
  IG_TRY(read_next(r, text, (size_t)bytes, err));
  *out = (uint32_t)ig_little_endian_read(text, bytes);
  return IG_OK;
}

// A length with the NUL, and the text.
static ig_status read_name(variable_reading *r, char text[MOST_NAME], ig_error *err) {
  uint32_t length;
  IG_TRY(read_number(r, 2, &length, err));
  if (length < 1 || length > MOST_NAME)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: a name of %" PRIu32 " bytes at byte %zu", r->path,
                   length, r->at);
  IG_TRY(read_next(r, text, length, err));
  if (strnlen(text, length) == length - 1) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: a name before byte %zu that does not end in a NUL",
                 r->path, r->at);
}

bool ig_variable_file_is(const ig_file *file, const char *path, ig_error *err) {
  variable_reading r = {.file = file, .path = path};
  uint32_t version, length;
  unsigned char first;
  return file->size >= 16 && read_number(&r, 4, &version, err) == IG_OK && version >= 1 &&
         version < 256 && read_number(&r, 2, &length, err) == IG_OK && length > 1 && length < 256 &&
         read_next(&r, &first, 1, err) == IG_OK && first >= 'A' && first <= 'Z';
}

// ---- variables --------------------------------------------------------------

static ig_status add_variable(variable_reading *r, const char *name, file_variable **out,
                              ig_error *err) {
  ig_variable_file *f = r->out;
  IG_TRY(ig_allocate_more((void **)&f->variables, &f->capacity, f->count + 1, sizeof *f->variables,
                          err));
  *out = &f->variables[f->count];
  **out = (file_variable){.name = ig_allocate_copy(name, strlen(name), err)};
  if (!(*out)->name) return IG_ERROR_MEMORY;
  f->count++;
  (*out)->tensor =
      (ig_safetensor){.name = (*out)->name, .file = r->path, .source = r->file, .elements = 1};
  return IG_OK;
}

static ig_status read_shape(variable_reading *r, ig_safetensor *t, ig_error *err) {
  uint32_t rank, extent;
  IG_TRY(read_number(r, 1, &rank, err));
  if (rank > IG_SAFETENSOR_MAX_RANK)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: variable %s: rank %" PRIu32 ", at most %d",
                   r->path, t->name, rank, IG_SAFETENSOR_MAX_RANK);
  for (t->rank = 0; t->rank < (int)rank; t->rank++) {
    IG_TRY(read_number(r, 4, &extent, err));
    t->shape[t->rank] = extent;
    if (!ig_size_multiply(t->elements, extent, &t->elements))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: variable %s: shape: too large", r->path, t->name);
  }
  return IG_OK;
}

// Old files have the bytes of a value in the place of its type.
static ig_status read_type(variable_reading *r, ig_safetensor *t, uint32_t *of_count,
                           ig_error *err) {
  static const ig_dtype types[] = {IG_DTYPE_F32, IG_DTYPE_I8,  IG_DTYPE_I16,
                                   IG_DTYPE_I32, IG_DTYPE_F16, IG_DTYPE_BF16};
  static const ig_dtype sized[] = {[1] = IG_DTYPE_I8, [2] = IG_DTYPE_I16, [4] = IG_DTYPE_F32};
  uint32_t code;
  IG_TRY(read_number(r, 1, &code, err));
  const bool typed = r->version >= WITH_TYPES;
  const bool known =
      typed ? code < sizeof types / sizeof *types : code == 1 || code == 2 || code == 4;
  if (!known)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: variable %s: type %" PRIu32
                   " is not known (float32, int8, int16, int32, float16, bfloat16)",
                   r->path, t->name, code);
  t->dtype = typed ? types[code] : sized[code];
  *of_count = typed ? 1 : code;
  return IG_OK;
}

static ig_status read_variable(variable_reading *r, ig_error *err) {
  char name[MOST_NAME];
  file_variable *v;
  uint32_t of_count = 1, count = 0;
  IG_TRY(read_name(r, name, err));
  IG_TRY(add_variable(r, name, &v, err));
  ig_safetensor *t = &v->tensor;
  IG_TRY(read_shape(r, t, err));
  IG_TRY(read_type(r, t, &of_count, err));
  IG_TRY(read_number(r, 4, &count, err));
  if (!ig_size_multiply(t->elements, ig_dtype_size(t->dtype), &t->bytes) ||
      t->bytes != (uint64_t)count * of_count)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: variable %s: %" PRIu64
                   " bytes of values, expected %zu by its shape and type",
                   r->path, t->name, (uint64_t)count * of_count, t->bytes);
  if (t->bytes > r->file->size - r->at)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: variable %s: its values are cut short", r->path,
                   t->name);
  t->begin = r->at;
  r->at += t->bytes;
  return IG_OK;
}

static int compare_variables(const void *a, const void *b) {
  return strcmp(((const file_variable *)a)->name, ((const file_variable *)b)->name);
}

static void sort_variables(ig_variable_file *f) {
  f->stored = f->count;
  if (f->count) qsort(f->variables, f->count, sizeof *f->variables, compare_variables);
}

// Among those that are stored.
static const file_variable *find_variable(const ig_variable_file *f, const char *name) {
  const file_variable key = {.name = (char *)name};
  return f->stored ? bsearch(&key, f->variables, f->stored, sizeof key, compare_variables) : NULL;
}

static ig_status read_variables(variable_reading *r, ig_error *err) {
  uint32_t count;
  IG_TRY(read_number(r, 4, &count, err));
  if (count > MOST_VARIABLES || count > r->file->size / LEAST_VARIABLE)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %" PRIu32 " variables in %zu bytes", r->path, count,
                   r->file->size);
  for (uint32_t i = 0; i < count; i++) IG_TRY(read_variable(r, err));
  sort_variables(r->out);
  return IG_OK;
}

// ---- quantised variables ----------------------------------------------------

// One divisor for each row, or one for all. Files without any have 16-bit integers, and 1000.
static ig_status read_divisors(variable_reading *r, const ig_safetensor *t,
                               const ig_safetensor *scale, quantized_variable *q, ig_error *err) {
  const size_t count = scale ? scale->elements : 1;
  if (scale && (scale->dtype != IG_DTYPE_F32 || (count != 1 && count != t->shape[0])))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: variable %s: %zu values of %s, expected a float for each of the %zu rows "
                   "of %s",
                   r->path, scale->name, count, ig_dtype_name(scale->dtype), t->shape[0], t->name);
  q->divisors = ig_allocate(count, sizeof *q->divisors, err);
  if (!q->divisors) return IG_ERROR_MEMORY;
  q->divisors[0] = 1000;
  if (scale) IG_TRY(ig_safetensor_read_float(scale, q->divisors, count, err));
  for (size_t i = 0; i < count; i++)
    if (!isfinite(q->divisors[i]) || !(q->divisors[i] > 0))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: variable %s: value %zu is %g, expected a positive number", r->path,
                     scale->name, i + 1, (double)q->divisors[i]);
  q->view.per_divisor = t->elements / count;
  return IG_OK;
}

static ig_status quantize_variable(variable_reading *r, file_variable *v,
                                   const ig_safetensor *scale, ig_error *err) {
  ig_safetensor *t = &v->tensor;
  quantized_variable *q = v->quantized = ig_allocate(1, sizeof *q, err);
  if (!q) return IG_ERROR_MEMORY;
  pthread_mutex_init(&q->view.lock, NULL);
  IG_TRY(read_divisors(r, t, scale, q, err));
  q->view.file = r->file;
  q->view.path = r->path;
  q->view.stored =
      (ig_zip_member){.name = v->name, .begin = t->begin, .packed = t->bytes, .size = t->bytes};
  q->view.item = ig_dtype_size(t->dtype);
  q->view.rank = 2;
  q->view.elements = t->elements;
  memcpy(q->view.shape, t->shape, sizeof t->shape);
  q->view.stride[0] = t->shape[1];
  q->view.stride[1] = 1;
  q->view.divisors = q->divisors;
  t->dtype = IG_DTYPE_F32;
  t->arranged = &q->view;
  r->out->quantized++;
  return ig_size_multiply(t->elements, sizeof(float), &t->bytes)
             ? IG_OK
             : ig_fail(err, IG_ERROR_FORMAT, "%s: variable %s: too large", r->path, t->name);
}

static ig_status quantize_variables(variable_reading *r, ig_error *err) {
  ig_variable_file *f = r->out;
  char name[MOST_NAME + 8];
  for (size_t i = 0; i < f->stored; i++) {
    file_variable *v = &f->variables[i];
    const ig_safetensor *t = &v->tensor;
    if ((t->dtype != IG_DTYPE_I8 && t->dtype != IG_DTYPE_I16) || t->rank != 2 || t->elements == 0)
      continue;
    snprintf(name, sizeof name, "%s_scale", v->name);
    const file_variable *scale = find_variable(f, name);
    if (scale || t->dtype == IG_DTYPE_I16)
      IG_TRY(quantize_variable(r, v, scale ? &scale->tensor : NULL, err));
  }
  if (f->quantized)
    snprintf(f->note, sizeof f->note, "%zu matrices of integers, with scales, are read as floats",
             f->quantized);
  return IG_OK;
}

// ---- aliases ----------------------------------------------------------------

static ig_status read_alias(variable_reading *r, ig_error *err) {
  char name[MOST_NAME], target[MOST_NAME];
  file_variable *v;
  IG_TRY(read_name(r, name, err));
  IG_TRY(read_name(r, target, err));
  if (!find_variable(r->out, target))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s is another name of %s, which is missing", r->path,
                   name, target);
  IG_TRY(add_variable(r, name, &v, err));
  const char *own = v->name;
  v->tensor = find_variable(r->out, target)->tensor;
  v->tensor.name = own;
  return IG_OK;
}

static ig_status read_aliases(variable_reading *r, ig_error *err) {
  uint32_t count = 0;
  if (r->version >= WITH_ALIASES) IG_TRY(read_number(r, 4, &count, err));
  if (count > MOST_VARIABLES || count > r->file->size / LEAST_ALIAS)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %" PRIu32 " aliases in %zu bytes", r->path, count,
                   r->file->size);
  for (uint32_t i = 0; i < count; i++) IG_TRY(read_alias(r, err));
  if (r->at == r->file->size) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %zu bytes after its end", r->path,
                 r->file->size - r->at);
}

// ---- the whole --------------------------------------------------------------

static ig_status read_specification(variable_reading *r, ig_error *err) {
  char name[MOST_NAME];
  uint32_t revision;
  IG_TRY(read_number(r, 4, &r->version, err));
  if (r->version < OLDEST || r->version > NEWEST)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: version %" PRIu32
                   ", expected %d to %d: convert the model again, or the "
                   "one that it was made of",
                   r->path, r->version, OLDEST, NEWEST);
  IG_TRY(read_name(r, name, err));
  IG_TRY(read_number(r, 4, &revision, err));
  if (strcmp(name, "TransformerSpec") == 0) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %.80s is not built, expected TransformerSpec",
                 r->path, name);
}

static ig_status read_whole(variable_reading *r, ig_error *err) {
  IG_TRY(read_specification(r, err));
  IG_TRY(read_variables(r, err));
  IG_TRY(quantize_variables(r, err));
  return read_aliases(r, err);
}

ig_status ig_variable_file_open(const ig_file *file, const char *path, ig_variable_file **out,
                                ig_error *err) {
  *out = ig_allocate(1, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  variable_reading r = {.file = file, .path = path, .out = *out};
  const ig_status status = read_whole(&r, err);
  if (status == IG_OK) return IG_OK;
  ig_variable_file_close(*out);
  *out = NULL;
  return status;
}

void ig_variable_file_close(ig_variable_file *file) {
  if (!file) return;
  for (size_t i = 0; i < file->count; i++) {
    file_variable *v = &file->variables[i];
    if (v->quantized) {
      ig_arranged_end(&v->quantized->view);
      free(v->quantized->divisors);
    }
    free(v->quantized);
    free(v->name);
  }
  free(file->variables);
  free(file);
}

size_t ig_variable_file_count(const ig_variable_file *file) { return file->count; }
const ig_safetensor *ig_variable_file_get(const ig_variable_file *file, size_t index) {
  return &file->variables[index].tensor;
}
const char *ig_variable_file_note(const ig_variable_file *file) { return file->note; }
