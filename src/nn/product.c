#include "nn/product.h"

#include "base/report.h"

static const double ENOUGH = 1e9;  // operations between two looks at the clock

const char *ig_product_kind_name(ig_product_kind kind) {
  static const char *const names[IG_PRODUCT_KINDS] = {"forward", "packed", "backward-input",
                                                      "backward-weight"};
  return names[kind];
}

// Values of both signs without a pattern that a cache could see, the same on every machine.
static void fill(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = (float)(i * 2654435761u % 1000) * 1e-3f - 0.5f;
}

static void carve(ig_product *p, ig_arena *arena, size_t packed, float **a, float **b,
                  float **panels) {
  const ig_gemm *g = &p->gemm;
  *a = IG_TAKE(arena, float, g->m * g->k);
  *b = IG_TAKE(arena, float, g->n * g->k);
  p->gemm.c = IG_TAKE(arena, float, g->m * g->n);
  *panels = packed ? IG_TAKE(arena, float, packed) : NULL;
}

ig_status ig_product_create(ig_nn *nn, ig_product_kind kind, size_t m, size_t n, size_t k,
                            ig_product *out, ig_error *err) {
  const bool weight = kind == IG_PRODUCT_BACKWARD_WEIGHT,
             transposed = kind == IG_PRODUCT_FORWARD || kind == IG_PRODUCT_PACKED;
  *out = (ig_product){.gemm = {.m = m, .n = n, .k = k, .c_row = n}};
  ig_gemm *g = &out->gemm;
  g->a_row = weight ? 1 : k;
  g->a_depth = weight ? m : 1;
  g->b_depth = transposed ? 1 : n;
  g->b_column = transposed ? k : 1;
  const size_t packed = kind == IG_PRODUCT_PACKED ? ig_gemm_panel_floats(nn->kernels, n, k) : 0;
  float *a, *b, *panels;
  ig_arena measure = ig_arena_measure();
  carve(out, &measure, packed, &a, &b, &panels);
  ig_status status = ig_arena_create(&out->arena, measure.peak, err);
  if (status == IG_OK) status = ig_arena_create(&out->scratch, ig_gemm_scratch(nn, m, n, k), err);
  if (status != IG_OK) {
    ig_product_free(out);
    return status;
  }
  carve(out, &out->arena, packed, &a, &b, &panels);
  fill(a, m * k);
  fill(b, n * k);
  g->a = a;
  g->b = b;
  if (panels)
    g->packed = ig_gemm_pack(nn, IG_WEIGHT_LAYOUT_FLOAT32_PANELS,
                             &(ig_gemm_operand){n, k, b, g->b_depth, g->b_column}, panels);
  return IG_OK;
}

void ig_product_free(ig_product *product) {
  ig_arena_free(&product->arena);
  ig_arena_free(&product->scratch);
}

double ig_product_seconds(ig_nn *nn, ig_product *product) {
  ig_arena *const before = nn->scratch;
  const int loops = (int)(ENOUGH / ig_product_operations(product)) + 1;
  nn->scratch = &product->scratch;
  const double begin = ig_clock_seconds();
  for (int i = 0; i < loops; i++) ig_gemm_run(nn, &product->gemm);
  const double seconds = (ig_clock_seconds() - begin) / loops;
  nn->scratch = before;
  return seconds;
}
