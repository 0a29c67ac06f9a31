// Products of operands rounded to bfloat16 (kernel/bf16_unit.h): every unit of this CPU.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "bf16_products.h"
#include "kernel/kernels.h"

static void every_unit_gives_the_bits_of_the_contract(void **state) {
  (void)state;
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) {
      print_message("%s: not run, this CPU lacks it\n", (*kernels)->name);
      continue;
    }
    product_case at;
    const char *fault = first_fault((*kernels)->bf16_unit, &at);
    if (fault)
      fail_msg("%s: m %zu n %zu k %zu, spread %d %d, accumulate %d, exponent %d: %s",
               (*kernels)->name, at.m, at.n, at.k, (int)at.a, (int)at.b, at.accumulate, at.exponent,
               fault);
  }
}

// NaN and infinities come through, and what is too small counts as zero.
static void special_values_come_through(void **state) {
  (void)state;
  const uint32_t values[] = {0x7f800000, 0xff800000, 0x7f800001,
                             0x00000001, 0x007fffff, 0x7f7fffff};
  const float wanted[] = {INFINITY, -INFINITY, NAN, 0, 0, INFINITY};
  for (const ig_kernels *const *kernels = ig_kernels_all(); *kernels; kernels++) {
    if (!ig_kernels_supported(*kernels)) continue;
    const ig_product_unit *unit = (*kernels)->bf16_unit;
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
      float x = ig_float_bits_to_float(values[v]), one = 1, c = 7;
      const operand a = {&x, 1, 1}, b = {&one, 1, 1};
      guarded packed_a = pack_operand(unit, IG_PANEL_ROWS, 1, 1, &a),
              packed_b = pack_operand(unit, IG_PANEL_COLUMNS, 1, 1, &b);
      unit->multiply(&(ig_panel_product){.rows = 1,
                                         .columns = 1,
                                         .steps = 1,
                                         .a = packed_a.data,
                                         .b = packed_b.data,
                                         .c = &c,
                                         .c_row = 1});
      assert_true(isnan(wanted[v]) ? isnan(c) : c == wanted[v]);
      assert_true(drop_guarded(&packed_a) && drop_guarded(&packed_b));
    }
  }
}

// ---- negative control -------------------------------------------------------

static const ig_product_unit *const reference = &ig_bf16_unit_reference;

// Cuts the lower bits off instead of rounding to nearest.
static void truncating_pack(const ig_panel_source *s, void *panel) {
  const size_t lines = s->count;
  float *cut = malloc((lines * s->depth + 1) * sizeof(float));
  assert_non_null(cut);
  for (size_t i = 0; i < lines; i++)
    for (size_t p = 0; p < s->depth; p++)
      cut[i * s->depth + p] =
          ig_float_bits_to_float(ig_float_bits(s->x[i * s->x_line + p * s->x_depth]) & 0xffff0000u);
  reference->pack(&(ig_panel_source){.kind = s->kind,
                                     .count = lines,
                                     .depth = s->depth,
                                     .x = cut,
                                     .x_line = s->depth,
                                     .x_depth = 1},
                  panel);
  free(cut);
}
static void forgetful_multiply(const ig_panel_product *p) {  // does not accumulate
  ig_panel_product other = *p;
  other.accumulate = false;
  reference->multiply(&other);
}
static void wide_multiply(const ig_panel_product *p) {  // one column too many
  ig_panel_product other = *p;
  other.columns += p->columns % reference->column_edge != 0;
  reference->multiply(&other);
}
static void long_pack(const ig_panel_source *s, void *panel) {  // a step too many
  reference->pack(s, panel);
  const size_t step = ig_product_unit_step(reference, s->kind);
  memset((char *)panel + parts(s->depth, reference->depth) * step, 0, 1);
}

static void broken_units_are_reported(void **state) {
  (void)state;
  ig_product_unit broken[] = {*reference, *reference, *reference, *reference};
  broken[0].pack = truncating_pack;
  broken[1].multiply = forgetful_multiply;
  broken[2].multiply = wide_multiply;
  broken[3].pack = long_pack;
  static const char *const faults[] = {"another value", "another value", "a value after the row",
                                       "a write after the panels"};
  product_case at;
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    const char *fault = first_fault(&broken[i], &at);
    assert_non_null(fault);
    assert_string_equal(fault, faults[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_unit_gives_the_bits_of_the_contract),
      cmocka_unit_test(special_values_come_through),
      cmocka_unit_test(broken_units_are_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
