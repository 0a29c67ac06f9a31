#include "io/arranged.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/little_endian.h"

bool ig_arranged_is_in_order(const ig_arranged *a) {
  size_t expected = 1;
  for (int i = a->rank - 1; i >= 0; i--) {
    if (a->shape[i] != 1 && a->stride[i] != expected) return false;
    expected *= a->shape[i];
  }
  return true;
}

// The number of stored values from the first to the last that the tensor uses.
static size_t count_spanned(const ig_arranged *a) {
  size_t last = 0;
  for (int i = 0; i < a->rank; i++) last += (a->shape[i] - 1) * a->stride[i];
  return last + 1;
}

// Stores the bytes of the spanned values. *block, for free(), holds them.
static ig_status load_span(const ig_arranged *a, unsigned char **block, unsigned char **span,
                           ig_error *err) {
  const size_t bytes = count_spanned(a) * a->item, skipped = a->first * a->item;
  ig_zip_member part = a->stored;
  if (!part.deflated) {
    part.begin += skipped;
    part.packed = bytes;
    part.size = bytes;
  }
  IG_TRY(ig_zip_load(a->file, a->path, &part, block, err));
  *span = *block + (part.deflated ? skipped : 0);
  return IG_OK;
}

static void reverse_bytes(unsigned char *bytes, size_t size, size_t unit) {
  for (size_t at = 0; at + unit <= size; at += unit)
    for (size_t i = 0; i < unit / 2; i++) {
      const unsigned char byte = bytes[at + i];
      bytes[at + i] = bytes[at + unit - 1 - i];
      bytes[at + unit - 1 - i] = byte;
    }
}

// Of a value of the tensor, in bytes.
static size_t value_size(const ig_arranged *a) { return a->divisors ? sizeof(float) : a->item; }

// Value k of the span.
static void put_value(const ig_arranged *a, const unsigned char *span, size_t k,
                      unsigned char *to) {
  const unsigned char *from = span + k * a->item;
  if (!a->divisors) {
    memcpy(to, from, a->item);
    return;
  }
  const int integer = a->item == 1 ? (int8_t)*from : (int16_t)ig_little_endian_read(from, 2);
  const float value = (float)integer / a->divisors[(a->first + k) / a->per_divisor];
  memcpy(to, &value, sizeof value);
}

// Copies values in the order of the tensor's indices, the last index fastest.
static void gather(const ig_arranged *a, const unsigned char *span, unsigned char *to) {
  size_t index[IG_ARRANGED_MAX_RANK] = {0}, from = 0;
  const size_t size = value_size(a);
  for (size_t done = 0; done < a->elements - a->filled; done++) {
    put_value(a, span, from, to + done * size);
    for (int i = a->rank - 1; i >= 0; i--) {
      from += a->stride[i];
      if (++index[i] < a->shape[i]) break;
      from -= a->stride[i] * a->shape[i];
      index[i] = 0;
    }
  }
}

static void fill(const ig_arranged *a, unsigned char *to) {
  const size_t first = a->elements - a->filled;
  if (!(a->filler < 0) && !(a->filler > 0)) {
    memset(to + first * value_size(a), 0, a->filled * value_size(a));
    return;
  }
  for (size_t i = first; i < a->elements; i++)
    memcpy(to + i * sizeof a->filler, &a->filler, sizeof a->filler);
}

static ig_status put_in_order(ig_arranged *a, ig_error *err) {
  unsigned char *block = NULL, *span = NULL;
  IG_TRY(load_span(a, &block, &span, err));
  unsigned char *values = ig_allocate(a->elements, value_size(a), err);
  if (values) gather(a, span, values);
  free(block);
  if (!values) return IG_ERROR_MEMORY;
  if (a->swapped) reverse_bytes(values, a->elements * a->item, a->swapped);
  fill(a, values);
  a->values = values;
  return IG_OK;
}

ig_status ig_arranged_read(ig_arranged *a, size_t offset, void *to, size_t bytes, ig_error *err) {
  if (bytes == 0) return IG_OK;
  pthread_mutex_lock(&a->lock);
  const ig_status status = a->values ? IG_OK : put_in_order(a, err);
  pthread_mutex_unlock(&a->lock);
  if (status == IG_OK) memcpy(to, a->values + offset, bytes);
  return status;
}

void ig_arranged_end(ig_arranged *a) {
  pthread_mutex_destroy(&a->lock);
  free(a->values);
  a->values = NULL;
}

void ig_arranged_free(ig_arranged *a) {
  if (!a) return;
  ig_arranged_end(a);
  free(a);
}
