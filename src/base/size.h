// Arithmetic on sizes that cannot overflow unseen. Every count that comes from a file goes through
// these.
#ifndef IG_BASE_SIZE_H
#define IG_BASE_SIZE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// *out = a * b or a + b; false (*out untouched) on overflow.
bool ig_size_multiply(size_t a, size_t b, size_t *out);
bool ig_size_add(size_t a, size_t b, size_t *out);
// *out = value; false (*out untouched) where it has more bits than a size.
bool ig_size_of(uint64_t value, size_t *out);

static inline size_t ig_size_smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t ig_size_larger(size_t a, size_t b) { return a > b ? a : b; }
#endif
