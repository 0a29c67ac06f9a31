// The kernel table of an instruction set. Its .c file makes the table after it has included the
// kernels: KERNELS_TABLE(symbol, name, set of ig_cpu_feature, multiply_int8, unit of bfloat16,
// matrix unit or NULL)
#ifndef IG_KERNEL_SIMD_KERNEL_TABLE_H
#define IG_KERNEL_SIMD_KERNEL_TABLE_H
#define KERNELS_TABLE(symbol, isa, features, int8, bf16, unit) \
  const ig_kernels symbol = {                                  \
      .name = isa,                                             \
      .needs = features,                                       \
      .matrix_unit = unit,                                     \
      .bf16_unit = bf16,                                       \
      .gemm_mr = GEMM_MR,                                      \
      .gemm_nr = GEMM_NR,                                      \
      .gemm = gemm,                                            \
      .gemm_pack = gemm_pack,                                  \
      .quantize = quantize,                                    \
      .multiply_int8 = int8,                                   \
      .dot = dot,                                              \
      .dot_rows = dot_rows,                                    \
      .axpy = axpy,                                            \
      .add_weighted_rows = add_weighted_rows,                  \
      .add = add,                                              \
      .multiply = multiply,                                    \
      .add_rows = add_rows,                                    \
      .scale = scale,                                          \
      .sum_squares = sum_squares,                              \
      .softmax = softmax,                                      \
      .softmax_backward = softmax_backward,                    \
      .exp_sum = exp_sum,                                      \
      .log_sum_exp = log_sum_exp,                              \
      .log_add_exp = log_add_exp,                              \
      .argmax = argmax,                                        \
      .layer_norm = layer_norm,                                \
      .layer_norm_backward = layer_norm_backward,              \
      .layer_norm_parameters = layer_norm_parameters,          \
      .rms_norm = rms_norm,                                    \
      .rms_norm_backward = rms_norm_backward,                  \
      .activation = activation,                                \
      .activation_backward = activation_backward,              \
      .dropout = dropout,                                      \
      .cross_entropy = cross_entropy,                          \
      .adam = adam,                                            \
  }
#endif
