// The kernel table: every innermost loop, once per instruction set.
//
// Contract of all kernels: raw pointers, no allocation, no threads, no globals, no files. n may be
// any count, 0 included. Pointers need no alignment. A kernel writes nothing outside the outputs
// that its slot names. It may read up to IG_ALIGNMENT bytes beyond the end of packed operands, and
// nothing beyond the end of plain arrays. Where a slot says "in place", its input and its output
// may be the same array; otherwise no two arguments overlap.
//
// Each slot has an error class. [same bits]: the bits of the reference, on every instruction set;
// each output is one chain of fused multiply-adds, in index order. [bounded]: within the stated
// distance of the reference, because reductions over lanes and the polynomial for exp differ
// between instruction sets, yet the same bits for the same arguments on one instruction set,
// whatever their position in memory.
#ifndef IG_KERNEL_KERNELS_H
#define IG_KERNEL_KERNELS_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"
#include "kernel/bf16_unit.h"
#include "kernel/detect.h"
#include "kernel/exp_sum.h"
#include "kernel/int8.h"
#include "kernel/matrix_unit.h"

typedef enum ig_activation {
  IG_ACTIVATION_NONE,
  IG_ACTIVATION_RELU,
  IG_ACTIVATION_GELU,
  IG_ACTIVATION_GELU_TANH,
  IG_ACTIVATION_SWISH,
  IG_ACTIVATION_TANH
} ig_activation;

// ---- matrix product ---------------------------------------------------------

// The right operand B (k, n) of a product before it is packed: B[p][j] = b[p * b_depth + j *
// b_column].
typedef struct ig_gemm_operand {
  size_t n, k;
  const float *b;
  size_t b_depth, b_column;
} ig_gemm_operand;

// The elements of a packed B.
typedef enum ig_panel_type {
  IG_PANEL_TYPE_FLOAT32,
  // Widened to float32, which is exact, as they are multiplied: the bits of a product are those of
  // the same values in float32. The two halves of a panel's row are interleaved, so that one load
  // gives a vector of each: column j of nr lies at 2 * (j % (nr / 2)) + j / (nr / 2).
  IG_PANEL_TYPE_BFLOAT16,
} ig_panel_type;

// Where element number `index` of packed panels lies.
static inline const void *ig_kernels_panel_at(ig_panel_type type, const void *packed,
                                              size_t index) {
  const size_t bytes = type == IG_PANEL_TYPE_BFLOAT16 ? sizeof(uint16_t) : sizeof(float);
  return (const char *)packed + index * bytes;
}

// Rows of C times consecutive panels of B. B is packed in panels of `gemm_nr` columns: panel j
// holds, for p = 0 .. k-1, the gemm_nr values B[p][j*nr .. j*nr+nr-1]; columns beyond n are zero.
// One panel takes k * gemm_nr elements. Blocking and threads are the business of nn/gemm.c.
typedef struct ig_gemm_tile {
  size_t rows;     // of C, 1 or more; the kernel takes gemm_mr of them at a time
  size_t columns;  // of C in this call, 1 or more, in consecutive panels
  size_t depth;    // k
  const float *a;  // A[i][p] = a[i * a_row + p * a_depth]
  size_t a_row, a_depth;
  ig_panel_type type;
  // B[p][j] = packed[j / gemm_nr * panel_stride + p * packed_row + j % gemm_nr] in float32
  const void *packed;
  size_t panel_stride;  // elements from one panel to the next
  // gemm_nr where B is packed. A float32 matrix whose columns fill whole panels may be read
  // unpacked: then the floats from one of its rows to the next.
  size_t packed_row;
  float *c;  // C[i][j] = c[i * c_row + j]
  size_t c_row;
  // C += AB instead of C = AB: the chain of fused multiply-adds goes on from C, so that splitting k
  // between calls changes no bit.
  bool accumulate;
  // Applied after the product, so only in the call for the last part of k: C = activation(C + bias)
  const float *bias;  // (columns) or NULL
  ig_activation activation;
} ig_gemm_tile;

// ---- arguments of the slots for rows ----------------------------------------

// Element e of a row is kept when its 16 random bits are >= threshold. The bits come from
// Philox4x32-10 with the key `key` and the counter {counter[0] + g, counter[1], counter[2],
// counter[3]}. Elements are laid out so that vectors of 8 and of 16 counters both fit: with
// b = e / 128 and r = e % 128, g = 16 b + r % 16, the word is (r / 16) % 4, and the half of the
// word is r / 64 (0: the low 16 bits).
typedef struct ig_dropout_row {
  uint32_t key[2];
  uint32_t counter[4];
  uint32_t threshold;  // round(p * 65536); 0 keeps all
  float scale;         // 65536 / (65536 - threshold)
} ig_dropout_row;

