// C = A B: blocking and threading round the gemm kernels. Threads split over C, never over k, and k
// is walked in fixed blocks: same bits always. Products of training that are large enough, and
// those with many_rows, leave for nn/gemm_split.h where there is a matrix unit: sums in another, as
// fixed an order.
#ifndef IG_NN_GEMM_H
#define IG_NN_GEMM_H
#include "nn/nn.h"

typedef struct ig_gemm {
  size_t m, n, k;
  const float *a;  // A[i][p] = a[i * a_row + p * a_depth]
  size_t a_row, a_depth;
  const float *b;  // B[p][j] = b[p * b_depth + j * b_column]; packed into scratch on the way
  size_t b_depth, b_column;
  bool many_rows;      // as a rule: on a matrix unit where there is one, whatever m is this time
  const void *packed;  // or B packed before, by ig_gemm_pack, or ig_gemm_split_pack where it goes
                       // to a matrix unit (then b is ignored)
  float *c;            // C[i][j] = c[i * c_row + j]
  size_t c_row;
  bool accumulate;
  const float *bias;  // (n) or NULL: C = activation(AB + bias)
  ig_activation activation;
} ig_gemm;

void ig_gemm_run(ig_nn *nn, const ig_gemm *gemm);
// The same on the calling thread, with a caller's buffer for packing instead of nn's scratch
// (inside pool tasks); a B whose columns fill whole panels is read as it stands. buffer:
// ig_gemm_serial_buffer floats.
void ig_gemm_serial(const ig_kernels *kernels, const ig_gemm *gemm, float *buffer);
size_t ig_gemm_serial_buffer(const ig_kernels *kernels, size_t m, size_t n, size_t k);
// Scratch bytes that ig_gemm_run needs, at most.
size_t ig_gemm_scratch(const ig_nn *nn, size_t m, size_t n, size_t k);
// Floats of a packed (k, n) operand, and packing it.
size_t ig_gemm_packed_size(const ig_kernels *kernels, size_t n, size_t k);
void ig_gemm_pack(ig_nn *nn, size_t n, size_t k, const float *b, size_t b_depth, size_t b_column,
                  float *packed);
#endif
