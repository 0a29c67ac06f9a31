// Every slot of the kernel table, called as models call it: tests/unit/kernel_table.c checks these
// cases, bench/kernels.c times them.
#ifndef IG_TESTS_KERNEL_CASES_H
#define IG_TESTS_KERNEL_CASES_H
#include <math.h>
#include <stddef.h>
#include "base/bf16.h"
#include "kernel/kernels.h"

enum {
  KERNEL_FLOATS = 1 << 14,
  TILE_ROWS = 24,
  TILE_COLUMNS = 64,
  TILE_DEPTH = 256,
  SUMMED_ROWS = 256
};

typedef struct kernel_operands {
  float *x, *y, *z, *w;  // (KERNEL_FLOATS) each, any finite values
} kernel_operands;

typedef struct kernel_case {
  const char *name;
  size_t slot;      // its offset in ig_kernels
  size_t n;         // of a row
  size_t elements;  // that a call processes: multiply-adds of a product
  // Can run again and again: values neither grow without end nor fade away.
  void (*run)(const ig_kernels *kernels, size_t n, const kernel_operands *o);
  const char *written;  // names of the operands that must agree between tables after a run
  double tolerance;     // by how much they may differ; 0: the same bits
  // Called before the first run; or NULL.
  void (*prepare)(const ig_kernels *kernels, const kernel_operands *o);
} kernel_case;

// ---- products ---------------------------------------------------------------

static inline void kernel_run_gemm_pack(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_gemm_operand transposed = {n, TILE_DEPTH, o->w, 1, TILE_DEPTH};
  k->gemm_pack(&transposed, o->y, TILE_DEPTH * k->gemm_nr);
}
static inline void kernel_prepare_gemm(const ig_kernels *k, const kernel_operands *o) {
  kernel_run_gemm_pack(k, TILE_COLUMNS, o);
}
static inline void kernel_run_gemm(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->gemm(&(ig_gemm_tile){.rows = TILE_ROWS,
                          .columns = n,
                          .depth = TILE_DEPTH,
                          .a = o->x,
                          .a_row = TILE_DEPTH,
                          .a_depth = 1,
                          .packed = o->y,
                          .panel_stride = TILE_DEPTH * k->gemm_nr,
                          .packed_row = k->gemm_nr,
                          .c = o->z,
                          .c_row = n});
}

// Rounds `count` floats of packed panels to bfloat16, in the order of IG_PANEL_TYPE_BFLOAT16.
static inline void kernel_round_panels(const ig_kernels *k, size_t count, const float *from,
                                       uint16_t *to) {
  const size_t width = k->gemm_nr, half = width / 2;
  for (size_t i = 0; i < count; i++)
    to[i - i % width + 2 * (i % half) + i % width / half] = ig_bf16_from_float(from[i]);
}
static inline void kernel_prepare_gemm_bf16(const ig_kernels *k, const kernel_operands *o) {
  kernel_prepare_gemm(k, o);
  kernel_round_panels(k, TILE_COLUMNS * TILE_DEPTH, o->y, (uint16_t *)(void *)o->w);
}
static inline void kernel_run_gemm_bf16(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->gemm(&(ig_gemm_tile){.rows = TILE_ROWS,
                          .columns = n,
                          .depth = TILE_DEPTH,
                          .a = o->x,
                          .a_row = TILE_DEPTH,
                          .a_depth = 1,
                          .type = IG_PANEL_TYPE_BFLOAT16,
                          .packed = o->w,
                          .panel_stride = TILE_DEPTH * k->gemm_nr,
                          .packed_row = k->gemm_nr,
                          .c = o->z,
                          .c_row = n});
}

// ---- bfloat16 -----------------------------------------------------------------
// The panels of A lie in y, those of B in w. Steps of every unit hold 32 values of k.

