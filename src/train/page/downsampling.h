// Which points of a long curve are drawn.
#ifndef IG_TRAIN_PAGE_DOWNSAMPLING_H
#define IG_TRAIN_PAGE_DOWNSAMPLING_H
#include <stddef.h>

// Curves of more points are downsampled.
enum { IG_DOWNSAMPLING_POINTS = 600 };
// Indices of points whose values are y (count), ascending, into kept (IG_DOWNSAMPLING_POINTS): all
// of them, or else the first, the last, and the least and the greatest of each of many stretches,
// so that no peak is lost. Returns how many.
size_t ig_downsampling_choose(const double *y, size_t count, size_t *kept);
#endif
