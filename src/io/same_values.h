// Whether tensors of files hold the same values: copies, or tensors of their own.
#ifndef IG_IO_SAME_VALUES_H
#define IG_IO_SAME_VALUES_H
#include "io/safetensor.h"

// Whether both tensors have the same type and shape, so that one may be a copy of the other.
bool ig_same_values_may_be(const ig_safetensor *a, const ig_safetensor *b);
// Whether both tensors have the same shape and, converted to float, the same bits.
ig_status ig_same_values_find(const ig_safetensor *a, const ig_safetensor *b, bool *same,
                              ig_error *err);
#endif