static inline void kernel_pack_bf16(const ig_kernels *k, ig_panel_kind kind, size_t lines,
                                    const float *x, float *to) {
  const ig_product_unit *unit = k->bf16_unit;
  const size_t edge = ig_product_unit_edge(unit, kind),
               panel = TILE_DEPTH / unit->depth * ig_product_unit_step(unit, kind);
  for (size_t first = 0; first < lines; first += edge)
    unit->pack(&(ig_panel_source){.kind = kind,
                                  .count = lines - first < edge ? lines - first : edge,
                                  .depth = TILE_DEPTH,
                                  .x = x + first * TILE_DEPTH,
                                  .x_line = TILE_DEPTH,
                                  .x_depth = 1},
               (char *)(void *)to + first / edge * panel);
}
static inline void kernel_run_bf16_pack(const ig_kernels *k, size_t n, const kernel_operands *o) {
  kernel_pack_bf16(k, IG_PANEL_COLUMNS, n, o->x, o->y);
}
static inline void kernel_prepare_bf16(const ig_kernels *k, const kernel_operands *o) {
  kernel_pack_bf16(k, IG_PANEL_ROWS, TILE_ROWS, o->x, o->y);
  kernel_pack_bf16(k, IG_PANEL_COLUMNS, TILE_COLUMNS, o->z, o->w);
}
static inline void kernel_run_bf16(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_product_unit *unit = k->bf16_unit;
  const size_t steps = TILE_DEPTH / unit->depth;
  unit->multiply(&(ig_panel_product){.rows = TILE_ROWS,
                                     .columns = n,
                                     .steps = steps,
                                     .a = o->y,
                                     .b = o->w,
                                     .a_panel = steps * unit->row_step,
                                     .b_panel = steps * unit->column_step,
                                     .c = o->z,
                                     .c_row = n});
}

// ---- int8 -------------------------------------------------------------------

static inline void kernel_run_quantize(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_int8_row row = k->quantize(n, o->x, (int8_t *)(void *)o->y);
  o->z[0] = row.scale;
  o->z[1] = (float)row.sum;
}
// Weights are bytes of w, a weight's scale is a float of x.
static inline void kernel_prepare_int8(const ig_kernels *k, const kernel_operands *o) {
  uint8_t *packed = (uint8_t *)(void *)o->w;
  for (size_t i = 0; i < TILE_COLUMNS * TILE_DEPTH; i++) packed[i] = (uint8_t)(1 + i * 37 % 255);
  for (size_t i = 0; i < TILE_ROWS; i++)
    ((ig_int8_row *)(void *)(o->y + TILE_ROWS * TILE_DEPTH / sizeof(float)))[i] =
        k->quantize(TILE_DEPTH, o->x + i * TILE_DEPTH, (int8_t *)(void *)o->y + i * TILE_DEPTH);
}
static inline void kernel_run_multiply_int8(const ig_kernels *k, size_t n,
                                            const kernel_operands *o) {
  const void *a = o->y, *row = o->y + TILE_ROWS * TILE_DEPTH / sizeof(float), *packed = o->w;
  k->multiply_int8(&(ig_int8_tile){.rows = TILE_ROWS,
                                   .columns = n,
                                   .depth = TILE_DEPTH,
                                   .a = a,
                                   .row = row,
                                   .packed = packed,
                                   .scale = o->x,
                                   .bias = o->x,
                                   .c = o->z,
                                   .c_row = n});
}

// ---- rows -------------------------------------------------------------------

static inline void kernel_run_dot(const ig_kernels *k, size_t n, const kernel_operands *o) {
  o->z[0] = k->dot(n, o->x, o->y);
}
static inline void kernel_run_axpy(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->axpy(n, 0.3f, o->x, o->y);
}
// Keys and values of an attention: rows of 64 in bfloat16, in any order.
enum { LISTED_ROWS = 24 };
static const int kernel_listed_index[LISTED_ROWS] = {7,  3, 21, 0,  15, 9,  23, 1, 12, 18, 5,  11,
                                                     20, 2, 14, 22, 8,  17, 4,  6, 10, 19, 13, 16};
