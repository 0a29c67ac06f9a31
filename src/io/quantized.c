#include "io/quantized.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

enum { PART = 8192 };  // integers that are read at a time

// ---- pairs ------------------------------------------------------------------

static int compare_names(const void *a, const void *b) {
  return strcmp(((const ig_safetensor *)a)->name, ((const ig_safetensor *)b)->name);
}

typedef struct sorted_tensors {
  ig_safetensor *items;  // sorted by name
  size_t count;
} sorted_tensors;

// The tensor whose name is t's and `end`; *found NULL: there is none.
static ig_status find_beside(const sorted_tensors *list, const ig_safetensor *t, const char *end,
                             ig_safetensor **found, ig_error *err) {
  const size_t size = strlen(t->name) + strlen(end) + 1;
  char *name = ig_allocate(size, 1, err);
  if (!name) return IG_ERROR_MEMORY;
  snprintf(name, size, "%s%s", t->name, end);
  *found = bsearch(&(ig_safetensor){.name = name}, list->items, list->count, sizeof *list->items,
                   compare_names);
  free(name);
  return IG_OK;
}

// Integers that mean scale * (q - zero point) are others.
static ig_status refuse_zero_point(const sorted_tensors *list, const ig_safetensor *t,
                                   ig_error *err) {
  ig_safetensor *zero;
  IG_TRY(find_beside(list, t, "_zero_point", &zero, err));
  if (!zero) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: tensor %s: int8 with a zero point is not read: expected symmetric "
                 "quantisation",
                 zero->file, zero->name);
}

static ig_status check_scale(const ig_safetensor *scale, const ig_safetensor *t, ig_error *err) {
  const size_t rows = t->rank ? t->shape[0] : 0;
  if (scale->dtype != IG_DTYPE_F32 && scale->dtype != IG_DTYPE_F16 && scale->dtype != IG_DTYPE_BF16)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: dtype %s, expected F32, F16 or BF16",
                   scale->file, scale->name, ig_dtype_name(scale->dtype));
  const bool is_column = scale->rank == 1 || (scale->rank == 2 && scale->shape[1] == 1);
  if (is_column && scale->shape[0] == rows && rows > 0 && t->elements > 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: tensor %s: expected a scale for each of the %zu rows of %s, shape (%zu, 1), "
                 "found %zu values of rank %d",
                 scale->file, scale->name, rows, t->name, rows, scale->elements, scale->rank);
}

static ig_status read_scales(const ig_safetensor *scale, ig_quantized *q, ig_error *err) {
  q->scales = ig_allocate(q->rows, sizeof *q->scales, err);
  if (!q->scales) return IG_ERROR_MEMORY;
  IG_TRY(ig_safetensor_read_float(scale, q->scales, q->rows, err));
  for (size_t i = 0; i < q->rows; i++)
    if (!(q->scales[i] >= 0) || q->scales[i] > FLT_MAX)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s: scale %zu of %zu is %g, expected a finite number from 0 on",
                     scale->file, scale->name, i + 1, q->rows, (double)q->scales[i]);
  return IG_OK;
}

static ig_status pair(ig_safetensor *t, const ig_safetensor *scale, ig_quantized *q,
                      ig_error *err) {
  IG_TRY(check_scale(scale, t, err));
  *q = (ig_quantized){.stored = *t,
                      .rows = t->shape[0],
                      .width = t->elements / t->shape[0],
                      .scale_bytes = scale->bytes};
  IG_TRY(read_scales(scale, q, err));
  t->quantized = q;
  t->dtype = IG_DTYPE_F32;
  t->bytes = t->elements * sizeof(float);
  return IG_OK;
}

static size_t count_int8(const ig_safetensor *tensors, size_t count) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) found += tensors[i].dtype == IG_DTYPE_I8;
  return found;
}

enum { TAKEN = -1 };  // the rank of scales that are to go

static size_t remove_taken(ig_safetensor *tensors, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (tensors[i].rank != TAKEN) tensors[kept++] = tensors[i];
  return kept;
}

