// Scratch memory is shared: layers that run one after the other each take it and give it back, so
// that the largest need of them all serves them all.
#ifndef IG_NN_SCRATCH_H
#define IG_NN_SCRATCH_H
#include <stddef.h>

// The largest of `count` needs, in bytes.
static inline size_t ig_scratch_most(size_t count, const size_t *bytes) {
  size_t most = 0;
  for (size_t i = 0; i < count; i++)
    if (bytes[i] > most) most = bytes[i];
  return most;
}

// The same of the arguments, which are evaluated once.
#define IG_SCRATCH_MOST(...) \
  ig_scratch_most(sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), (const size_t[]){__VA_ARGS__})
#endif
