// Methods that average, or turn from one model to another, on tensors small enough to reckon by
// hand.
#include "fuse_methods.h"

static void linear_is_a_weighted_mean(void **state) {
  (void)state;
  EXPECT((2.5, 5), .method = "linear", .rows = 2, .columns = 1, .x = {VALUES(1, 2), VALUES(3, 6)},
         .set = {{"weight", {1, 3}}});
  EXPECT((10, 20), .method = "linear", .rows = 2, .columns = 1, .x = {VALUES(1, 2), VALUES(3, 6)},
         .set = {{"weight", {1, 3}}, {"normalize", {0}}});
  EXPECT((7), .method = "linear", .rows = 1, .columns = 1, .x = {VALUES(7)},
         .set = {{"weight", {-2}}});
  EXPECT((0.5, -1), .method = "passthrough", .rows = 1, .columns = 2, .x = {VALUES(1, -2)},
         .set = {{"scale", {0.5}}});
}

static void slerp_turns_from_the_base(void **state) {
  (void)state;
#define SLERP .method = "slerp", .rows = 2, .columns = 1
  EXPECT((2 * sqrt(0.5), 3 * sqrt(0.5)), SLERP, .base = VALUES(2, 0), .x = {VALUES(0, 3)},
         .set = {{"t", {0.5}}});
  EXPECT((sqrt(0.75), 0.5), SLERP, .base = VALUES(1, 0), .x = {VALUES(0, 1)},
         .set = {{"t", {1.0 / 3}}});
  EXPECT((2, 0), SLERP, .base = VALUES(2, 0), .x = {VALUES(0, 3)}, .set = {{"t", {0}}});
  EXPECT((1, 2), SLERP, .base = VALUES(2, 4), .x = {VALUES(-2, -4)},
         .set = {{"t", {0.25}}});  // opposite: linear
  EXPECT((3, 3), SLERP, .base = VALUES(2, 2), .x = {VALUES(4, 4)},
         .set = {{"t", {0.5}}});  // parallel: linear
  EXPECT((0, sqrt(0.5)), SLERP, .base = VALUES(0, 0), .x = {VALUES(0, 1)}, .set = {{"t", {0.5}}});
  EXPECT((0, 0), SLERP, .base = VALUES(0, 0), .x = {VALUES(0, 0)}, .set = {{"t", {0.5}}});
  // The example at the top of fuse/method/method.h.
  EXPECT((3 * sqrt(0.5), 3 * sqrt(0.5), 0, 0), .method = "slerp", .rows = 2, .columns = 2,
         .base = VALUES(1, 2, 2, 0), .x = {VALUES(2, 1, -2, 0)}, .set = {{"t", {0.5}}});
}

static void nuslerp_turns_tensors(void **state) {
  (void)state;
#define NUSLERP .method = "nuslerp", .rows = 2, .columns = 1
  EXPECT((2 * sqrt(0.5), 3 * sqrt(0.5)), NUSLERP, .x = {VALUES(2, 0), VALUES(0, 3)},
         .set = {{"weight", {2, 2}}});
  EXPECT((sqrt(0.75), 0.5), NUSLERP, .x = {VALUES(1, 0), VALUES(0, 1)},
         .set = {{"weight", {2, 1}}});
  EXPECT((1 + sqrt(0.75), 1.5), NUSLERP, .base = VALUES(1, 1), .x = {VALUES(2, 1), VALUES(1, 2)},
         .set = {{"weight", {2, 1}}});
  EXPECT((sqrt(0.5), sqrt(0.5)), NUSLERP, .x = {VALUES(1, 0), VALUES(0, 1)},
         .set = {{"weight", {1, -1}}});  // weights cancel out: the middle
  EXPECT((1, 2), NUSLERP, .x = {VALUES(2, 4), VALUES(-2, -4)},
         .set = {{"weight", {3, 1}}});  // opposite: linear
  EXPECT((2.5, 5), NUSLERP, .x = {VALUES(2, 4), VALUES(4, 8)}, .set = {{"weight", {3, 1}}});
  EXPECT((0, 0), NUSLERP, .x = {VALUES(0, 0), VALUES(0, 0)}, .set = {{"weight", {3, 1}}});
}

