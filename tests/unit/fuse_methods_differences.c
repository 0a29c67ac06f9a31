// Methods that thin, choose or erase differences from the base, on tensors small enough to reckon
// by hand.
#include "fuse_methods.h"

static const float zeros[MOST_VALUES];

static void task_vectors_add_up(void **state) {
  (void)state;
  EXPECT((-1.5, 1), .method = "task_arithmetic", .rows = 2, .columns = 1, .base = VALUES(1, 1),
         .x = {VALUES(2, 1), VALUES(4, 1)}, .set = {{"weight", {0.5, -1}}});
  EXPECT((-4, 1), .method = "task_arithmetic", .rows = 2, .columns = 1, .base = VALUES(1, 1),
         .x = {VALUES(2, 1), VALUES(4, 1)}, .set = {{"weight", {0.5, -1}}, {"lambda", {2}}});
  EXPECT((11, 1), .method = "task_arithmetic", .rows = 2, .columns = 1, .base = VALUES(1, 1),
         .x = {VALUES(11, 1), VALUES(4, 1)}, .set = {{"weight", {1, 0}}, {"normalize", {1}}});
}

static void ties_keeps_the_largest_that_agree(void **state) {
  (void)state;
  const float *a = VALUES(4, -3, 2, 1), *b = VALUES(-1, -5, 3, 0.5F);
#define TIES .method = "ties", .rows = 2, .columns = 2, .base = zeros, .x = {a, b}
  EXPECT((4, -4, 3, 0), TIES, .set = {{"weight", {1, 1}}, {"density", {0.5, 0.5}}});
  EXPECT((4, -8, 3, 0), TIES,
         .set = {{"weight", {1, 1}}, {"density", {0.5, 0.5}}, {"normalize", {0}}});
  EXPECT((4, -4, 2.5, 0.75), TIES, .set = {{"weight", {1, 1}}, {"density", {1, 1}}});
  EXPECT((0, 0, 0, 0), TIES, .set = {{"weight", {1, 1}}, {"density", {0, 0}}});
  EXPECT((4, 0, 0, 0), .method = "ties", .rows = 2, .columns = 2, .base = zeros, .x = {a},
         .set = {{"weight", {1}}, {"density", {0.01}}});
  EXPECT((40.0 / 7, -30.0 / 7, 0, 0), .method = "ties", .rows = 2, .columns = 2, .base = zeros,
         .x = {a}, .set = {{"weight", {1}}, {"density", {0.5}}, {"rescale", {IG_RESCALE_L1}}});
  EXPECT((8, -6, 0, 0), .method = "ties", .rows = 2, .columns = 2, .base = zeros, .x = {a},
         .set = {{"weight", {1}}, {"density", {0.5}}, {"rescale", {IG_RESCALE_INVERSE}}});
  EXPECT((0, 0, 0, 0), .method = "ties", .rows = 2, .columns = 2, .base = zeros, .x = {zeros},
         .set = {{"weight", {1}}, {"density", {0.5}}, {"rescale", {IG_RESCALE_L1}}});
}

static void of_equal_magnitudes_the_first_stay(void **state) {
  (void)state;
  const float *same = VALUES(1, -1, 1, -1, 1, 1, -1, 1);
#define ALIKE .rows = 4, .columns = 2, .base = zeros, .x = {same}
  EXPECT((1, -1, 1, 0, 0, 0, 0, 0), ALIKE, .method = "ties",
         .set = {{"weight", {1}}, {"density", {0.375}}});
  EXPECT((0, 0, 1, -1, 1, 1, 0, 0), ALIKE, .method = "breadcrumbs",
         .set = {{"weight", {1}}, {"density", {0.5}}, {"gamma", {0.25}}});
  EXPECT((0, 0, 3, 4, 5, 6, 0, 0), .method = "breadcrumbs", .rows = 4, .columns = 2, .base = zeros,
         .x = {VALUES(1, 2, 3, 4, 5, 6, 7, 8)},
         .set = {{"weight", {1}}, {"density", {0.5}}, {"gamma", {0.25}}});
}

