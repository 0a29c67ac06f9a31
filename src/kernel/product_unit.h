// A way to multiply matrices of which both operands are packed in panels: a matrix unit, or vectors
// that multiply bfloat16.
//
// A panel holds up to `row_edge` rows of A or `column_edge` columns of B, in steps of `depth`
// values of k. How the values lie in a step is the unit's own business: it packs what it
// multiplies. Each output is one chain of steps in index order, so that splitting k between calls,
// into whole steps but for the last, changes no bit, and the same arguments give the same bits.
#ifndef IG_KERNEL_PRODUCT_UNIT_H
#define IG_KERNEL_PRODUCT_UNIT_H
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
  size_t count;  // of lines, at most the edge of the kind
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

typedef struct ig_product_unit {
  size_t row_edge, column_edge, depth;
  size_t row_step, column_step;  // bytes of one step of a panel of rows, of columns
  // Whether the chain of an output goes on from value to value of k, as one of vectors does.
  bool by_value;
  // panel: aligned to IG_ALIGNMENT, with room for ceil(source->depth / depth) steps.
  void (*pack)(const ig_panel_source *source, void *panel);
  void (*multiply)(const ig_panel_product *product);
} ig_product_unit;

static inline size_t ig_product_unit_edge(const ig_product_unit *unit, ig_panel_kind kind) {
  return kind == IG_PANEL_ROWS ? unit->row_edge : unit->column_edge;
}
static inline size_t ig_product_unit_step(const ig_product_unit *unit, ig_panel_kind kind) {
  return kind == IG_PANEL_ROWS ? unit->row_step : unit->column_step;
}
#endif