static void nuslerp_turns_rows_or_columns(void **state) {
  (void)state;
  const double half = sqrt(0.5), near = 0.5 / cos(acos(4 / sqrt(17)) / 2);
  const float *a = VALUES(1, 0, 0, 2), *b = VALUES(0, 1, 0, 4);
#define TURNS .method = "nuslerp", .x = {a, b}
  EXPECT((half, half, 0, 3), TURNS, .rows = 2, .columns = 2,
         .set = {{"weight", {1, 1}}, {"nuslerp_flatten", {0}}});
  EXPECT((half, near, 0, 6 * near), TURNS, .rows = 2, .columns = 2,
         .set = {{"weight", {1, 1}}, {"nuslerp_flatten", {0}}, {"nuslerp_row_wise", {1}}});
  // Of (2, 2, 1): the vectors along the first dimension are the same ones.
  EXPECT((half, near, 0, 6 * near), TURNS, .rows = 4, .columns = 1, .rank = 3, .first_dimension = 2,
         .set = {{"weight", {1, 1}}, {"nuslerp_flatten", {0}}, {"nuslerp_row_wise", {1}}});
  // A vector is one vector whatever is asked; rows of one value are parallel, or opposite.
  const float *v = VALUES(1, 0), *w = VALUES(0, 1);
  EXPECT((half, half), .method = "nuslerp", .rows = 1, .columns = 2, .x = {v, w},
         .set = {{"weight", {1, 1}}, {"nuslerp_flatten", {0}}, {"nuslerp_row_wise", {1}}});
  EXPECT((2, -1), .method = "nuslerp", .rows = 2, .columns = 1, .x = {VALUES(1, 1), VALUES(3, -3)},
         .set = {{"weight", {1, 1}}, {"nuslerp_flatten", {0}}});
}

static void multislerp_averages_norms_and_directions(void **state) {
  (void)state;
#define MULTISLERP .method = "multislerp", .rows = 2, .columns = 1
  EXPECT((3 * sqrt(0.5), 3 * sqrt(0.5)), MULTISLERP, .x = {VALUES(2, 0), VALUES(0, 4)},
         .set = {{"weight", {1, 1}}});
  EXPECT((7.5 / sqrt(10), 2.5 / sqrt(10)), MULTISLERP, .x = {VALUES(2, 0), VALUES(0, 4)},
         .set = {{"weight", {3, 1}}});
  EXPECT((1 + 3 * sqrt(0.5), 3 * sqrt(0.5) - 1), MULTISLERP, .base = VALUES(1, -1),
         .x = {VALUES(3, -1), VALUES(1, 3)}, .set = {{"weight", {1, 1}}});
  EXPECT((12 * sqrt(0.5), 12 * sqrt(0.5)), MULTISLERP, .x = {VALUES(2, 0), VALUES(0, 4)},
         .set = {{"weight", {2, 2}}, {"normalize_weights", {0}}});
  EXPECT((-sqrt(2), sqrt(2)), MULTISLERP, .x = {VALUES(2, 0), VALUES(0, 4)},
         .set = {{"weight", {1, -1}}});
  EXPECT((3, 4), MULTISLERP, .base = VALUES(1, 1), .x = {VALUES(3, 4)}, .set = {{"weight", {0.5}}});
}

static void multislerp_is_linear_where_directions_cancel_out(void **state) {
  (void)state;
  EXPECT((-1, -2), MULTISLERP, .x = {VALUES(1, 2), VALUES(-3, -6)}, .set = {{"weight", {1, 1}}});
  EXPECT((-0.05F, -0.1F), MULTISLERP, .x = {VALUES(0.1F, 0.2F), VALUES(-0.2F, -0.4F)},
         .set = {{"weight", {1, 1}}});
  EXPECT((-0.5, 0), MULTISLERP, .x = {VALUES(1, 0), VALUES(-3, 0), VALUES(0, 0), VALUES(0, -4)},
         .set = {{"weight", {1, 1, 2, 0}}});
  EXPECT((0, 0), MULTISLERP, .x = {VALUES(0, 0), VALUES(0, 0)}, .set = {{"weight", {1, 1}}});
}

static void karcher_is_nearest_by_angle(void **state) {
  (void)state;
#define KARCHER .method = "karcher"
  EXPECT((3 * sqrt(0.5), 3 * sqrt(0.5)), KARCHER, .rows = 2, .columns = 1,
         .x = {VALUES(2, 0), VALUES(0, 4)});
  EXPECT((1 / sqrt(3), 1 / sqrt(3), 1 / sqrt(3)), KARCHER, .rows = 3, .columns = 1,
         .x = {VALUES(1, 0, 0), VALUES(0, 1, 0), VALUES(0, 0, 1)});
  // On a circle the mean of the angles: 0, 0 and 90 degrees; before any step, that of the vectors.
  const float *x = VALUES(1, 0), *y = VALUES(0, 1), *z = VALUES(1, 0);
  EXPECT((sqrt(0.75), 0.5), KARCHER, .rows = 2, .columns = 1, .x = {x, y, z});
  EXPECT((2 / sqrt(5), 1 / sqrt(5)), KARCHER, .rows = 2, .columns = 1, .x = {x, y, z},
         .set = {{"max_iter", {0}}});
  EXPECT((3, -4), KARCHER, .rows = 1, .columns = 2, .x = {VALUES(3, -4)});
  EXPECT((1, 0), KARCHER, .rows = 1, .columns = 2,
         .x = {VALUES(0, 0), VALUES(2, 0)});  // the zero has a norm, and no direction
  EXPECT((0, 0), KARCHER, .rows = 1, .columns = 2, .x = {VALUES(0, 0), VALUES(0, 0)});
}

