#include "optimize/tensor_error.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/bf16.h"
#include "base/f16.h"
#include "base/fail.h"
#include "io/narrow.h"
#include "kernel/int8.h"

enum { PART = 1 << 13 };  // values of a tensor without rows of its own

typedef struct error_search {
  ig_dtype dtype;
  const ig_kernels *kernels;
  size_t width;  // values that are read at a time: a row where the type is int8
  float *x, *y;  // (width): the values, and what is stored of them
  void *stored;
  double difference, values;  // sums of squares
  double largest;
} error_search;

static ig_status allocate(error_search *s, ig_error *err) {
  const size_t filled = ig_int8_filled_depth(s->width);
  s->x = ig_allocate(s->width, sizeof *s->x, err);
  s->y = s->x ? ig_allocate(s->width, sizeof *s->y, err) : NULL;
  s->stored = s->y ? ig_allocate(filled, sizeof(float), err) : NULL;
  return s->stored ? IG_OK : IG_ERROR_MEMORY;
}

static void store_int8(error_search *s, size_t count) {
  const int8_t *q = s->stored;
  const float scale = s->kernels->quantize(count, s->x, s->stored).scale;
  for (size_t i = 0; i < count; i++) s->y[i] = scale * (float)q[i];
}

static void store(error_search *s, size_t count) {
  if (s->dtype == IG_DTYPE_I8) {
    store_int8(s, count);
    return;
  }
  ig_narrow(s->dtype, count, s->x, s->stored);
  if (s->dtype == IG_DTYPE_BF16)
    ig_bf16_to_floats(count, s->stored, s->y);
  else
    ig_f16_to_floats(count, s->stored, s->y);
}

static void add_errors(error_search *s, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double x = s->x[i], difference = fabs(x - s->y[i]);
    s->values += x * x;
    s->difference += difference * difference;
    if (difference > s->largest) s->largest = difference;
  }
}

static ig_status search(error_search *s, const ig_safetensor *t, ig_error *err) {
  IG_TRY(allocate(s, err));
  for (size_t at = 0; at < t->elements; at += s->width) {
    const size_t count = t->elements - at < s->width ? t->elements - at : s->width;
    IG_TRY(ig_safetensor_read_part(t, at, count, s->x, err));
    store(s, count);
    add_errors(s, count);
  }
  return IG_OK;
}

ig_status ig_tensor_error_find(const ig_safetensor *t, ig_dtype dtype, const ig_kernels *kernels,
                               ig_tensor_error *out, ig_error *err) {
  error_search s = {.dtype = dtype, .kernels = kernels, .width = PART};
  *out = (ig_tensor_error){0};
  if (t->elements == 0) return IG_OK;
  if (dtype == IG_DTYPE_I8) s.width = t->elements / t->shape[0];
  const ig_status status = search(&s, t, err);
  free(s.x);
  free(s.y);
  free(s.stored);
  out->largest = s.largest;
  if (s.values > 0) out->relative = sqrt(s.difference / s.values);
  return status;
}
