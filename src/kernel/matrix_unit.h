// Products of float32 matrices on matrix units that multiply bfloat16 and add in float32 (Intel
// AMX).
//
// Each operand is the sum of three bfloat16 parts, x = x0 + x1 + x2, of 8 bits of the significand
// each. A product is the sum of the six products of parts whose numbers add up to 2 at most: x0y0 +
// x0y1 + x1y0 + x0y2 + x1y1 + x2y0. What is left out is below 2^-23 |x||y|, about float32's own
// rounding (Henry, Tang & Heinecke 2019, "Leveraging the bfloat16 Artificial Intelligence Datatype
// For Higher-Precision Computations": BF16x6). The unit is sixteen times as fast as vectors, so six
// products take less than half of a vector product's time.
//
// Operands are packed in panels of `edge` rows of A or columns of B, and a panel in steps of
// `depth` values of k. The error class of multiply is [bounded], yet the same arguments give the
// same bits: each output is one chain of steps in index order, so splitting k between calls changes
// no bit. A magnitude below 2^-126 counts as zero; infinite values give NaN.
#ifndef IG_KERNEL_MATRIX_UNIT_H
#define IG_KERNEL_MATRIX_UNIT_H
#include <stdbool.h>
#include <stddef.h>

typedef enum ig_panel_kind {
  IG_PANEL_ROWS,     // of A
  IG_PANEL_COLUMNS,  // of B
} ig_panel_kind;

// Lines (rows of A or columns of B) that become one panel: element (i, p) is
// x[i * x_line + p * x_depth]. Where they do not fill the panel, it is filled with zeros.
typedef struct ig_panel_source {
  ig_panel_kind kind;
  size_t count;  // of lines, at most `edge`
  size_t depth;  // k
  const float *x;
  size_t x_line, x_depth;
} ig_panel_source;

// C (rows, columns) = A B, or C += A B.
typedef struct ig_panel_product {
  size_t rows, columns, steps;
  const void *a, *b;        // the first panels of A and B
  size_t a_panel, b_panel;  // bytes from one panel to the next
  float *c;
  size_t c_row;
  bool accumulate;
} ig_panel_product;

typedef struct ig_matrix_unit {
  size_t edge, depth;
  size_t step_bytes;  // of one step of a panel, all three parts
  // panel: aligned to IG_ALIGNMENT, with room for ceil(source->depth / depth) steps.
  void (*pack)(const ig_panel_source *source, void *panel);
  void (*multiply)(const ig_panel_product *product);
} ig_matrix_unit;

extern const ig_matrix_unit ig_matrix_unit_amx;  // where the compiler knows AMX (IG_AMX)
#endif
