#include "io/same_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

enum { COMPARED_VALUES = 1 << 14 };  // at a time

static bool have_same_shape(const ig_safetensor *a, const ig_safetensor *b) {
  return a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

bool ig_same_values_may_be(const ig_safetensor *a, const ig_safetensor *b) {
  return a->dtype == b->dtype && have_same_shape(a, b);
}

// Names of one tensor in a file of PyTorch often lead to the same bytes.
static bool is_same_place(const ig_safetensor *a, const ig_safetensor *b) {
  return a->source == b->source && a->begin == b->begin && a->bytes == b->bytes &&
         a->dtype == b->dtype && !a->arranged && !b->arranged;
}

static ig_status compare_part(const ig_safetensor *const both[2], size_t first, size_t count,
                              float *values, bool *same, ig_error *err) {
  for (size_t i = 0; i < 2; i++)
    IG_TRY(ig_safetensor_read_part(both[i], first, count, values + i * COMPARED_VALUES, err));
  *same = memcmp(values, values + COMPARED_VALUES, count * sizeof *values) == 0;
  return IG_OK;
}

ig_status ig_same_values_find(const ig_safetensor *a, const ig_safetensor *b, bool *same,
                              ig_error *err) {
  *same = have_same_shape(a, b);
  if (!*same || is_same_place(a, b)) return IG_OK;
  float *values = ig_allocate(2 * COMPARED_VALUES, sizeof *values, err);
  ig_status status = values ? IG_OK : IG_ERROR_MEMORY;
  for (size_t first = 0; status == IG_OK && *same && first < a->elements;
       first += COMPARED_VALUES) {
    const size_t left = a->elements - first;
    status = compare_part((const ig_safetensor *const[]){a, b}, first,
                          left < COMPARED_VALUES ? left : COMPARED_VALUES, values, same, err);
  }
  free(values);
  return status;
}
