// One matrix product by itself, with operands of its own, timed over enough repetitions: what
// benchmarks measure.
#ifndef IG_MEASURE_MATRIX_PRODUCT_H
#define IG_MEASURE_MATRIX_PRODUCT_H
#include "nn/gemm.h"

// The products of a linear layer, with (m, n, k) of C (m, n) = A (m, k) B (k, n).
typedef enum ig_matrix_product_kind {
  IG_MATRIX_PRODUCT_FORWARD,          // Y = X W^T: (rows, out, in); W is packed during the product
  IG_MATRIX_PRODUCT_PACKED,           // the same with W packed before, as in inference
  IG_MATRIX_PRODUCT_BACKWARD_INPUT,   // dX = dY W: (rows, in, out)
  IG_MATRIX_PRODUCT_BACKWARD_WEIGHT,  // dW = dY^T X: (out, in, rows)
} ig_matrix_product_kind;
enum { IG_MATRIX_PRODUCT_KINDS = 4 };

// "forward", "packed", "backward-input", "backward-weight"
const char *ig_matrix_product_kind_name(ig_matrix_product_kind kind);

typedef struct ig_matrix_product_shape {
  ig_matrix_product_kind kind;
  size_t m, n, k;
  // Of packed: what W was packed as. On a CPU that cannot use it, what stands in for it
  // (ig_gemm_layout).
  ig_weight_layout layout;
} ig_matrix_product_shape;

typedef struct ig_matrix_product {
  // a, b and c point into `arena`. a is (m, k), but (k, m) for backward-weight; b is (n, k) for
  // forward and packed, else (k, n).
  ig_gemm gemm;
  ig_arena arena;
  ig_arena scratch;  // of ig_gemm_run
} ig_matrix_product;

// Operands of both signs, the same on every machine. out is to be freed by ig_matrix_product_free,
// and is empty after an error.
ig_status ig_matrix_product_create(ig_nn *nn, const ig_matrix_product_shape *shape,
                                   ig_matrix_product *out, ig_error *err);
void ig_matrix_product_free(ig_matrix_product *product);
// Operations of one product; a multiply-add counts as two.
static inline double ig_matrix_product_operations(const ig_matrix_product *p) {
  return 2.0 * (double)p->gemm.m * (double)p->gemm.n * (double)p->gemm.k;
}
// Seconds of one product: the mean over enough of them to be timed. nn->scratch is replaced by the
// product's own until the function returns.
double ig_matrix_product_seconds(ig_nn *nn, ig_matrix_product *product);
#endif
