// Tables of positions that are not trained.
#ifndef IG_NN_POSITIONS_H
#define IG_NN_POSITIONS_H
typedef enum ig_position_kind {
  IG_POSITION_INTERLEAVED,  // sine in even, cosine in odd columns: PyTorch's tutorials
  // sine in the first, cosine in the second half, exponent 2i/d: Hugging Face's Marian
  IG_POSITION_HALVES,
} ig_position_kind;

// Sinusoids (Vaswani et al. 2017, 3.5), computed in double: fills table (positions, d).
void ig_positions_sinusoids(ig_position_kind kind, int positions, int d, float *table);
#endif