// Rows that need not lie one after another: row t begins at element place * stride of fp32 or bf16
// (the other is NULL), with place = index[t], or first + t where index is NULL.
typedef struct ig_listed_rows {
  const float *fp32;
  const uint16_t *bf16;
  size_t stride, count, first;
  const int *index;
} ig_listed_rows;

static inline size_t ig_kernels_row_begin(const ig_listed_rows *rows, size_t t) {
  return (rows->index ? (size_t)rows->index[t] : rows->first + t) * rows->stride;
}

// Columns of a block of logits: 2 KB of a row, which stay in a close cache between two readings. A
// multiple of every gemm_nr and of IG_INT8_COLUMNS.
enum { IG_LOGITS_BLOCK = 512 };

typedef struct ig_norm_weights {
  const float *gamma;  // (n)
  const float *beta;   // (n) or NULL
  float eps;
} ig_norm_weights;

// Of one row, as the forward pass of a norm computed them.
typedef struct ig_norm_moments {
  float mean, rstd;  // rstd = 1 / sqrt(variance + eps)
} ig_norm_moments;

typedef struct ig_cross_entropy {
  int target;
  float label_smoothing;  // loss = (1-e) nll + e/V sum_j -log p_j
  float gradient_scale;   // d(total)/d(loss of this row)
} ig_cross_entropy;

typedef struct ig_adam {
  float learning_rate;  // times the bias correction: lr / (1 - beta1^t)
  float beta1, beta2, eps;
  // 1 / sqrt(1 - beta2^t): the denominator is sqrt(v) * correction2 + eps, as in torch.optim.Adam.
  float correction2;
  float weight_decay;    // of adam: added to the gradient
  float decay;           // of adamw: 1 - lr*wd, by which weights are multiplied first; 1: none
  float gradient_scale;  // of clipping
} ig_adam;

// ---- the table --------------------------------------------------------------