static inline ig_listed_rows kernel_listed_rows(const kernel_operands *o) {
  return (ig_listed_rows){.bf16 = (const uint16_t *)(const void *)o->w,
                          .stride = 64,
                          .count = LISTED_ROWS,
                          .index = kernel_listed_index};
}
static inline void kernel_prepare_listed(const ig_kernels *k, const kernel_operands *o) {
  (void)k;
  for (size_t i = 0; i < KERNEL_FLOATS / 2; i++)
    ((uint16_t *)(void *)o->w)[i] = ig_bf16_from_float(o->w[i]);
}
static inline void kernel_run_dot_rows(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_listed_rows rows = kernel_listed_rows(o);
  k->dot_rows(n, o->x, &rows, o->z);
}
static inline void kernel_run_add_weighted_rows(const ig_kernels *k, size_t n,
                                                const kernel_operands *o) {
  const ig_listed_rows rows = kernel_listed_rows(o);
  k->add_weighted_rows(n, o->x, &rows, o->y);
}
static inline void kernel_run_add(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->add(n, o->x, o->y, o->z);
}
static inline void kernel_run_multiply(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->multiply(n, o->x, o->y, o->z);
}
static inline void kernel_run_add_rows(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->add_rows(n, SUMMED_ROWS, o->x, n, o->y);
}
static inline void kernel_run_scale(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->scale(n, 0.3f, o->x, o->y);
}
static inline void kernel_run_sum_squares(const ig_kernels *k, size_t n, const kernel_operands *o) {
  o->y[0] = (float)k->sum_squares(n, o->x);
}
static inline void kernel_run_softmax(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->softmax(n, o->x);
}
static inline void kernel_run_softmax_backward(const ig_kernels *k, size_t n,
                                               const kernel_operands *o) {
  k->softmax_backward(n, o->x, o->y, 0.125f, o->z);
}
static inline void kernel_run_log_sum_exp(const ig_kernels *k, size_t n, const kernel_operands *o) {
  o->y[0] = k->log_sum_exp(n, o->x);
}
static inline void kernel_run_exp_sum(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_exp_sum sum = k->exp_sum(n, o->x);
  o->y[0] = sum.largest;
  o->y[1] = sum.sum;
}
static inline void kernel_run_log_add_exp(const ig_kernels *k, size_t n, const kernel_operands *o) {
  k->log_add_exp(n, -0.5f, o->x, o->y);
}
static inline void kernel_run_argmax(const ig_kernels *k, size_t n, const kernel_operands *o) {
  o->y[0] = (float)k->argmax(n, o->x);
}
static inline void kernel_run_layer_norm(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_norm_weights norm = {.gamma = o->z, .beta = o->w, .eps = 1e-5f};
  float mean, rstd;
  k->layer_norm(n, &norm, o->x, o->y, &mean, &rstd);
}
static inline void kernel_run_layer_norm_backward(const ig_kernels *k, size_t n,
                                                  const kernel_operands *o) {
  k->layer_norm_backward(n, o->z, (ig_norm_moments){0.1f, 1.5f}, o->x, o->w, o->y);
}
static inline void kernel_run_layer_norm_parameters(const ig_kernels *k, size_t n,
                                                    const kernel_operands *o) {
  k->layer_norm_parameters(n, (ig_norm_moments){0.1f, 1.5f}, o->x, o->w, o->y, o->z);
}
static inline void kernel_run_rms_norm(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_norm_weights norm = {.gamma = o->z, .eps = 1e-6f};
  float rstd;
  k->rms_norm(n, &norm, o->x, o->y, &rstd);
}
static inline void kernel_run_rms_norm_backward(const ig_kernels *k, size_t n,
                                                const kernel_operands *o) {
  k->rms_norm_backward(n, o->z, 1.5f, o->x, o->w, o->y);
}

#define KERNEL_ACTIVATION(name, kind)                                                             \
  static inline void kernel_run_##name(const ig_kernels *k, size_t n, const kernel_operands *o) { \
    k->activation(kind, n, o->x, o->y);                                                           \
  }                                                                                               \
  static inline void kernel_run_##name##_backward(const ig_kernels *k, size_t n,                  \
                                                  const kernel_operands *o) {                     \
    k->activation_backward(kind, n, o->x, o->z, o->y);                                            \
  }
KERNEL_ACTIVATION(relu, IG_ACTIVATION_RELU)
KERNEL_ACTIVATION(gelu, IG_ACTIVATION_GELU)
KERNEL_ACTIVATION(gelu_tanh, IG_ACTIVATION_GELU_TANH)
KERNEL_ACTIVATION(swish, IG_ACTIVATION_SWISH)
KERNEL_ACTIVATION(tanh, IG_ACTIVATION_TANH)

