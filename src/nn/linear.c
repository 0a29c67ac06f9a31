// The linear layer: three matrix products and a column sum.
//   forward   Y = X W^T + b          (rows, out)
//   backward  dX = dY W              (rows, in)
//             dW += dY^T X           (out, in)
//             db += sum over rows of dY
#include "nn/linear.h"

#include "nn/blocks.h"
#include "nn/gemm.h"
#include "nn/gemm_int8.h"
#include "nn/scratch.h"

enum { BIAS_COLUMNS = 64 };  // columns of a task of the bias gradient

// The product X W^T + b, whose output is yet to be given.
static ig_gemm forward_product(const ig_linear *l, int rows, const float *input) {
  const size_t in = (size_t)l->in, out = (size_t)l->out;
  return (ig_gemm){.m = (size_t)rows,
                   .n = out,
                   .k = in,
                   .a = input,
                   .a_row = in,
                   .a_depth = 1,
                   .b = l->weight,
                   .b_depth = 1,
                   .b_column = in,
                   .packed = l->packed,
                   .layout = l->layout,
                   .bias = l->bias};
}

static void show_input(const ig_nn *nn, const ig_linear *l, int rows, const float *input) {
  if (nn->observer) nn->observer->see(nn->observer->context, l->weight, rows, input);
}

void ig_linear_forward(ig_nn *nn, const ig_linear *l, int rows, const float *input,
                       ig_activation activation, float *output) {
  show_input(nn, l, rows, input);
  ig_gemm product = forward_product(l, rows, input);
  product.c = output;
  product.c_row = product.n;
  product.activation = activation;
  ig_gemm_run(nn, &product);
}

void ig_linear_read(ig_nn *nn, const ig_linear *l, int rows, const float *input,
                    const ig_gemm_reader *reader) {
  show_input(nn, l, rows, input);
  ig_gemm product = forward_product(l, rows, input);
  product.reader = reader;
  ig_gemm_run(nn, &product);
}

size_t ig_linear_read_scratch(const ig_nn *nn, const ig_linear *l, int rows) {
  return ig_gemm_read_scratch(nn, (size_t)rows, (size_t)l->out, (size_t)l->in);
}

typedef struct bias_work {
  const ig_kernels *kernels;
  const float *doutput;  // (rows, out)
  float *gradient;       // (out)
  size_t rows, out;
} bias_work;

// Sums one stretch of columns over all rows, in row order.
static void sum_bias_columns(void *context, size_t index, int worker) {
  (void)worker;
  const bias_work *w = context;
  const size_t first = index * BIAS_COLUMNS,
               count = ig_blocks_at_most(w->out - first, BIAS_COLUMNS);
  w->kernels->add_rows(count, w->rows, w->doutput + first, w->out, w->gradient + first);
}

void ig_linear_backward(ig_nn *nn, const ig_linear *l, int rows, const float *input,
                        const ig_layer_gradient *gradient) {
  const size_t in = (size_t)l->in, out = (size_t)l->out, m = (size_t)rows;
  if (l->weight_gradient)
    ig_gemm_run(nn, &(ig_gemm){.m = out,
                               .n = in,
                               .k = m,
                               .a = gradient->doutput,
                               .a_row = 1,
                               .a_depth = out,
                               .b = input,
                               .b_depth = in,
                               .b_column = 1,
                               .c = l->weight_gradient,
                               .c_row = in,
                               .accumulate = true});
  if (l->bias_gradient) {
    bias_work w = {nn->kernels, gradient->doutput, l->bias_gradient, m, out};
    ig_pool_run(nn->pool, ig_blocks_parts(out, BIAS_COLUMNS), sum_bias_columns, &w);
  }
  if (gradient->dinput)
    ig_gemm_run(nn, &(ig_gemm){.m = m,
                               .n = in,
                               .k = out,
                               .a = gradient->doutput,
                               .a_row = out,
                               .a_depth = 1,
                               .b = l->weight,
                               .b_depth = in,
                               .b_column = 1,
                               .c = gradient->dinput,
                               .c_row = in,
                               .accumulate = gradient->accumulate});
}

size_t ig_linear_scratch(const ig_nn *nn, const ig_linear *l, int rows) {
  const size_t in = (size_t)l->in, out = (size_t)l->out, m = (size_t)rows;
  return IG_SCRATCH_MOST(ig_gemm_scratch(nn, m, out, in), ig_gemm_scratch(nn, out, in, m),
                         ig_gemm_scratch(nn, m, in, out));
}

size_t ig_linear_packed_bytes(const ig_nn *nn, const ig_linear *l, ig_weight_layout layout) {
  return ig_gemm_packed_bytes(nn->kernels, ig_gemm_layout(nn->kernels, layout), (size_t)l->out,
                              (size_t)l->in);
}

void ig_linear_place(const ig_nn *nn, ig_linear *l, ig_weight_layout layout, void *memory) {
  l->packed =
      ig_gemm_place(ig_gemm_layout(nn->kernels, layout), (size_t)l->out, (size_t)l->in, memory);
}

void ig_linear_pack(ig_nn *nn, const ig_linear *l, int first, int rows, const float *weight) {
  const ig_gemm_operand transposed = {
      .n = (size_t)rows, .k = (size_t)l->in, .b = weight, .b_depth = 1, .b_column = (size_t)l->in};
  ig_gemm_pack(nn, &transposed, (size_t)first, l->packed);
}

void ig_linear_pack_int8(ig_nn *nn, const ig_linear *l, int first, int rows, const int8_t *q,
                         const float *scale) {
  const ig_gemm_int8_columns columns = {
      .n = (size_t)rows, .k = (size_t)l->in, .q = q, .scale = scale};
  ig_gemm_int8_pack_quantized(nn, &columns, (size_t)first, l->packed);
}
