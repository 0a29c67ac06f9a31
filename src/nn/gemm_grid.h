// The blocks that C is cut into, each the task of one thread: where a block lies, and where it is
// written to.
#ifndef IG_NN_GEMM_GRID_H
#define IG_NN_GEMM_GRID_H
#include "nn/blocks.h"
#include "nn/gemm.h"

typedef struct ig_gemm_grid {
  size_t row_block, row_blocks, column_block, column_blocks;
  float *read;  // (threads, row_block, IG_GEMM_READER_ROW): blocks of C for the reader
} ig_gemm_grid;

static inline size_t ig_gemm_grid_blocks(const ig_gemm_grid *grid) {
  return grid->row_blocks * grid->column_blocks;
}

// Memory for the reader's blocks.
static inline float *ig_gemm_grid_take(ig_arena *scratch, size_t threads, size_t row_block) {
  return IG_TAKE(scratch, float, threads *row_block *IG_GEMM_READER_ROW);
}

// Gives the reader's columns to the grid, whose rows are cut.
static inline void ig_gemm_grid_cut_for_reader(ig_gemm_grid *grid, const ig_nn *nn, size_t n) {
  grid->column_block = IG_LOGITS_BLOCK;
  grid->column_blocks = ig_blocks_parts(n, IG_LOGITS_BLOCK);
  grid->read = ig_gemm_grid_take(nn->scratch, (size_t)ig_pool_threads(nn->pool), grid->row_block);
}

// Block number `index`: rows pass by faster than columns, so that a part of B serves all rows while
// it is in a cache.
static inline ig_gemm_block ig_gemm_grid_block(const ig_gemm_grid *grid, const ig_gemm *g,
                                               size_t index, int worker) {
  const size_t row = index % grid->row_blocks * grid->row_block,
               column = index / grid->row_blocks * grid->column_block;
  ig_gemm_block block = {.row = row,
                         .rows = ig_blocks_at_most(g->m - row, grid->row_block),
                         .column = column,
                         .columns = ig_blocks_at_most(g->n - column, grid->column_block),
                         .worker = worker};
  if (g->reader) {
    block.c = grid->read + (size_t)worker * grid->row_block * IG_GEMM_READER_ROW;
    block.c_row = IG_GEMM_READER_ROW;
  } else {
    block.c = g->c + row * g->c_row + column;
    block.c_row = g->c_row;
  }
  return block;
}
#endif
