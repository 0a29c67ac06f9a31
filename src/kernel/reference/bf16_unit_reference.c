// The meaning of products of operands rounded to bfloat16.
#include <float.h>
#include <math.h>
#include "base/bf16.h"
#include "base/float_bits.h"
#include "kernel/bf16_unit.h"

enum { EDGE = 8, STEP = IG_BF16_UNIT_PAIRS * EDGE * sizeof(uint32_t) };

// A magnitude below the least normal float is zero.
static float flush(float x) { return fabsf(x) < FLT_MIN ? copysignf(0.0f, x) : x; }

static float value_at(const ig_panel_source *s, size_t line, size_t p) {
  return line < s->count && p < s->depth ? flush(s->x[line * s->x_line + p * s->x_depth]) : 0.0f;
}

static void pack(const ig_panel_source *s, void *panel) {
  uint32_t *to = panel;
  for (size_t p = 0; p < s->depth || p % IG_BF16_UNIT_DEPTH != 0; p += 2)
    for (size_t line = 0; line < EDGE; line++)
      *to++ = (uint32_t)ig_bf16_from_float(value_at(s, line, p)) << 16 |
              ig_bf16_from_float(value_at(s, line, p + 1));
}

// sum + the products of both halves of a pair.
static float multiply_pair(uint32_t a, uint32_t b, float sum) {
  sum = flush(fmaf(ig_float_bits_to_float(a & 0xffff0000u), ig_float_bits_to_float(b & 0xffff0000u),
                   flush(sum)));
  return flush(fmaf(ig_float_bits_to_float(a << 16), ig_float_bits_to_float(b << 16), sum));
}

static void multiply(const ig_panel_product *t) {
  for (size_t i = 0; i < t->rows; i++)
    for (size_t j = 0; j < t->columns; j++) {
      const uint32_t *a = (const void *)((const char *)t->a + i / EDGE * t->a_panel),
                     *b = (const void *)((const char *)t->b + j / EDGE * t->b_panel);
      float *c = t->c + i * t->c_row + j, sum = t->accumulate ? *c : 0.0f;
      for (size_t q = 0; q < t->steps * IG_BF16_UNIT_PAIRS; q++)
        sum = multiply_pair(a[q * EDGE + i % EDGE], b[q * EDGE + j % EDGE], sum);
      *c = sum;
    }
}

const ig_product_unit ig_bf16_unit_reference = {.row_edge = EDGE,
                                                .column_edge = EDGE,
                                                .depth = IG_BF16_UNIT_DEPTH,
                                                .row_step = STEP,
                                                .column_step = STEP,
                                                .by_value = true,
                                                .pack = pack,
                                                .multiply = multiply};