// ---- training ---------------------------------------------------------------

static inline void kernel_run_dropout(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_dropout_row row = {{1, 2}, {3, 4, 5, 6}, 6554, 1.1f};
  k->dropout(&row, n, o->x, o->y);
}
static inline void kernel_run_cross_entropy(const ig_kernels *k, size_t n,
                                            const kernel_operands *o) {
  const ig_cross_entropy args = {0, 0.1f, 1.0f};
  k->cross_entropy(&args, n, o->x, &o->y[0], &o->y[1]);
}
static inline void kernel_prepare_adam(const ig_kernels *k, const kernel_operands *o) {
  (void)k;
  for (size_t i = 0; i < KERNEL_FLOATS; i++) o->w[i] = fabsf(o->w[i]);
}
// From the second run on, weight decay is the whole gradient. Without it the moments would fade to
// subnormal values, which are slow.
static inline void kernel_run_adam(const ig_kernels *k, size_t n, const kernel_operands *o) {
  const ig_adam args = {1e-6f, 0.9f, 0.98f, 1e-9f, 1.0f, 0.1f, 1.0f, 1.0f};
  k->adam(&args, n, o->x, o->y, o->z, o->w);
}

// ---- the list ---------------------------------------------------------------

#define KERNEL_SLOT(slot) offsetof(ig_kernels, slot)
static const kernel_case kernel_cases[] = {
    {"gemm 24x64x256", KERNEL_SLOT(gemm), TILE_COLUMNS, TILE_ROWS *TILE_COLUMNS *TILE_DEPTH,
     kernel_run_gemm, "z", 0, kernel_prepare_gemm},
    {"gemm bf16 24x64x256", KERNEL_SLOT(gemm), TILE_COLUMNS, TILE_ROWS *TILE_COLUMNS *TILE_DEPTH,
     kernel_run_gemm_bf16, "z", 0, kernel_prepare_gemm_bf16},
    {"gemm_pack 64x256", KERNEL_SLOT(gemm_pack), TILE_COLUMNS, TILE_COLUMNS *TILE_DEPTH,
     kernel_run_gemm_pack, "", 0, NULL},
    {"bf16 multiply 24x64x256", KERNEL_SLOT(bf16_unit), TILE_COLUMNS,
     TILE_ROWS *TILE_COLUMNS *TILE_DEPTH, kernel_run_bf16, "z", 0, kernel_prepare_bf16},
    {"bf16 pack 64x256", KERNEL_SLOT(bf16_unit), TILE_COLUMNS, TILE_COLUMNS *TILE_DEPTH,
     kernel_run_bf16_pack, "", 0, NULL},
    {"quantize", KERNEL_SLOT(quantize), 512, 512, kernel_run_quantize, "yz", 0, NULL},
    {"multiply_int8 24x64x256", KERNEL_SLOT(multiply_int8), TILE_COLUMNS,
     TILE_ROWS *TILE_COLUMNS *TILE_DEPTH, kernel_run_multiply_int8, "z", 0, kernel_prepare_int8},
    {"dot", KERNEL_SLOT(dot), 64, 64, kernel_run_dot, "z", 1e-5, NULL},
    {"dot_rows 24x64", KERNEL_SLOT(dot_rows), 64, LISTED_ROWS * 64, kernel_run_dot_rows, "z", 1e-5,
     kernel_prepare_listed},
    {"add_weighted_rows 24x64", KERNEL_SLOT(add_weighted_rows), 64, LISTED_ROWS * 64,
     kernel_run_add_weighted_rows, "y", 0, kernel_prepare_listed},
    {"axpy", KERNEL_SLOT(axpy), 64, 64, kernel_run_axpy, "y", 0, NULL},
    {"add", KERNEL_SLOT(add), 512, 512, kernel_run_add, "z", 0, NULL},
    {"multiply", KERNEL_SLOT(multiply), 512, 512, kernel_run_multiply, "z", 0, NULL},
    {"add_rows", KERNEL_SLOT(add_rows), 64, 64 * SUMMED_ROWS, kernel_run_add_rows, "y", 0, NULL},
    {"scale", KERNEL_SLOT(scale), 64, 64, kernel_run_scale, "y", 0, NULL},
    {"sum_squares", KERNEL_SLOT(sum_squares), 4096, 4096, kernel_run_sum_squares, "y", 1e-6, NULL},
    {"softmax", KERNEL_SLOT(softmax), 30, 30, kernel_run_softmax, "x", 1e-5, NULL},
    {"softmax", KERNEL_SLOT(softmax), 1024, 1024, kernel_run_softmax, "x", 1e-5, NULL},
    {"softmax_backward", KERNEL_SLOT(softmax_backward), 30, 30, kernel_run_softmax_backward, "z",
     1e-5, NULL},
    {"exp_sum", KERNEL_SLOT(exp_sum), 8000, 8000, kernel_run_exp_sum, "yz", 1e-6, NULL},
    {"log_sum_exp", KERNEL_SLOT(log_sum_exp), 8000, 8000, kernel_run_log_sum_exp, "y", 1e-6, NULL},
    {"log_add_exp", KERNEL_SLOT(log_add_exp), 8000, 8000, kernel_run_log_add_exp, "y", 1e-6, NULL},
    {"argmax", KERNEL_SLOT(argmax), 8000, 8000, kernel_run_argmax, "y", 0, NULL},
    {"layer_norm", KERNEL_SLOT(layer_norm), 512, 512, kernel_run_layer_norm, "y", 1e-5, NULL},
    {"layer_norm_backward", KERNEL_SLOT(layer_norm_backward), 512, 512,
     kernel_run_layer_norm_backward, "y", 1e-5, NULL},
    {"layer_norm_parameters", KERNEL_SLOT(layer_norm_parameters), 512, 512,
     kernel_run_layer_norm_parameters, "yz", 0, NULL},
    {"rms_norm", KERNEL_SLOT(rms_norm), 512, 512, kernel_run_rms_norm, "y", 1e-5, NULL},
    {"rms_norm_backward", KERNEL_SLOT(rms_norm_backward), 512, 512, kernel_run_rms_norm_backward,
     "y", 1e-5, NULL},
    {"activation relu", KERNEL_SLOT(activation), 2048, 2048, kernel_run_relu, "y", 0, NULL},
    {"activation gelu", KERNEL_SLOT(activation), 2048, 2048, kernel_run_gelu, "y", 1e-5, NULL},
    {"activation gelu_tanh", KERNEL_SLOT(activation), 2048, 2048, kernel_run_gelu_tanh, "y", 1e-5,
     NULL},
    {"activation swish", KERNEL_SLOT(activation), 2048, 2048, kernel_run_swish, "y", 1e-5, NULL},
    {"activation_backward relu", KERNEL_SLOT(activation_backward), 2048, 2048,
     kernel_run_relu_backward, "y", 0, NULL},
    {"activation_backward gelu", KERNEL_SLOT(activation_backward), 2048, 2048,
     kernel_run_gelu_backward, "y", 1e-5, NULL},
    {"activation_backward gelu_tanh", KERNEL_SLOT(activation_backward), 2048, 2048,
     kernel_run_gelu_tanh_backward, "y", 1e-5, NULL},
    {"activation tanh", KERNEL_SLOT(activation), 2048, 2048, kernel_run_tanh, "y", 1e-5, NULL},
    {"activation_backward tanh", KERNEL_SLOT(activation_backward), 2048, 2048,
     kernel_run_tanh_backward, "y", 1e-5, NULL},
    {"activation_backward swish", KERNEL_SLOT(activation_backward), 2048, 2048,
     kernel_run_swish_backward, "y", 1e-5, NULL},
    {"dropout", KERNEL_SLOT(dropout), 512, 512, kernel_run_dropout, "y", 0, NULL},
    {"cross_entropy", KERNEL_SLOT(cross_entropy), 8000, 8000, kernel_run_cross_entropy, "xy", 1e-5,
     NULL},
    {"adam", KERNEL_SLOT(adam), 4096, 4096, kernel_run_adam, "xyzw", 0, kernel_prepare_adam},
};
enum { KERNEL_CASES = sizeof kernel_cases / sizeof *kernel_cases };
#endif
