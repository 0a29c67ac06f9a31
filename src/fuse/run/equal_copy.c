#include "fuse/run/equal_copy.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/bf16.h"
#include "base/f16.h"
#include "io/narrow.h"

enum { PART = 4096 };  // values at a time

typedef struct equal_values {
  const ig_plan_tensor *tensor;
  char bytes[PART * 8], other[PART * 8];  // as they are in the file
  float x[PART];
  uint16_t halves[PART];
} equal_values;

static ig_status read_bytes(const ig_safetensor *t, size_t first, size_t count, char *out,
                            ig_error *err) {
  const size_t size = ig_dtype_size(t->dtype);
  return ig_safetensor_read_bytes(t, first * size, count * size, out, err);
}

static bool is_alike(const ig_plan_input *input, const ig_safetensor *first) {
  const ig_safetensor *t = input->tensor;
  return !input->lora.count && t->dtype == first->dtype && t->elements == first->elements;
}

static bool are_alike(const ig_plan_tensor *t) {
  const ig_safetensor *first = t->input[0].tensor;
  bool alike = !t->aligned && (!t->base.tensor || is_alike(&t->base, first));
  for (size_t i = 0; alike && i < t->inputs; i++) alike = is_alike(&t->input[i], first);
  return alike;
}

static void convert_part(equal_values *v, size_t count) {
  const ig_dtype dtype = v->tensor->input[0].tensor->dtype;
  if (dtype == IG_DTYPE_F16) ig_f16_to_floats(count, v->bytes, v->x);
  if (dtype == IG_DTYPE_BF16) ig_bf16_to_floats(count, v->bytes, v->x);
  if (dtype == IG_DTYPE_F32) memcpy(v->x, v->bytes, count * sizeof *v->x);
  for (size_t i = 0; dtype == IG_DTYPE_F64 && i < count; i++) {
    double value;
    memcpy(&value, v->bytes + 8 * i, sizeof value);
    v->x[i] = (float)value;
  }
}

// Reads a part of the first input. *equal false: another input has other bytes.
static ig_status read_part(equal_values *v, size_t first, size_t count, bool *equal,
                           ig_error *err) {
  const ig_plan_tensor *t = v->tensor;
  const size_t bytes = count * ig_dtype_size(t->input[0].tensor->dtype);
  IG_TRY(read_bytes(t->input[0].tensor, first, count, v->bytes, err));
  for (size_t i = 1; *equal && i <= t->inputs; i++) {
    const ig_safetensor *from = i < t->inputs ? t->input[i].tensor : t->base.tensor;
    if (!from) continue;
    IG_TRY(read_bytes(from, first, count, v->other, err));
    *equal = memcmp(v->bytes, v->other, bytes) == 0;
  }
  convert_part(v, count);
  return IG_OK;
}

static size_t count_of_part(const ig_plan_tensor *t, size_t first) {
  return t->elements - first < PART ? t->elements - first : PART;
}

static ig_status judge_values(equal_values *v, bool *fit, ig_error *err) {
  bool has_infinity = false;
  *fit = are_alike(v->tensor);
  for (size_t first = 0; *fit && first < v->tensor->elements; first += PART) {
    const size_t count = count_of_part(v->tensor, first);
    IG_TRY(read_part(v, first, count, fit, err));
    for (size_t i = 0; *fit && i < count; i++) {
      const bool is_infinite = isinf(v->x[i]) && v->x[i] < 0;
      has_infinity = has_infinity || is_infinite;
      *fit = is_infinite || isfinite(v->x[i]);
    }
  }
  *fit = *fit && has_infinity;
  return IG_OK;
}

static ig_status convert_to_halves(equal_values *v, size_t count, ig_error *err) {
  const size_t lost = ig_narrow(v->tensor->dtype, count, v->x, v->halves);
  if (lost == count) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %g is too large for %s", v->tensor->name,
                 (double)v->x[lost], ig_dtype_name(v->tensor->dtype));
}

static ig_status copy_values(equal_values *v, const ig_output *output, size_t index,
                             ig_error *err) {
  const size_t size = ig_dtype_size(v->tensor->dtype);
  for (size_t first = 0; first < v->tensor->elements; first += PART) {
    const size_t count = count_of_part(v->tensor, first);
    bool equal = true;
    const void *values = v->x;
    IG_TRY(read_part(v, first, count, &equal, err));
    if (v->tensor->dtype != IG_DTYPE_F32) {
      IG_TRY(convert_to_halves(v, count, err));
      values = v->halves;
    }
    IG_TRY(ig_output_put(output, index, first * size, values, count * size, err));
  }
  return IG_OK;
}

ig_status ig_equal_copy_try(const ig_fusion_plan *plan, const ig_output *output, size_t index,
                            bool *copied, ig_error *err) {
  equal_values v = {.tensor = &plan->tensors[index]};
  IG_TRY(judge_values(&v, copied, err));
  return *copied ? copy_values(&v, output, index, err) : IG_OK;
}