ig_status ig_quantized_pair(ig_safetensor *tensors, size_t *count, ig_quantized **quantized,
                            size_t *pairs, ig_error *err) {
  const size_t most = count_int8(tensors, *count);
  *quantized = NULL;
  *pairs = 0;
  if (!most) return IG_OK;
  *quantized = ig_allocate(most, sizeof **quantized, err);
  if (!*quantized) return IG_ERROR_MEMORY;
  const sorted_tensors list = {tensors, *count};
  for (size_t i = 0; i < *count; i++) {
    ig_safetensor *scale;
    if (tensors[i].dtype != IG_DTYPE_I8) continue;
    IG_TRY(find_beside(&list, &tensors[i], IG_QUANTIZED_SCALE, &scale, err));
    if (!scale) continue;
    IG_TRY(refuse_zero_point(&list, &tensors[i], err));
    IG_TRY(pair(&tensors[i], scale, &(*quantized)[(*pairs)++], err));
    scale->rank = TAKEN;
  }
  *count = remove_taken(tensors, *count);
  return IG_OK;
}

void ig_quantized_free(ig_quantized *quantized, size_t pairs) {
  for (size_t i = 0; i < pairs; i++) free(quantized[i].scales);
  free(quantized);
}

// ---- values -----------------------------------------------------------------

// The values from `first` on that are of one row, at most count.
static size_t count_of_row(const ig_quantized *q, size_t first, size_t count) {
  const size_t left = q->width - first % q->width;
  return left < count ? left : count;
}

static ig_status check_zeros(const ig_quantized *q, size_t first, size_t count, const int8_t *from,
                             ig_error *err) {
  for (size_t i = 0; i < count; i++)
    if (from[i] != 0)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s: value %zu of %zu is %d, but the scale of its row is 0",
                     q->stored.file, q->stored.name, first + i + 1, q->stored.elements, from[i]);
  return IG_OK;
}

// Integers from `first` on; rows whose scale is 0 are checked.
static ig_status read_integers(const ig_quantized *q, size_t first, size_t count, int8_t *to,
                               ig_error *err) {
  IG_TRY(ig_safetensor_read_bytes(&q->stored, first, count, to, err));
  for (size_t at = 0, n; at < count; at += n) {
    n = count_of_row(q, first + at, count - at);
    if (!(q->scales[(first + at) / q->width] > 0))
      IG_TRY(check_zeros(q, first + at, n, to + at, err));
  }
  return IG_OK;
}

// to = scale * from, row by row.
static void scale_integers(const ig_quantized *q, size_t first, size_t count, const int8_t *from,
                           float *to) {
  for (size_t at = 0, n; at < count; at += n) {
    n = count_of_row(q, first + at, count - at);
    const float scale = q->scales[(first + at) / q->width];
    for (size_t i = at; i < at + n; i++) to[i] = scale * (float)from[i];
  }
}

ig_status ig_quantized_read(const ig_quantized *q, size_t first, size_t count, float *to,
                            ig_error *err) {
  int8_t part[PART];
  for (size_t done = 0; done < count;) {
    const size_t n = count - done < PART ? count - done : PART;
    IG_TRY(read_integers(q, first + done, n, part, err));
    scale_integers(q, first + done, n, part, to + done);
    done += n;
  }
  return IG_OK;
}

ig_status ig_quantized_read_bytes(const ig_quantized *q, size_t offset, size_t size, void *to,
                                  ig_error *err) {
  float part[PART];
  char *at = to;
  while (size > 0) {
    const size_t first = offset / sizeof *part, skipped = offset % sizeof *part,
                 wanted = (skipped + size + sizeof *part - 1) / sizeof *part,
                 n = wanted < PART ? wanted : PART, most = n * sizeof *part - skipped,
                 bytes = size < most ? size : most;
    IG_TRY(ig_quantized_read(q, first, n, part, err));
    memcpy(at, (const char *)part + skipped, bytes);
    at += bytes;
    offset += bytes;
    size -= bytes;
  }
  return IG_OK;
}

ig_status ig_quantized_read_rows(const ig_quantized *q, size_t first, size_t rows, int8_t *to,
                                 ig_error *err) {
  const size_t count = rows * q->width;
  IG_TRY(read_integers(q, first * q->width, count, to, err));
  const int8_t *lowest = memchr(to, (unsigned char)INT8_MIN, count);
  if (!lowest) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: tensor %s: value %zu of %zu is -128, expected -127 to 127: run it as "
                 "another type (fp32)",
                 q->stored.file, q->stored.name, first * q->width + (size_t)(lowest - to) + 1,
                 q->stored.elements);
}
