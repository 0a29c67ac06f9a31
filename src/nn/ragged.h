// A ragged batch: the rows of all its sequences, one sequence after the other.
#ifndef IG_NN_RAGGED_H
#define IG_NN_RAGGED_H

typedef struct ig_ragged {
  int sequences;
  const int *offsets;  // (sequences + 1); sequence s owns rows offsets[s] .. offsets[s+1]-1
} ig_ragged;

// Rows of all sequences together.
static inline int ig_ragged_rows(const ig_ragged *r) { return r->offsets[r->sequences]; }
#endif
