// A layer of copied columns gives, bit for bit, what the whole layer gives there: in every layout,
// on every table. Negative control: a column that is copied to another place is noticed.
#include "../nn_fixture.h"

#include "nn/linear.h"
#include "nn/packed_columns.h"

enum { ROWS = 3, IN = 70, OUT = 150, FEW = 5 };
static const size_t columns[FEW] = {0, 149, 31, 32, 97};

typedef struct layers {
  ig_linear whole, few;
} layers;

static void place(fixture *f, ig_linear *l, ig_weight_layout layout) {
  ig_linear_place(&f->nn, l, layout,
                  IG_TAKE(&f->memory, char, ig_linear_packed_bytes(&f->nn, l, layout)));
}

static layers make_layers(fixture *f, ig_weight_layout layout) {
  layers l = {.whole = {.in = IN, .out = OUT, .weight = fixture_normal(f, IN * OUT, 1, 1)}};
  float *bias = fixture_normal(f, OUT, 1, 2), *own = fixture_zeros(f, FEW);
  l.whole.bias = bias;
  l.few = (ig_linear){.in = IN, .out = FEW, .bias = own};
  place(f, &l.whole, layout);
  place(f, &l.few, layout);
  ig_linear_pack(&f->nn, &l.whole, 0, OUT, l.whole.weight);
  for (size_t i = 0; i < FEW; i++) {
    ig_packed_columns_copy(f->nn.kernels, IN, l.whole.packed, columns[i], l.few.packed, i);
    own[i] = bias[columns[i]];
  }
  return l;
}

// Whether all outputs of the few columns are those of the whole layer.
static bool agrees(fixture *f, const layers *l, const float *input) {
  float *all = fixture_zeros(f, ROWS * OUT), *few = fixture_zeros(f, ROWS * FEW);
  ig_linear_forward(&f->nn, &l->whole, ROWS, input, IG_ACTIVATION_NONE, all);
  ig_linear_forward(&f->nn, &l->few, ROWS, input, IG_ACTIVATION_NONE, few);
  bool equal = true;
  for (size_t r = 0; r < ROWS; r++)
    for (size_t i = 0; i < FEW; i++)
      equal = equal && memcmp(&few[r * FEW + i], &all[r * OUT + columns[i]], sizeof(float)) == 0;
  return equal;
}

static void copies(const ig_kernels *kernels) {
  static const ig_weight_layout layouts[] = {IG_WEIGHT_LAYOUT_FLOAT32_PANELS,
                                             IG_WEIGHT_LAYOUT_BFLOAT16_PANELS,
                                             IG_WEIGHT_LAYOUT_INT8_PANELS};
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
    fixture f;
    fixture_open(&f, kernels, 2);
    assert_true(ig_packed_columns_serve(layouts[i]));
    layers l = make_layers(&f, layouts[i]);
    fixture_scratch(&f, ig_linear_scratch(&f.nn, &l.whole, ROWS));
    const float *input = fixture_normal(&f, ROWS * IN, 1, 3);
    assert_true(agrees(&f, &l, input));
    ig_packed_columns_copy(kernels, IN, l.whole.packed, 5, l.few.packed, 3);
    assert_false(agrees(&f, &l, input));
    fixture_close(&f);
  }
  assert_false(ig_packed_columns_serve(IG_WEIGHT_LAYOUT_BFLOAT16_PARTS));
}
FIXTURE_TEST(copies)

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_copies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
