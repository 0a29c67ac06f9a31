// C = A B: blocking and threading round the gemm kernels. Threads split C, never k, and k is walked
// in fixed blocks, so that a product has the same bits for any number of threads.
//
// On CPUs with a matrix unit, large products of training, and in inference those of the layout
// IG_WEIGHT_LAYOUT_BFLOAT16_PARTS, go to nn/gemm_unit.h instead. It sums in a different order, but
// also a fixed one. Training in bfloat16 goes there too, and rounds both operands
// (kernel/bf16_unit.h).
#ifndef IG_NN_GEMM_H
#define IG_NN_GEMM_H
#include "nn/gemm_reader.h"
#include "nn/weight_layout.h"

typedef struct ig_gemm {
  size_t m, n, k;
  const float *a;  // A[i][p] = a[i * a_row + p * a_depth]
  size_t a_row, a_depth;
  const float *b;  // B[p][j] = b[p * b_depth + j * b_column]
  size_t b_depth, b_column;
  // B as ig_gemm_pack left it: its layout says which kernels run, and b is ignored. Without data, B
  // is packed into scratch during the product.
  ig_packed packed;
  // What B is packed as during the product, if this CPU can use it (ig_gemm_layout). It must not
  // depend on m: results would change with the batch. Training chooses by the product's size
  // instead, since there each product keeps its shape.
  ig_weight_layout layout;
  float *c;  // C[i][j] = c[i * c_row + j]
  size_t c_row;
  // Is given C, which is then not written to c; not of products on a matrix unit, nor with
  // accumulate. NULL: nobody.
  const ig_gemm_reader *reader;
  bool accumulate;  // C += AB instead of C = AB
  // Of a symmetric C nobody reads what is below the diagonal: blocks that are there are left out,
  // where vectors multiply. Not with a reader.
  bool upper;
  const float *bias;  // (n) or NULL: C = activation(AB + bias)
  ig_activation activation;
} ig_gemm;

// Computes C by the threads of nn.
void ig_gemm_run(ig_nn *nn, const ig_gemm *gemm);
// The same on the calling thread, for tasks of a pool: always on vectors, and B is packed into the
// caller's buffer (ig_gemm_panel_floats) instead of scratch. A B whose columns fill whole panels is
// read unpacked.
void ig_gemm_serial(const ig_kernels *kernels, const ig_gemm *gemm, float *buffer);
// The most scratch bytes that ig_gemm_run may need, and those that it needs with a reader.
size_t ig_gemm_scratch(const ig_nn *nn, size_t m, size_t n, size_t k);
size_t ig_gemm_read_scratch(const ig_nn *nn, size_t m, size_t n, size_t k);

// Whether these kernels multiply bfloat16 by an instruction of its own. Where they do not, training
// in bfloat16 gives the same bits, but is no faster than in float32.
bool ig_gemm_multiplies_bf16(const ig_kernels *kernels);

// The layout that stands in for `wanted` on the CPU of these kernels: `wanted`, or float32 panels
// where it needs a matrix unit and there is none.
ig_weight_layout ig_gemm_layout(const ig_kernels *kernels, ig_weight_layout wanted);
// Bytes of a packed B (k, n) in a layout that these kernels can use.
size_t ig_gemm_packed_bytes(const ig_kernels *kernels, ig_weight_layout layout, size_t n, size_t k);
// Where a packed B (k, n) lies in memory: ig_gemm_packed_bytes, aligned to IG_ALIGNMENT.
ig_packed ig_gemm_place(ig_weight_layout layout, size_t n, size_t k, void *memory);
// Packs columns first .. first + b->n - 1 of a B that was placed, by the threads of nn. first: a
// multiple of 64, so that they begin a panel.
void ig_gemm_pack(ig_nn *nn, const ig_gemm_operand *b, size_t first, ig_packed packed);
// The values (k) of one column of a packed B, which is not in parts.
void ig_gemm_unpack_column(const ig_kernels *kernels, ig_packed packed, size_t k, size_t column,
                           float *to);
// Floats of B (k, n) in float32 panels.
size_t ig_gemm_panel_floats(const ig_kernels *kernels, size_t n, size_t k);
#endif
