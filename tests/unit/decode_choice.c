// Choosing tokens from blocks of logits: what is found is what a look at all logits together finds,
// for any number of threads and any order of the blocks. Negative controls: a block that is left
// out, and one that is read twice, are noticed.
#include <math.h>
#include <string.h>

#include "decode_fixture.h"

enum { VOCABULARY = 1300, ROWS = 5, BEST = 6 };

static const ig_kernels *kernels(void) {
  const ig_kernels *k;
  assert_int_equal(ig_kernels_select(&k, NULL), IG_OK);
  return k;
}

// Steps of a quarter: some logits of a row are equal.
static void draw_logits(float *x, size_t count) {
  uint32_t h = 11;
  for (size_t i = 0; i < count; i++) {
    h = h * 1664525u + 1013904223u;
    x[i] = floorf((float)(h >> 8) / (float)(1 << 24) * 400) / 4;
  }
}

typedef struct fixture {
  ig_decode_options options;
  ig_choice choice;
  ig_arena arena;
  int ids[ROWS][3];  // of each sequence
  float logits[ROWS * VOCABULARY];
} fixture;

static void set_up(fixture *f, int threads) {
  *f = (fixture){.options = plain_options(4, VOCABULARY, 1, 2)};
  f->options.no_repeat_ngram = 2;
  f->options.sentence.min_length = 9;
  f->choice = (ig_choice){
      .kernels = kernels(),
      .size = {.rows = ROWS, .best = BEST, .vocabulary = VOCABULARY, .threads = threads}};
  ig_arena plan = ig_arena_measure();
  ig_choice_carve(&f->choice, &plan);
  assert_int_equal(ig_arena_create(&f->arena, plan.peak, NULL), IG_OK);
  ig_choice_carve(&f->choice, &f->arena);
  draw_logits(f->logits, ROWS * VOCABULARY);
}

static ig_processors_sequence sequence_of(fixture *f, int row) {
  int *ids = f->ids[row];
  ids[0] = ids[2] = 7 + row;  // what came after it before is banned by no_repeat_ngram
  ids[1] = 1200 + row;
  return (ig_processors_sequence){.options = &f->options.sentence, .ids = ids, .length = 3};
}

static void begin(fixture *f, ig_choice_sum sum) {
  ig_choice_begin(&f->choice, &f->options, sum);
  for (int r = 0; r < ROWS; r++) {
    const ig_processors_sequence sequence = sequence_of(f, r);
    ig_choice_add(&f->choice, &sequence);
  }
}

// The place of the best score that is not in `taken`.
static int best_of_all(const float *scores, int count, const bool *taken) {
  int best = -1;
  for (int j = 0; j < count; j++)
    if (!taken[j] && (best < 0 || scores[j] > scores[best])) best = j;
  return best;
}

// Does the choice hold what the row's logits (count) give? ids: their tokens; NULL: 0, 1, …
static bool is_found(fixture *f, int row, ig_choice_sum sum, const float *logits, const int *ids,
                     int count) {
  float scores[VOCABULARY];
  bool taken[VOCABULARY] = {false};
  const ig_processors_sequence sequence = sequence_of(f, row);
  memcpy(scores, logits, (size_t)count * sizeof *scores);
  ig_processors_apply(&f->options, &sequence, 0,
                      &(ig_token_scores){.values = scores, .ids = ids, .count = count});
  const ig_choice_found found = ig_choice_of(&f->choice, row);
  const float *summed = sum == IG_CHOICE_SUM_PLAIN ? logits : scores,
              normalizer =
                  sum == IG_CHOICE_SUM_NONE ? 0 : kernels()->log_sum_exp((size_t)count, summed);
  bool same = found.count == BEST && memcmp(&found.normalizer, &normalizer, sizeof normalizer) == 0;
  for (int i = 0; i < found.count; i++) {
    const int best = best_of_all(scores, count, taken);
    same = same && found.best[i].token == (ids ? ids[best] : best) &&
           found.best[i].score == scores[best];
    taken[best] = true;
  }
  return same;
}

static const ig_choice_sum sums[] = {IG_CHOICE_SUM_NONE, IG_CHOICE_SUM_PLAIN,
                                     IG_CHOICE_SUM_PROCESSED};

