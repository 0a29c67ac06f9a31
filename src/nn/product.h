// One matrix product by itself, as benchmarks see it: operands of its own, timed over enough
// repetitions.
#ifndef IG_NN_PRODUCT_H
#define IG_NN_PRODUCT_H
#include "nn/gemm.h"

// A linear layer's three products, as (m, n, k) of C (m, n) = A (m, k) B (k, n).
typedef enum ig_product_kind {
  IG_PRODUCT_FORWARD,          // Y = X W^T:   rows, out, in; W is packed on the way
  IG_PRODUCT_PACKED,           // the same with W packed before, as in inference
  IG_PRODUCT_BACKWARD_INPUT,   // dX = dY W:   rows, in, out
  IG_PRODUCT_BACKWARD_WEIGHT,  // dW = dY^T X: out, in, rows
} ig_product_kind;
enum { IG_PRODUCT_KINDS = 4 };
const char *ig_product_kind_name(
    ig_product_kind kind);  // "forward", "packed", "backward-input", "backward-weight"

typedef struct ig_product {
  ig_gemm gemm;    // a, b and c point into the arena: a is (m, k), or (k, m) for backward-weight; b
                   // is (n, k) for forward and packed, else (k, n)
  ig_arena arena;  // operands
  ig_arena scratch;  // of ig_gemm_run
} ig_product;

ig_status ig_product_create(ig_nn *nn, ig_product_kind kind, size_t m, size_t n, size_t k,
                            ig_product *out, ig_error *err);
void ig_product_free(ig_product *product);
static inline double ig_product_operations(const ig_product *p) {
  return 2.0 * (double)p->gemm.m * (double)p->gemm.n * (double)p->gemm.k;
}
// Seconds of one product, the mean over enough of them to be timed. nn's scratch is the product's
// meanwhile.
double ig_product_seconds(ig_nn *nn, ig_product *product);
#endif
