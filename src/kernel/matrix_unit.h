// Products of float32 matrices on matrix units that multiply bfloat16 and add in float32 (Intel
// AMX).
//
// Each operand is the sum of three bfloat16 parts, x = x0 + x1 + x2 with 8 bits of the significand
// each, and a product is the sum of the six products of parts whose numbers come to 2 at most: x0y0
// + x0y1 + x1y0 + x0y2 + x1y1 + x2y0. What is left out is below 2^-23 |x||y|, about float32's own
// rounding (Henry, Tang & Heinecke 2019, "Leveraging the bfloat16 Artificial Intelligence Datatype
// For Higher-Precision Computations": BF16x6). Six products at sixteen times the rate of vectors:
// more than twice as fast.
//
// Operands are packed in panels of `edge` rows of A or columns of B, a panel in steps of `depth`
// values of k. Error class of multiply: [bounded], yet the same bits for the same arguments: one
// chain of steps per output in index order, so splitting k between calls changes no bit. A
// magnitude below 2^-126 counts as zero; infinite values give NaN.
#ifndef IG_KERNEL_MATRIX_UNIT_H
#define IG_KERNEL_MATRIX_UNIT_H
#include <stdbool.h>
#include <stddef.h>

typedef enum ig_panel_kind { IG_PANEL_ROWS, IG_PANEL_COLUMNS } ig_panel_kind;  // of A, of B

// `count` rows of A or columns of B, at most `edge`: element (i, p) is x[i * x_line + p * x_depth].
// Lines and depths beyond are packed as zeros.
typedef struct ig_panel_source {
  ig_panel_kind kind;
  size_t count, depth;
  const float *x;
  size_t x_line, x_depth;
} ig_panel_source;

// C (rows, columns) = A B, or += where accumulate.
typedef struct ig_panel_product {
  size_t rows, columns, steps;
  const void *a, *b;        // the panels' first steps
  size_t a_panel, b_panel;  // bytes from one panel to the next
  float *c;
  size_t c_row;
  bool accumulate;
} ig_panel_product;

typedef struct ig_matrix_unit {
  size_t edge, depth;
  size_t step_bytes;  // of a panel's step, all three parts
  void (*pack)(const ig_panel_source *source,
               void *panel);  // panel: IG_ALIGNMENT-aligned, ceil(depth / unit depth) steps
  void (*multiply)(const ig_panel_product *product);
} ig_matrix_unit;

extern const ig_matrix_unit ig_matrix_unit_amx;  // where the compiler knows AMX (IG_AMX)
#endif