static void test_blocks_give_what_rows_give(void **state) {
  (void)state;
  static fixture f;
  for (int threads = 1; threads <= 3; threads++) {
    for (int s = 0; s < 3; s++) {
      set_up(&f, threads);
      begin(&f, sums[s]);
      choose_from(&f.choice, ROWS, f.logits);
      for (int r = 0; r < ROWS; r++)
        assert_true(is_found(&f, r, sums[s], f.logits + r * VOCABULARY, NULL, VOCABULARY));
      ig_arena_free(&f.arena);
    }
  }
}

// Each row has a list of its own: every third token, and all of the first ones; some of the banned
// are among them.
static void test_rows_may_have_lists(void **state) {
  (void)state;
  static fixture f;
  static int ids[ROWS][VOCABULARY];
  static float logits[ROWS][VOCABULARY], given[ROWS][VOCABULARY];
  ig_token_scores lists[ROWS];
  for (int s = 0; s < 3; s++) {
    set_up(&f, 2);
    for (int r = 0; r < ROWS; r++) {
      lists[r] = (ig_token_scores){.values = given[r], .ids = ids[r]};
      for (int j = 0; j < VOCABULARY; j++) {
        if (j >= 100 + 300 * r && j % 3 != r % 3) continue;
        given[r][lists[r].count] = f.logits[r * VOCABULARY + j];
        ids[r][lists[r].count++] = j;
      }
    }
    memcpy(logits, given, sizeof given);
    begin(&f, sums[s]);
    ig_choice_take(&f.choice, lists);
    for (int r = 0; r < ROWS; r++)
      assert_true(is_found(&f, r, sums[s], logits[r], ids[r], lists[r].count));
    ig_arena_free(&f.arena);
  }
}

// A product that is not as it should be: reads of the block that begins with column 512.
static void choose_badly(fixture *f, int times) {
  const ig_gemm_reader reader = ig_choice_reader(&f->choice);
  for (int column = 0; column < VOCABULARY; column += IG_LOGITS_BLOCK)
    for (int i = 0; i < (column == IG_LOGITS_BLOCK ? times : 1); i++)
      reader.read(reader.context, &(ig_gemm_block){.rows = ROWS,
                                                   .column = (size_t)column,
                                                   .columns = VOCABULARY - column < IG_LOGITS_BLOCK
                                                                  ? (size_t)(VOCABULARY - column)
                                                                  : IG_LOGITS_BLOCK,
                                                   .c = f->logits + column,
                                                   .c_row = VOCABULARY});
}

static void test_wrong_blocks_are_noticed(void **state) {
  (void)state;
  static fixture f, right;
  for (int times = 0; times <= 2; times++) {
    int rows_found = 0;
    set_up(&f, 1);
    set_up(&right, 1);
    begin(&f, IG_CHOICE_SUM_PLAIN);
    choose_badly(&f, times);
    for (int r = 0; r < ROWS; r++)
      rows_found +=
          is_found(&f, r, IG_CHOICE_SUM_PLAIN, right.logits + r * VOCABULARY, NULL, VOCABULARY);
    if (times == 1)
      assert_int_equal(rows_found, ROWS);
    else
      assert_true(rows_found < ROWS);
    ig_arena_free(&f.arena);
    ig_arena_free(&right.arena);
  }
}

// ---- the best tokens --------------------------------------------------------

static void test_any_order_gives_the_same_list(void **state) {
  (void)state;
  static const float scores[] = {1, NAN, 3, 3, -INFINITY, 2, 3, 0};
  static const int wanted[] = {2, 3, 6, 5, 0, 7, 1};  // a NaN counts as -infinity, and 1 is below 4
  enum { COUNT = sizeof scores / sizeof *scores, PLACES = sizeof wanted / sizeof *wanted };
  for (int step = 1; step < COUNT; step += 2)  // no common factor with COUNT
    for (int places = 1; places <= PLACES; places++) {
      ig_scored_token list[PLACES];
      ig_best_tokens best = {.list = list, .capacity = places};
      for (int i = 0; i < COUNT; i++) {
        const int token = i * step % COUNT;
        float value = scores[token];
        ig_best_tokens_scan(&best, &(ig_token_scores){.values = &value, .first = token, .count = 1},
                            INFINITY);
      }
      assert_int_equal(best.count, places);
      for (int i = 0; i < places; i++) assert_int_equal(list[i].token, wanted[i]);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_blocks_give_what_rows_give),
                                     cmocka_unit_test(test_rows_may_have_lists),
                                     cmocka_unit_test(test_wrong_blocks_are_noticed),
                                     cmocka_unit_test(test_any_order_gives_the_same_list)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
