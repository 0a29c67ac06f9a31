#include "nn/gemm_bf16.h"

#include <assert.h>

#include "base/bf16.h"
#include "nn/blocks.h"

enum {
  PACK_PANELS = 8,      // panels of a packing task
  PACK_WORK = 1 << 16,  // elements that are worth threads
  BLOCK_DEPTH = 64,     // depths of a panel that are rounded at a time
  BLOCK = BLOCK_DEPTH * 32
};

typedef struct bf16_packing {
  const ig_kernels *kernels;
  const ig_gemm_operand *operand;
  uint16_t *panels;
} bf16_packing;

size_t ig_gemm_bf16_packed_bytes(const ig_kernels *kernels, size_t n, size_t k) {
  return ig_blocks_parts(n, kernels->gemm_nr) * kernels->gemm_nr * k * sizeof(uint16_t);
}

// Interleaves the halves of `rows` rows of a panel.
static void interleave(size_t width, size_t rows, const uint16_t *from, uint16_t *to) {
  const size_t half = width / 2;
  for (size_t p = 0; p < rows; p++, from += width, to += width)
    for (size_t j = 0; j < half; j++) {
      to[2 * j] = from[j];
      to[2 * j + 1] = from[half + j];
    }
}

// operand: of one panel.
static void pack_panel(const ig_kernels *kernels, const ig_gemm_operand *operand, uint16_t *panel) {
  const size_t width = kernels->gemm_nr, depth = BLOCK / width;
  float values[BLOCK];
  uint16_t rounded[BLOCK];
  for (size_t p = 0; p < operand->k; p += depth) {
    ig_gemm_operand block = *operand;
    block.b += p * block.b_depth;
    block.k = ig_blocks_at_most(operand->k - p, depth);
    kernels->gemm_pack(&block, values, block.k * width);
    ig_bf16_from_floats(block.k * width, values, rounded);
    interleave(width, block.k, rounded, panel + p * width);
  }
}

static void pack_panels(void *context, size_t index, int worker) {
  (void)worker;
  const bf16_packing *pack = context;
  const ig_gemm_operand *b = pack->operand;
  const size_t width = pack->kernels->gemm_nr, first = index * PACK_PANELS * width,
               end = ig_blocks_at_most(b->n, first + PACK_PANELS * width);
  for (size_t j = first; j < end; j += width) {
    ig_gemm_operand panel = *b;
    panel.b += j * b->b_column;
    panel.n = ig_blocks_at_most(b->n - j, width);
    pack_panel(pack->kernels, &panel, pack->panels + j * b->k);
  }
}

void ig_gemm_bf16_pack(ig_nn *nn, const ig_gemm_operand *b, uint16_t *panels) {
  const size_t width = nn->kernels->gemm_nr;
  assert(width % 2 == 0 && width <= BLOCK);
  bf16_packing pack = {nn->kernels, b, panels};
  ig_pool_run(b->n * b->k < PACK_WORK ? NULL : nn->pool, ig_blocks_parts(b->n, PACK_PANELS * width),
              pack_panels, &pack);
}

void ig_gemm_bf16_unpack_column(const ig_kernels *kernels, const uint16_t *panels, size_t k,
                                size_t column, float *to) {
  const size_t width = kernels->gemm_nr;
  const uint16_t *from =
      panels + column / width * width * k + ig_gemm_bf16_place(column % width, width);
  for (size_t p = 0; p < k; p++) to[p] = ig_bf16_to_float(from[p * width]);
}
