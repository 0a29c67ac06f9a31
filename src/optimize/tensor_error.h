// What is lost when a tensor is stored in fewer bits.
#ifndef IG_OPTIMIZE_TENSOR_ERROR_H
#define IG_OPTIMIZE_TENSOR_ERROR_H
#include "io/safetensor.h"
#include "kernel/kernels.h"

typedef struct ig_tensor_error {
  double relative;  // root mean square of the differences, over that of the values; 0 of zeros
  double largest;   // difference of one value
} ig_tensor_error;

// dtype: I8, row by row by the recipe of kernel/int8.h; BF16 or F16. A value that is not finite is
// IG_ERROR_FORMAT.
ig_status ig_tensor_error_find(const ig_safetensor *tensor, ig_dtype dtype,
                               const ig_kernels *kernels, ig_tensor_error *out, ig_error *err);
#endif
