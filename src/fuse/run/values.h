// Reads values of a model as methods see them, and converts results to the output's type.
#ifndef IG_FUSE_RUN_VALUES_H
#define IG_FUSE_RUN_VALUES_H
#include "fuse/plan/fusion_plan.h"

// One input of one tensor.
typedef struct ig_values_source {
  const ig_recipe *recipe;
  const ig_plan_tensor *tensor;
  const ig_plan_input *input;
  float *scratch;  // ig_lora_scratch of as many values as are read; not used without an adapter
} ig_values_source;

// Reads values first .. first + count - 1. Rows are matched by piece, adapters change them, and the
// values are rounded to the recipe's dtype.
ig_status ig_values_read(const ig_values_source *from, size_t first, size_t count, float *out,
                         ig_error *err);

// The tensor of the output that values are converted for.
typedef struct ig_values_target {
  ig_dtype dtype;      // F32, BF16 or F16
  const char *tensor;  // its name, for messages
  void *bytes;         // (count * 2): where converted values go
} ig_values_target;

// Converts x (count), which are values first .. first + count - 1 of the tensor. *out: the bytes to
// write, which are x itself for F32. A value that is not finite, or too large for F16, is
// IG_ERROR_FORMAT.
ig_status ig_values_convert(const ig_values_target *to, size_t first, size_t count, const float *x,
                            const void **out, ig_error *err);
#endif
