// Products whose C is never in memory as a whole: each block of it is handed to a reader while it
// is in the cache of the thread that computed it, and its memory is used again.
#ifndef IG_NN_GEMM_READER_H
#define IG_NN_GEMM_READER_H
#include "nn/nn.h"

// A complete block of C.
typedef struct ig_gemm_block {
  size_t row, rows, column, columns;
  float *c;      // C[row + i][column + j] = c[i * c_row + j]; the reader may change it
  size_t c_row;  // floats
  int worker;    // of the pool: 0 .. threads-1
} ig_gemm_block;

// read: called once for each block, by several threads at the same time, in any order. A block
// begins at a multiple of IG_LOGITS_BLOCK and has as many columns (the last one what is left),
// whatever the rows and threads.
typedef struct ig_gemm_reader {
  void (*read)(void *context, const ig_gemm_block *block);
  void *context;
} ig_gemm_reader;

// Rows of C lie so far apart, lest they fall into the same few cache sets.
enum { IG_GEMM_READER_ROW = IG_LOGITS_BLOCK + 16 };
#endif
