// Allocation whose sizes cannot overflow unseen. Every count that comes from a file goes through
// these.
#ifndef IG_BASE_ALLOCATE_H
#define IG_BASE_ALLOCATE_H
#include <stddef.h>
#include "ingot/core.h"

// count * size zeroed bytes, for free(); NULL with err filled if memory is out. count 0 gives a
// valid pointer.
void *ig_allocate(size_t count, size_t size, ig_error *err);
// Makes *array (of *capacity elements) hold at least `needed` elements, by doubling. On failure the
// old array stays valid.
ig_status ig_allocate_more(void **array, size_t *capacity, size_t needed, size_t size,
                           ig_error *err);
char *ig_allocate_copy(const char *text, size_t length, ig_error *err);  // NUL-terminated copy
#endif