static void fill(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = (float)(i % 7 + 1) * (i % 2 ? -0.5F : 0.25F);
}

// How many values stay, each of them times `factor`.
static size_t count_scaled(const float *x, const float *out, size_t count, double factor) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (out[i] == 0) continue;
    assert_true(fabs((double)out[i] - (double)x[i] * factor) < 1e-5);
    kept++;
  }
  return kept;
}

static void dare_makes_up_for_what_it_drops(void **state) {
  (void)state;
  static float x[MOST_VALUES], out[MOST_VALUES];
  fill(x, MOST_VALUES);
  example e = {.method = "dare_linear",
               .rows = 4,
               .columns = MOST_VALUES / 4,
               .base = zeros,
               .x = {x},
               .set = {{"weight", {1}}, {"density", {0.25}}, {"rescale", {IG_RESCALE_NONE}}}};
  fuse_example(&e, out);
  const size_t kept = count_scaled(x, out, MOST_VALUES, 1);
  assert_in_range(kept, MOST_VALUES / 4 - 150, MOST_VALUES / 4 + 150);
  e.set[2].value[0] = IG_RESCALE_INVERSE;
  fuse_example(&e, out);
  assert_int_equal(count_scaled(x, out, MOST_VALUES, 4), kept);
  e.set[2].value[0] = IG_RESCALE_L1;
  fuse_example(&e, out);
  double before = 0, after = 0;
  for (size_t i = 0; i < MOST_VALUES; i++) {
    before += fabs((double)x[i]);
    after += fabs((double)out[i]);
  }
  assert_true(fabs(after / before - 1) < 1e-5);
}

static void dare_keeps_all_or_nothing(void **state) {
  (void)state;
  EXPECT((3, 1), .method = "dare_ties", .rows = 2, .columns = 1, .base = VALUES(1, 1),
         .x = {VALUES(3, 1)}, .set = {{"weight", {1}}, {"density", {1}}});
  for (int rescale = IG_RESCALE_NONE; rescale <= IG_RESCALE_INVERSE; rescale++)
    EXPECT((1, 1), .method = "dare_ties", .rows = 2, .columns = 1, .base = VALUES(1, 1),
           .x = {VALUES(3, 1)}, .set = {{"weight", {1}}, {"density", {0}}, {"rescale", {rescale}}});
}

static void della_keeps_large_values_of_a_row_more_often(void **state) {
  (void)state;
  static float x[MOST_VALUES], out[MOST_VALUES];
  for (size_t i = 0; i < MOST_VALUES; i++) x[i] = i % 2 ? 3 : 1;
  example e = {.method = "della_linear",
               .rows = MOST_VALUES / 2,
               .columns = 2,
               .base = zeros,
               .x = {x},
               .set = {{"weight", {1}},
                       {"density", {0.5}},
                       {"epsilon", {0.25}},
                       {"rescale", {IG_RESCALE_INVERSE}}}};
  fuse_example(&e, out);
  size_t small = 0, large = 0;
  for (size_t i = 0; i < MOST_VALUES; i++) {
    if (out[i] != 0) assert_true(fabs((double)out[i] - 4) < 1e-5);  // 3 / 0.75 and 1 / 0.25
    *(i % 2 ? &large : &small) += out[i] != 0;
  }
  assert_in_range(small, 512 - 100, 512 + 100);
  assert_in_range(large, 1536 - 100, 1536 + 100);
  e.rows = MOST_VALUES;
  e.columns = 1;  // of a row of one value: the density
  fuse_example(&e, out);
  for (size_t i = 0; i < MOST_VALUES; i++) assert_true(out[i] == 0 || out[i] == 2 * x[i]);
}