static void karcher_of_opposites_is_the_first(void **state) {
  (void)state;
  EXPECT((2, 4), KARCHER, .rows = 2, .columns = 1, .x = {VALUES(1, 2), VALUES(-3, -6)});
  EXPECT((0.15F, 0.3F), KARCHER, .rows = 2, .columns = 1,
         .x = {VALUES(0.1F, 0.2F), VALUES(-0.2F, -0.4F)});
}

static void model_stock_follows_the_angle(void **state) {
  (void)state;
#define STOCK .method = "model_stock", .rows = 2, .columns = 1
  const float *zero = VALUES(0, 0);
  EXPECT((0.5, sqrt(1.0 / 12)), STOCK, .base = zero,
         .x = {VALUES(1, 0), VALUES(0.5F, 0.8660254F)});  // 60 degrees: t is 2/3
  EXPECT((2, 4), STOCK, .base = zero, .x = {VALUES(1, 2), VALUES(3, 6)});
  EXPECT((1, 1), STOCK, .base = VALUES(1, 1), .x = {VALUES(2, 1), VALUES(1, 2)});
  EXPECT((0, 0), STOCK, .base = zero, .x = {VALUES(1, 2), VALUES(-1, -2)});
  EXPECT((1, 1), STOCK, .base = VALUES(1, 1), .x = {VALUES(1, 1), VALUES(1, 1)});
  const float *base = VALUES(0, 0, 0, 0), *a = VALUES(1, 0, 1, 2), *b = VALUES(0, 1, 3, 6);
  EXPECT((0, 0, 2, 4), .method = "model_stock", .rows = 2, .columns = 2, .base = base, .x = {a, b},
         .set = {{"filter_wise", {1}}});
}

static void nearswap_and_expo_move_each_value(void **state) {
  (void)state;
  EXPECT((0.25, 0.25, 0.001F, 0), .method = "nearswap", .rows = 2, .columns = 2,
         .base = VALUES(0, 0, 0, 0), .x = {VALUES(1, 0.5F, 0.001F, 0)}, .set = {{"t", {0.25}}});
  EXPECT((4, 1), .method = "expo", .rows = 1, .columns = 2, .base = VALUES(1, 1),
         .x = {VALUES(3, 1)}, .set = {{"alpha", {0.5}}});
}

// theta = sum of weight F theta / sum of weight F, value by value.
static void fisher_weighs_each_value(void **state) {
  (void)state;
#define FISHER \
  .method = "fisher", .rows = 2, .columns = 2, .x = { VALUES(1, 2, 3, 4), VALUES(5, 6, 7, 8) }
  const float *one = VALUES(1, 0, 3, 0), *two = VALUES(3, 4, 1, 0);
#define INFORMED FISHER, .statistics = {one, two}, .norms = {2, 4}
  EXPECT((4, 6, 4, 6), INFORMED, .set = {{"floor", {0}}, {"normalize", {0}}});
  EXPECT((3.4, 6, 25.0 / 7, 16.0 / 3), INFORMED,
         .set = {{"weight", {2, 1}}, {"floor", {0}}, {"normalize", {0}}});
  EXPECT((3.4, 6, 25.0 / 7, 6), INFORMED, .set = {{"floor", {0}}});
  EXPECT((3.4, 28.0 / 6, 4.6, 6), INFORMED, .set = {{"floor", {2}}, {"normalize", {0}}});
  // Without statistics, the mean by weights.
  EXPECT((2, 3, 4, 5), FISHER, .set = {{"weight", {3, 1}}});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(linear_is_a_weighted_mean),
      cmocka_unit_test(fisher_weighs_each_value),
      cmocka_unit_test(slerp_turns_from_the_base),
      cmocka_unit_test(nuslerp_turns_tensors),
      cmocka_unit_test(nuslerp_turns_rows_or_columns),
      cmocka_unit_test(multislerp_averages_norms_and_directions),
      cmocka_unit_test(multislerp_is_linear_where_directions_cancel_out),
      cmocka_unit_test(karcher_is_nearest_by_angle),
      cmocka_unit_test(karcher_of_opposites_is_the_first),
      cmocka_unit_test(model_stock_follows_the_angle),
      cmocka_unit_test(nearswap_and_expo_move_each_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
