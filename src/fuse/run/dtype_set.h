// Which element types occur in a model.
#ifndef IG_FUSE_RUN_DTYPE_SET_H
#define IG_FUSE_RUN_DTYPE_SET_H
#include <stdio.h>

#include "io/safetensors.h"

typedef struct ig_dtype_set {
  bool has[IG_DTYPE_COUNT];  // by ig_dtype
} ig_dtype_set;

// " (F32, BF16)", in the order of ig_dtype; nothing for an empty set.
void ig_dtype_set_print(const ig_dtype_set *set, FILE *out);
#endif
