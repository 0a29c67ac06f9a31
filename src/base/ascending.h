// Searching numbers that ascend.
#ifndef IG_BASE_ASCENDING_H
#define IG_BASE_ASCENDING_H
#include <stddef.h>

// The place of the first of x (count) that is not below `least`; count: all are.
static inline size_t ig_ascending_find(const int *x, size_t count, int least) {
  size_t low = 0, high = count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (x[middle] < least)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}
#endif
