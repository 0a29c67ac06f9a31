#include "fuse/run/values.h"

#include <math.h>
#include <stdint.h>

#include "base/bf16.h"
#include "base/f16.h"
#include "base/fail.h"
#include "base/vectors.h"
#include "fuse/run/matched_rows.h"

// Where the type is another one or an adapter was added.
static void round_values(const ig_recipe *recipe, const ig_plan_input *input, size_t count,
                         float *x) {
  if (!recipe->cast || (recipe->dtype == input->tensor->dtype && !input->lora.a)) return;
  for (size_t i = 0; i < count && recipe->dtype == IG_DTYPE_BF16; i++)
    x[i] = ig_bf16_to_float(ig_bf16_from_float(x[i]));
  for (size_t i = 0; i < count && recipe->dtype == IG_DTYPE_F16; i++)
    x[i] = ig_f16_to_float(ig_f16_from_float(x[i]));
}

ig_status ig_values_read(const ig_recipe *recipe, const ig_plan_tensor *t,
                         const ig_plan_input *input, size_t first, size_t count, float *out,
                         float *scratch, ig_error *err) {
  IG_TRY(ig_matched_rows_read(t, input, first, count, out, err));
  if (input->lora.a)
    IG_TRY(ig_lora_add(&input->lora, first / t->shape[1], count / t->shape[1], out, scratch, err));
  round_values(recipe, input, count, out);
  return IG_OK;
}

IG_VECTORS static bool all_finite(size_t count, const float *x) {
  uint32_t finite = 1;
  for (size_t i = 0; i < count; i++) finite &= (uint32_t)isfinite(x[i]) != 0;
  return finite;
}

ig_status ig_values_convert(ig_dtype to, const char *name, size_t first, size_t count,
                            const float *x, void *bytes, const void **out, ig_error *err) {
  const bool finite = all_finite(count, x);
  for (size_t i = 0; i < count && !finite; i++)
    if (!isfinite(x[i]))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: value %zu becomes %g", name, first + i + 1,
                     (double)x[i]);
  uint16_t *half = bytes;
  *out = to == IG_DTYPE_F32 ? (const void *)x : bytes;
  if (to == IG_DTYPE_BF16) ig_bf16_from_floats(count, x, half);
  for (size_t i = 0; i < count && to == IG_DTYPE_F16; i++) {
    half[i] = ig_f16_from_float(x[i]);
    if ((half[i] & 0x7C00u) == 0x7C00u)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: value %zu, %g, is too large for float16", name,
                     first + i + 1, (double)x[i]);
  }
  return IG_OK;
}