static void sce_weighs_by_squares_where_models_vary(void **state) {
  (void)state;
  const float *a = VALUES(1, 2, -1, 0), *b = VALUES(3, -2, -1, 0);
#define SCE .method = "sce", .rows = 4, .columns = 1, .base = zeros
  EXPECT((2.4, 2, -1, 0), SCE, .x = {a, b});  // squares 6 and 14: weights 0.3 and 0.7
  EXPECT((0, 2, 0, 0), SCE, .x = {a, b}, .set = {{"select_topk", {0.5}}});
  EXPECT((0, 0, 0, 0), SCE, .x = {a, b}, .set = {{"select_topk", {0}}});
  EXPECT((0, 0, 0, 0), SCE, .x = {a}, .set = {{"select_topk", {0.5}}});
  EXPECT((1, 2, -1, 0), SCE, .x = {a});
  EXPECT((0, 0, 0, 0), SCE, .x = {zeros, zeros});
  EXPECT((1, 1, 0, 0), SCE, .x = {VALUES(1, 1, 1, 1), VALUES(-1, -1, -1, -1)},
         .set = {{"select_topk", {0.5}}});  // equal variances
}

static void ram_averages_what_is_shared(void **state) {
  (void)state;
  const float *a = VALUES(1, 0.4F, 2, 0), *b = VALUES(0.2F, 0.4F, 4, -3);
#define RAM .rows = 2, .columns = 2, .base = zeros, .x = {a, b}
  EXPECT((1, 0, 3, -3), RAM, .method = "ram", .set = {{"epsilon", {0.5}}});
  EXPECT((1.5, 0, 3, -4.5), RAM, .method = "ramplus_tl",
         .set = {{"epsilon", {0.5}}, {"r", {0.5}}, {"alpha", {1}}});
  EXPECT((1.25, 0, 3, -3.75), RAM, .method = "ramplus_tl",
         .set = {{"epsilon", {0.5}}, {"r", {0.5}}, {"alpha", {0.5}}});
  EXPECT((0, 0, 0, 0), .method = "ramplus_tl", .rows = 2, .columns = 2, .base = zeros,
         .x = {zeros, zeros}, .set = {{"epsilon", {0}}});
  EXPECT((1, 0.4F, 2, 0), .method = "ramplus_tl", .rows = 2, .columns = 2, .base = zeros, .x = {a});
}

static void arcee_fusion_takes_what_matters(void **state) {
  (void)state;
#define ARCEE .method = "arcee_fusion", .columns = 2
  // Importances 0, 0, 2 k, k with some k: the quartiles are 0, 0 and k, so that the threshold
  // is 1.5 k.
  EXPECT((5, 6, 3, 0), ARCEE, .rows = 2, .base = VALUES(5, 6, 1, 0), .x = {VALUES(5, 6, 3, 1)});
  EXPECT((0, 3, 1, 2), ARCEE, .rows = 2, .base = VALUES(0, 0, 1, 2),
         .x = {VALUES(0, 3, 1, 2)});  // the threshold is 0: all
  EXPECT((3, 4, 5), .method = "arcee_fusion", .rows = 3, .columns = 1, .base = zeros,
         .x = {VALUES(3, 4, 5)});
  EXPECT((100, -100), ARCEE, .rows = 1, .base = VALUES(-100, 100), .x = {VALUES(100, -100)});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(task_vectors_add_up),
      cmocka_unit_test(ties_keeps_the_largest_that_agree),
      cmocka_unit_test(of_equal_magnitudes_the_first_stay),
      cmocka_unit_test(dare_makes_up_for_what_it_drops),
      cmocka_unit_test(dare_keeps_all_or_nothing),
      cmocka_unit_test(della_keeps_large_values_of_a_row_more_often),
      cmocka_unit_test(sce_weighs_by_squares_where_models_vary),
      cmocka_unit_test(ram_averages_what_is_shared),
      cmocka_unit_test(arcee_fusion_takes_what_matters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
