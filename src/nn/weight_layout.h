// How a weight lies in memory once it is packed for the kernels that will read it. A layout names
// the type of its elements and their order. It is chosen once, when the weight is packed
// (ig_linear_pack), and travels with the bytes: whoever reads them switches on it.
#ifndef IG_NN_WEIGHT_LAYOUT_H
#define IG_NN_WEIGHT_LAYOUT_H

typedef enum ig_weight_layout {
  // float32 in panels of the table's gemm_nr columns (kernel/kernels.h), for products on vectors.
  IG_WEIGHT_LAYOUT_FLOAT32_PANELS,
  // bfloat16 in the same panels (IG_PANEL_TYPE_BFLOAT16): half the bytes, and the bits of float32
  // products with rounded weights.
  IG_WEIGHT_LAYOUT_BFLOAT16_PANELS,
  // Three bfloat16 parts of each float32 value, in panels of a matrix unit (kernel/matrix_unit.h).
  IG_WEIGHT_LAYOUT_BFLOAT16_PARTS,
  // int8 with a scale for each column, in panels (kernel/int8.h).
  IG_WEIGHT_LAYOUT_INT8_PANELS,
} ig_weight_layout;

typedef struct ig_packed {
  ig_weight_layout layout;
  const void *data;    // aligned to IG_ALIGNMENT; NULL: not packed
  const float *scale;  // of int8: one a column, filled up to whole panels; else NULL
} ig_packed;
#endif