typedef struct ig_kernels {
  const char *name;  // "reference", "avx2" …: what IG_ISA says
  unsigned needs;    // set of ig_cpu_feature without which the kernels must not be called
  size_t gemm_mr, gemm_nr;
  const ig_product_unit *matrix_unit;  // for float32 products; NULL: there is none
  // [same bits] Products of operands rounded to bfloat16 (kernel/bf16_unit.h).
  const ig_product_unit *bf16_unit;

  // [same bits] The product of a tile.
  void (*gemm)(const ig_gemm_tile *tile);
  // [same bits] Packs B into ceil(n / gemm_nr) panels, panel_stride floats apart.
  void (*gemm_pack)(const ig_gemm_operand *b, float *packed, size_t panel_stride);

  // [same bits] Quantizes a row x (n) to q (n, filled up with zeros to ig_int8_filled_depth).
  ig_int8_row (*quantize)(size_t n, const float *x, int8_t *q);
  // [same bits] The product of int8 values.
  void (*multiply_int8)(const ig_int8_tile *tile);

  // [bounded] sum x*y
  float (*dot)(size_t n, const float *x, const float *y);
  // [bounded] out[t] = sum x*row t, with the bits of dot where the rows are float32
  void (*dot_rows)(size_t n, const float *x, const ig_listed_rows *rows, float *out);
  // [same bits] y = y + alpha x
  void (*axpy)(size_t n, float alpha, const float *x, float *y);
  // [same bits] y = y + weight[t] * row t for each t in order
  void (*add_weighted_rows)(size_t n, const float *weight, const ig_listed_rows *rows, float *y);
  // [same bits] z = x + y; in place
  void (*add)(size_t n, const float *x, const float *y, float *z);
  // [same bits] z = x * y; in place
  void (*multiply)(size_t n, const float *x, const float *y, float *z);
  // [same bits] y += each row of x (rows, n), first to last; rows are `stride` floats apart
  void (*add_rows)(size_t n, size_t rows, const float *x, size_t stride, float *y);
  // [same bits] y = alpha x; in place
  void (*scale)(size_t n, float alpha, const float *x, float *y);
  // [bounded, 1e-12 relative] sum of squares in double, four chains a lane
  double (*sum_squares)(size_t n, const float *x);

  // [bounded] x = softmax(x) in place; a row of -inf becomes zeros
  void (*softmax)(size_t n, float *x);
  // [bounded] dx = p * (dp - sum(p * dp)) * scale; dx may be dp
  void (*softmax_backward)(size_t n, const float *p, const float *dp, float scale, float *dx);
  // [bounded] Returns the largest of x, exactly, and the sum of exp(x - largest).
  ig_exp_sum (*exp_sum)(size_t n, const float *x);
  // [bounded] Returns log(sum(exp(x))): the exp_sum of each block of IG_LOGITS_BLOCK, added in
  // order by ig_exp_sum_add.
  float (*log_sum_exp)(size_t n, const float *x);
  // [bounded, 3e-7 (1 + |y|)] y = log(exp(y) + exp(x + c)), also where the exponentials would
  // overflow or vanish. -inf is the logarithm of a probability of 0.
  void (*log_add_exp)(size_t n, float c, const float *x, float *y);
  // [same bits] Returns the first index of the largest value.
  size_t (*argmax)(size_t n, const float *x);

  // [bounded] y = (x - mean) * rstd * gamma + beta over one row, in two passes (mean, then
  // variance). *mean and *rstd are kept for the backward pass.
  void (*layer_norm)(size_t n, const ig_norm_weights *norm, const float *x, float *y, float *mean,
                     float *rstd);
  // [bounded] dx = rstd * (g - mean(g) - xhat * mean(g * xhat)), where g = dy * gamma and
  // xhat = (x - mean) * rstd
  void (*layer_norm_backward)(size_t n, const float *gamma, ig_norm_moments moments, const float *x,
                              const float *dy, float *dx);
  // [same bits] dgamma += dy * (x - mean) * rstd and dbeta += dy, for one row; dbeta may be NULL
  void (*layer_norm_parameters)(size_t n, ig_norm_moments moments, const float *x, const float *dy,
                                float *dgamma, float *dbeta);

  // [bounded] y = x * rstd * gamma over one row, with rstd = 1 / sqrt(mean(x^2) + eps)   (Zhang &
  // Sennrich 2019); beta is not read. *rstd is kept for the backward pass, whose parameters'
  // gradients are those of layer_norm_parameters with a mean of 0.
  void (*rms_norm)(size_t n, const ig_norm_weights *norm, const float *x, float *y, float *rstd);
  // [bounded] dx = rstd * (g - xhat * mean(g * xhat)), where g = dy * gamma and xhat = x * rstd; dx
  // may be dy
  void (*rms_norm_backward)(size_t n, const float *gamma, float rstd, const float *x,
                            const float *dy, float *dx);

  // [bounded] y = f(x); in place
  void (*activation)(ig_activation kind, size_t n, const float *x, float *y);
  // [bounded] dx = dy * f'(x); dx may be dy
  void (*activation_backward)(ig_activation kind, size_t n, const float *x, const float *dy,
                              float *dx);

  // [same bits] y = keep(e) ? x * scale : 0; in place
  void (*dropout)(const ig_dropout_row *row, size_t n, const float *x, float *y);

  // [bounded] One row of V logits: writes *loss and *nll, and replaces the logits by
  // d(loss)/d(logits) * gradient_scale.
  void (*cross_entropy)(const ig_cross_entropy *args, size_t n, float *logits, float *loss,
                        float *nll);

  // [same bits] One step of the optimizer over n values; zeroes the gradient.
  void (*adam)(const ig_adam *args, size_t n, float *weight, float *gradient, float *m, float *v);
} ig_kernels;

// The best table for this CPU, or the one whose name IG_ISA has. An unknown name is an error, and
// so is one that this CPU cannot run.
ig_status ig_kernels_select(const ig_kernels **out, ig_error *err);
// Every table compiled in, NULL-terminated, for tests and benchmarks.
const ig_kernels *const *ig_kernels_all(void);
// Whether this CPU, and its operating system, can run the table.
bool ig_kernels_supported(const ig_kernels *kernels);
// Do the tables of two names compute the same bits from floats, in training and in inference? They
// may multiply int8 and bfloat16 by other instructions, whose results are the same. A name that no
// table has is like none but itself.
bool ig_kernels_same_floats(const char *name, const char *other);

extern const ig_kernels ig_kernels_reference;
#if defined(__x86_64__)
extern const ig_kernels ig_kernels_avx2, ig_kernels_avx_vnni, ig_kernels_avx512,
    ig_kernels_avx512_vnni, ig_kernels_avx512_bf16, ig_kernels_amx;
#endif
#endif
