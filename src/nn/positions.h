// Tables of positions that are not trained.
#ifndef IG_NN_POSITIONS_H
#define IG_NN_POSITIONS_H
#include "ingot.h"

// Sinusoids (Vaswani et al. 2017, 3.5), computed in double: fills table (positions, d).
void ig_positions_sinusoids(ig_positions kind, int positions, int d, float *table);
#endif
