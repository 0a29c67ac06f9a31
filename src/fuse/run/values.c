#include "fuse/run/values.h"

#include <stdint.h>

#include "base/bf16.h"
#include "base/f16.h"
#include "base/fail.h"
#include "base/finite.h"
#include "fuse/run/matched_rows.h"

// Rounds to the recipe's dtype. Values that are stored in it, and which no adapter changes,
// need no rounding.
static void round_values(const ig_values_source *from, size_t count, float *x) {
  const ig_recipe *recipe = from->recipe;
  const bool is_rounded = recipe->dtype == from->input->tensor->dtype && !from->input->lora.count;
  if (!recipe->cast || is_rounded) return;
  if (recipe->dtype == IG_DTYPE_BF16)
    for (size_t i = 0; i < count; i++) x[i] = ig_bf16_to_float(ig_bf16_from_float(x[i]));
  if (recipe->dtype == IG_DTYPE_F16)
    for (size_t i = 0; i < count; i++) x[i] = ig_f16_to_float(ig_f16_from_float(x[i]));
}

ig_status ig_values_read(const ig_values_source *from, size_t first, size_t count, float *out,
                         ig_error *err) {
  const ig_plan_tensor *t = from->tensor;
  const ig_lora *lora = &from->input->lora;
  IG_TRY(ig_matched_rows_read(t, from->input, first, count, out, err));
  IG_TRY(ig_lora_apply(lora, first, count, out, from->scratch, err));
  round_values(from, count, out);
  return IG_OK;
}

static ig_status refuse_not_finite(const ig_values_target *to, size_t first, size_t count,
                                   const float *x, ig_error *err) {
  const size_t i = ig_finite_until(x, count);
  if (i == count) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: value %zu becomes %g", to->tensor, first + i + 1,
                 (double)x[i]);
}

static ig_status convert_to_f16(const ig_values_target *to, size_t first, size_t count,
                                const float *x, ig_error *err) {
  uint16_t *half = to->bytes;
  for (size_t i = 0; i < count; i++) {
    half[i] = ig_f16_from_float(x[i]);
    if ((half[i] & 0x7C00u) == 0x7C00u)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: value %zu, %g, is too large for float16",
                     to->tensor, first + i + 1, (double)x[i]);
  }
  return IG_OK;
}

ig_status ig_values_convert(const ig_values_target *to, size_t first, size_t count, const float *x,
                            const void **out, ig_error *err) {
  *out = to->dtype == IG_DTYPE_F32 ? (const void *)x : to->bytes;
  IG_TRY(refuse_not_finite(to, first, count, x, err));
  if (to->dtype == IG_DTYPE_BF16) ig_bf16_from_floats(count, x, to->bytes);
  return to->dtype == IG_DTYPE_F16 ? convert_to_f16(to, first, count, x, err) : IG_OK;
}
