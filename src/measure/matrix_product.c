// One matrix product by itself.
#include "measure/matrix_product.h"

#include "base/clock.h"

static const double ENOUGH = 1e9;  // operations between two looks at the clock

const char *ig_matrix_product_kind_name(ig_matrix_product_kind kind) {
  static const char *const names[IG_MATRIX_PRODUCT_KINDS] = {"forward", "packed", "backward-input",
                                                             "backward-weight"};
  return names[kind];
}

// Values of both signs without a pattern that a cache could see, the same on every machine.
static void fill_operand(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = (float)(i * 2654435761u % 1000) * 1e-3f - 0.5f;
}

typedef struct product_operands {
  float *a, *b;
  void *packed;  // B, packed before; else NULL
} product_operands;

static product_operands carve_operands(ig_matrix_product *p, ig_arena *arena, size_t packed) {
  const ig_gemm *g = &p->gemm;
  product_operands o = {0};
  o.a = IG_TAKE(arena, float, g->m * g->k);
  o.b = IG_TAKE(arena, float, g->n * g->k);
  p->gemm.c = IG_TAKE(arena, float, g->m * g->n);
  if (packed) o.packed = IG_TAKE(arena, char, packed);
  return o;
}

static ig_gemm gemm_of_shape(const ig_matrix_product_shape *s) {
  const bool weight = s->kind == IG_MATRIX_PRODUCT_BACKWARD_WEIGHT;
  const bool transposed =
      s->kind == IG_MATRIX_PRODUCT_FORWARD || s->kind == IG_MATRIX_PRODUCT_PACKED;
  return (ig_gemm){.m = s->m,
                   .n = s->n,
                   .k = s->k,
                   .a_row = weight ? 1 : s->k,
                   .a_depth = weight ? s->m : 1,
                   .b_depth = transposed ? 1 : s->n,
                   .b_column = transposed ? s->k : 1,
                   .c_row = s->n};
}

ig_status ig_matrix_product_create(ig_nn *nn, const ig_matrix_product_shape *shape,
                                   ig_matrix_product *out, ig_error *err) {
  const size_t m = shape->m, n = shape->n, k = shape->k;
  *out = (ig_matrix_product){.gemm = gemm_of_shape(shape)};
  const ig_weight_layout layout = ig_gemm_layout(nn->kernels, shape->layout);
  size_t packed = 0;
  if (shape->kind == IG_MATRIX_PRODUCT_PACKED)
    packed = ig_gemm_packed_bytes(nn->kernels, layout, n, k);
  ig_arena measure = ig_arena_measure();
  carve_operands(out, &measure, packed);
  ig_status status = ig_arena_create(&out->arena, measure.peak, err);
  if (status == IG_OK) status = ig_arena_create(&out->scratch, ig_gemm_scratch(nn, m, n, k), err);
  if (status != IG_OK) {
    ig_matrix_product_free(out);
    return status;
  }
  const product_operands o = carve_operands(out, &out->arena, packed);
  ig_gemm *g = &out->gemm;
  fill_operand(o.a, m * k);
  fill_operand(o.b, n * k);
  g->a = o.a;
  g->b = o.b;
  if (!packed) return IG_OK;
  g->packed = ig_gemm_place(layout, n, k, o.packed);
  ig_gemm_pack(nn, &(ig_gemm_operand){n, k, o.b, g->b_depth, g->b_column}, 0, g->packed);
  return IG_OK;
}

void ig_matrix_product_free(ig_matrix_product *product) {
  ig_arena_free(&product->arena);
  ig_arena_free(&product->scratch);
}

double ig_matrix_product_seconds(ig_nn *nn, ig_matrix_product *product) {
  ig_arena *const before = nn->scratch;
  const int loops = (int)(ENOUGH / ig_matrix_product_operations(product)) + 1;
  nn->scratch = &product->scratch;
  const double begin = ig_clock_seconds();
  for (int i = 0; i < loops; i++) ig_gemm_run(nn, &product->gemm);
  const double seconds = (ig_clock_seconds() - begin) / loops;
  nn->scratch = before;
  return seconds;
}
