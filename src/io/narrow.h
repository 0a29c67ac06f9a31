// Float values in the types that weights are stored in.
#ifndef IG_IO_NARROW_H
#define IG_IO_NARROW_H
#include "io/dtype.h"

// Stores x (count) as dtype, F32, F16 or BF16, at `to`, which has room for count values and the
// alignment of a float; NaN and infinities stay what they are. Returns the index of the first
// finite value that is too large for the type, or count: what is stored is of use only then.
size_t ig_narrow(ig_dtype dtype, size_t count, const float *x, void *to);
#endif
