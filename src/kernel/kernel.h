// The kernel table: every innermost loop, once per instruction set.
//
// Contract of all kernels: raw pointers, no allocation, no threads, no globals, no files. n may be
// any count, 0 included. Pointers need no alignment. Nothing is written outside the named outputs.
// Reading: up to IG_ALIGNMENT bytes behind packed operands only, never behind plain arrays. x, y
// may be the same array where "in place" is said; otherwise no two arguments overlap. Error class
// of each slot: [same bits] = the bits of the reference, on every ISA (one fused multiply-add chain
// per output, in index order); [bounded] = within the stated distance of the reference (reductions
// over lanes and polynomial exp differ by ISA), yet the same bits for the same arguments on one
// ISA, whatever the position in memory.
#ifndef IG_KERNEL_KERNEL_H
#define IG_KERNEL_KERNEL_H
#include <stddef.h>
#include <stdint.h>
#include "ingot.h"
#include "kernel/detect.h"
#include "kernel/matrix_unit.h"

// ---- matrix product ---------------------------------------------------------
// B is packed in panels of `gemm_nr` columns: panel j holds, for p = 0..k-1, the gemm_nr values
// B[p][j*nr .. j*nr+nr-1]; columns beyond n are zero. One panel takes k * gemm_nr floats. The frame
// round these (blocking, threads) is nn/gemm.c.

// The right operand B (k, n) of a product before it is packed: B[p][j] = b[p * b_depth + j *
// b_column].
typedef struct ig_gemm_operand {
  size_t n, k;
  const float *b;
  size_t b_depth, b_column;
} ig_gemm_operand;

typedef struct ig_gemm_tile {
  size_t rows;     // of C: 1 .. any; the kernel walks them gemm_mr at a time
  size_t columns;  // of C in this call: 1 .. gemm_nr * any (consecutive panels, panel_stride floats
                   // apart)
  size_t depth;    // k
  const float *a;  // A[i][p] = a[i * a_row + p * a_depth]
  size_t a_row, a_depth;
  const float
      *packed;  // B[p][j] = packed[j / gemm_nr * panel_stride + p * packed_row + j % gemm_nr]
  size_t panel_stride;
  size_t packed_row;  // gemm_nr where B is packed; a matrix whose columns fill whole panels may be
                      // read as it stands
  float *c;           // C[i][j] = c[i * c_row + j]
  size_t c_row;
  bool accumulate;  // C += AB instead of C = AB: the chain of fused multiply-adds goes on from C,
                    // so splitting k changes no bit
  // Epilogue, applied after the product (last block of k only): C = activation(C + bias)
  const float *bias;  // (columns) or NULL
  ig_activation activation;
} ig_gemm_tile;

// ---- dropout ----------------------------------------------------------------
// Element e of a row is kept when its 16 random bits are >= threshold. The bits come from
// Philox4x32-10 with key `key` and counter {counter[0] + g, counter[1], counter[2], counter[3]}.
// Elements are laid out so that vectors of 8 and 16 counters both fit: block b = e / 128, r = e %
// 128: g = 16 b + r % 16, word = (r / 16) % 4, half = r / 64 (0: low 16 bits).
typedef struct ig_dropout_row {
  uint32_t key[2];
  uint32_t counter[4];
  uint32_t threshold;  // round(p * 65536); 0 keeps all
  float scale;         // 65536 / (65536 - threshold)
} ig_dropout_row;

enum { IG_LOGITS_BLOCK = 512 };  // 2 KB: in the closest cache between its two readings

// ---- loss of one row of logits ----------------------------------------------
typedef struct ig_cross_entropy {
  int target;
  float label_smoothing;  // loss = (1-e) nll + e/V sum_j -log p_j
  float gradient_scale;   // d(total)/d(loss of this row)
} ig_cross_entropy;

typedef struct ig_adam {
  float learning_rate;  // times the bias correction: lr / (1 - beta1^t)
  float beta1, beta2, eps;
  float correction2;   // 1 / sqrt(1 - beta2^t): denominator = sqrt(v) * correction2 + eps, as
                       // torch.optim.Adam
  float weight_decay;  // adam: added to the gradient
  float decay;  // adamw: weights are multiplied by 1 - lr*wd first; pass that factor (1: none)
  float gradient_scale;  // clipping
} ig_adam;

