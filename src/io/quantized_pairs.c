#include "io/quantized_pairs.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

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

ig_status ig_quantized_pairs_make(ig_safetensor *tensors, size_t *count, ig_quantized **quantized,
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

void ig_quantized_pairs_free(ig_quantized *quantized, size_t pairs) {
  for (size_t i = 0; i < pairs; i++) free(quantized[i].scales);
  free(quantized);
}
