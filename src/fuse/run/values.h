// Values on their way in and out: a model's tensor as methods see it (of a matched row, with an
// adapter added, rounded to the recipe's dtype), and the output's types.
#ifndef IG_FUSE_RUN_VALUES_H
#define IG_FUSE_RUN_VALUES_H
#include "fuse/plan/fusion_plan.h"

// Values first .. first + count - 1 of an input of the tensor: whole rows, where it has an adapter.
// scratch: ig_lora_scratch of those rows; not looked at without an adapter.
ig_status ig_values_read(const ig_recipe *recipe, const ig_plan_tensor *tensor,
                         const ig_plan_input *input, size_t first, size_t count, float *out,
                         float *scratch, ig_error *err);
// Converts values first .. first + count - 1 of the tensor `name` to `to` (F32, BF16, F16), where
// that is another type; *out: x itself, or bytes (count * 2), as they are to be written. A value
// that is not finite, or too large for float16, is an error.
ig_status ig_values_convert(ig_dtype to, const char *name, size_t first, size_t count,
                            const float *x, void *bytes, const void **out, ig_error *err);
#endif