typedef struct ig_kernels {
  const char *name;  // "reference", "avx2", "avx512", "amx"
  unsigned needs;    // set of ig_cpu_feature without which the kernels must not be called
  size_t gemm_mr, gemm_nr;
  const ig_matrix_unit *matrix_unit;  // or NULL

  // [same bits]
  void (*gemm)(const ig_gemm_tile *tile);
  // Packs columns [0,n) of B[p][j] = b[p * b_depth + j * b_column], p < k, into ceil(n / nr)
  // panels, panel_stride floats apart.
  void (*gemm_pack)(size_t n, size_t k, const float *b, size_t b_depth, size_t b_column,
                    float *packed, size_t panel_stride);

  // [bounded] sum x*y
  float (*dot)(size_t n, const float *x, const float *y);
  // [same bits] y = y + alpha x
  void (*axpy)(size_t n, float alpha, const float *x, float *y);
  // [same bits] z = x + y; in place
  void (*add)(size_t n, const float *x, const float *y, float *z);
  // [same bits] y += the rows of x (rows, n), `stride` floats apart, one after the other
  void (*add_rows)(size_t n, size_t rows, const float *x, size_t stride, float *y);
  // [same bits] y = alpha x; in place
  void (*scale)(size_t n, float alpha, const float *x, float *y);
  // [bounded, 1e-12 relative] sum of squares in double, four chains a lane
  double (*sum_squares)(size_t n, const float *x);

  // [bounded] x = softmax(x) in place; all -inf: zeros
  void (*softmax)(size_t n, float *x);
  // [bounded] dx = p * (dp - sum(p * dp)) * scale; dx may be dp
  void (*softmax_backward)(size_t n, const float *p, const float *dp, float scale, float *dx);
  // [bounded] log(sum(exp(x))), and the largest value of each block of IG_LOGITS_BLOCK, from one
  // pass over x: a search for the best values need not look into most blocks again. largest (ceil(n
  // / IG_LOGITS_BLOCK)), or NULL: not wanted. NaN is passed over in the largest values, not in the
  // sum.
  float (*log_sum_exp)(size_t n, const float *x, float *largest);
  // [bounded, 3e-7 (1 + |y|)] y = log(exp(y) + exp(x + c)), also where the exponentials would
  // overflow or vanish; -inf stands for a probability of 0
  void (*log_add_exp)(size_t n, float c, const float *x, float *y);
  // largest value and its first index
  size_t (*argmax)(size_t n, const float *x);

  // [bounded] y = (x - mean) * rstd * gamma + beta over one row; beta may be NULL; *mean, *rstd for
  // the backward. Two passes (mean, then variance).
  void (*layer_norm)(size_t n, const float *x, const float *gamma, const float *beta, float eps,
                     float *y, float *mean, float *rstd);
  // [bounded] dx = rstd * (g - mean(g) - xhat * mean(g * xhat)), g = dy * gamma
  void (*layer_norm_backward)(size_t n, const float *x, const float *gamma, float mean, float rstd,
                              const float *dy, float *dx);
  // [same bits] dgamma += dy * (x - mean) * rstd, dbeta += dy (dbeta may be NULL), for one row of n
  // columns
  void (*layer_norm_parameters)(size_t n, const float *x, float mean, float rstd, const float *dy,
                                float *dgamma, float *dbeta);

  // [bounded] y = f(x); in place
  void (*activation)(ig_activation kind, size_t n, const float *x, float *y);
  // [bounded] dx = dy * f'(x); dx may be dy
  void (*activation_backward)(ig_activation kind, size_t n, const float *x, const float *dy,
                              float *dx);

  // [same bits] y = keep(e) ? x * scale : 0; in place
  void (*dropout)(const ig_dropout_row *row, size_t n, const float *x, float *y);

  // [bounded] One row of V logits: *loss, *nll, and logits := d(loss)/d(logits) * gradient_scale in
  // place.
  void (*cross_entropy)(const ig_cross_entropy *args, size_t n, float *logits, float *loss,
                        float *nll);

  // [same bits] one step over n values; gradient is zeroed
  void (*adam)(const ig_adam *args, size_t n, float *weight, float *gradient, float *m, float *v);
} ig_kernels;

// The table for this CPU, or the one IG_ISA names (reference | avx2 | avx512 | amx); an unknown or
// unsupported one is an error.
ig_status ig_kernels_select(const ig_kernels **out, ig_error *err);
// Every table compiled in, NULL-terminated, and whether this CPU can run it (tests and benchmarks
// walk this).
const ig_kernels *const *ig_kernels_all(void);
bool ig_kernels_supported(const ig_kernels *kernels);

extern const ig_kernels ig_kernels_reference;
#if defined(__x86_64__)
extern const ig_kernels ig_kernels_avx2, ig_kernels_avx512, ig_kernels_amx;
#endif
#endif
