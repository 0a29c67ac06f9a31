// Kinds of positions, and the tables of those that are not trained.
#ifndef IG_NN_POSITIONS_H
#define IG_NN_POSITIONS_H
typedef enum ig_position_kind {
  IG_POSITION_INTERLEAVED,  // sine in even, cosine in odd columns: PyTorch's tutorials
  // sine in the first, cosine in the second half, exponent 2i/d: Hugging Face's Marian
  IG_POSITION_HALVES,
  // The same with exponent i/(d/2 - 1), whose last rate is 1/10000: tensor2tensor, fairseq
  IG_POSITION_HALVES_INCLUSIVE,
  IG_POSITION_LEARNED,  // a trained table
  IG_POSITION_NONE,     // nothing is added to the embeddings
} ig_position_kind;

// Sinusoids (Vaswani et al. 2017, 3.5): fills table (count, d) with positions first, first + 1, …
void ig_positions_sinusoids(ig_position_kind kind, int first, int count, int d, float *table);
#endif
