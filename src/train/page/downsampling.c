#include "train/page/downsampling.h"

// Two points of each, and the ends.
enum { STRETCHES = (IG_DOWNSAMPLING_POINTS - 2) / 2 };

// Appends the index unless it is the last one already. Returns how many there are.
static size_t add(size_t *kept, size_t used, size_t index) {
  if (used && kept[used - 1] == index) return used;
  kept[used] = index;
  return used + 1;
}

size_t ig_downsampling_choose(const double *y, size_t count, size_t *kept) {
  size_t used = 0;
  if (count <= IG_DOWNSAMPLING_POINTS) {
    for (; used < count; used++) kept[used] = used;
    return used;
  }
  used = add(kept, used, 0);
  for (size_t s = 0; s < STRETCHES; s++) {
    const size_t begin = s * count / STRETCHES, end = (s + 1) * count / STRETCHES;
    size_t least = begin, most = begin;
    for (size_t i = begin; i < end; i++) {
      if (y[i] < y[least]) least = i;
      if (y[i] > y[most]) most = i;
    }
    used = add(kept, used, least < most ? least : most);
    used = add(kept, used, least < most ? most : least);
  }
  return add(kept, used, count - 1);
}
