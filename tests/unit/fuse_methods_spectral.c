// Methods on singular values, on matrices whose decomposition is plain, and the moving average.
#include "fuse_methods.h"

static const float zeros[MOST_VALUES];

static void iso_c_makes_singular_values_equal(void **state) {
  (void)state;
#define SQUARE .rows = 2, .columns = 2, .base = VALUES(1, 1, 1, 1)
  EXPECT((3, 1, 1, 3), SQUARE, .method = "iso_c", .x = {VALUES(3, 1, 1, 1), VALUES(2, 1, 1, 2)});
  EXPECT((2, 1, 1, 2), SQUARE, .method = "iso_c", .x = {VALUES(3, 1, 1, 1), VALUES(2, 1, 1, 2)},
         .set = {{"alpha", {0.5}}});
  EXPECT((1, 3, 3, 1), SQUARE, .method = "iso_c", .x = {VALUES(1, 4, 2, 1)});
  // Of rank one: the other direction is not made up.
  EXPECT((2, 1, 1, 1), SQUARE, .method = "iso_c", .x = {VALUES(3, 1, 1, 1)});
  EXPECT((1, 1, 1, 1), SQUARE, .method = "iso_c", .x = {VALUES(1, 1, 1, 1)});
}

static void tsv_m_keeps_the_largest_of_each(void **state) {
  (void)state;
  EXPECT((4, 1, 1, 2), SQUARE, .method = "tsv_m", .x = {VALUES(4, 1, 1, 1.5F), VALUES(1, 1, 1, 2)});
  EXPECT((3, 1, 1, 1), SQUARE, .method = "tsv_m", .x = {VALUES(3, 1, 1, 1), VALUES(3, 1, 1, 1)});
  EXPECT((4, -2, 0, 7), .rows = 2, .columns = 2, .base = zeros, .method = "tsv_m",
         .x = {VALUES(4, -2, 0, 7)});
}

static void other_tensors_take_the_mean(void **state) {
  (void)state;
#define VECTOR .rows = 1, .columns = 2, .base = VALUES(1, 1), .x = {VALUES(2, 1), VALUES(4, 3)}
  EXPECT((3, 2), VECTOR, .method = "iso_c");
  EXPECT((3, 2), VECTOR, .method = "tsv_m");
  EXPECT((5, 3), VECTOR, .method = "tsv_m", .set = {{"alpha", {2}}});
  EXPECT((3, 2), VECTOR, .method = "tsv_m", .rank = 2, .first_dimension = 1);
}

static void ema_weighs_the_last_most(void **state) {
  (void)state;
#define RUN \
  .method = "ema", .rows = 1, .columns = 2, .x = {VALUES(0, 8), VALUES(4, 0), VALUES(8, 0)}
  EXPECT((5, 2), RUN, .set = {{"decay", {0.5}}});
  EXPECT((8, 0), RUN, .set = {{"decay", {0}}});
  EXPECT((0, 8), RUN, .set = {{"decay", {1}}});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(iso_c_makes_singular_values_equal),
      cmocka_unit_test(tsv_m_keeps_the_largest_of_each),
      cmocka_unit_test(other_tensors_take_the_mean),
      cmocka_unit_test(ema_weighs_the_last_most),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
