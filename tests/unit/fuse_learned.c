// What learned fusion is made of: Adam on coefficients, groups of tensors, dividing pairs, and the
// gradient of the coefficients beside differences of the loss.
#define _XOPEN_SOURCE 700
#include "train_fixture.h"

#include "data/split.h"
#include "fuse/plan/planner.h"
#include "fuse/recipe/recipe_file.h"
#include "fuse/search/coefficients.h"
#include "fuse/search/learning_data.h"
#include "fuse/search/task_model.h"
#include "model/files/load.h"
#include "train/trainer.h"

// ---- coefficients -----------------------------------------------------------

// torch.optim.Adam(lr=0.1) on gradients (1, -2), (0.5, 0): values after each step.
static void adam_is_torchs(void **state) {
  (void)state;
  ig_coefficients c;
  ig_error err = {0};
  ok(ig_coefficients_make(1, 2, 0.5, &c, &err), &err);
  const ig_coefficients_step step = {.learning_rate = 0.1, .bounds = {-INFINITY, INFINITY}};
  c.gradient[0] = 1;
  c.gradient[1] = -2;
  ok(ig_coefficients_update(&c, &step, &err), &err);
  assert_true(fabs(c.values[0] - 0.400000001) < 1e-12);
  assert_true(fabs(c.values[1] - 0.5999999995) < 1e-12);
  c.gradient[0] = 0.5;
  c.gradient[1] = 0;
  ok(ig_coefficients_update(&c, &step, &err), &err);
  assert_true(fabs(c.values[0] - 0.30678203829816086) < 1e-12);
  assert_true(fabs(c.values[1] - 0.6670058244397327) < 1e-12);
  ig_coefficients_free(&c);
}

static void values_stay_within_bounds(void **state) {
  (void)state;
  ig_coefficients c;
  ig_error err = {0};
  ok(ig_coefficients_make(2, 1, 0.5, &c, &err), &err);
  const ig_coefficients_step step = {.learning_rate = 2, .bounds = {0, 1}};
  c.gradient[0] = 1;
  c.gradient[1] = -1;
  ok(ig_coefficients_update(&c, &step, &err), &err);
  assert_true(c.values[0] == 0 && c.values[1] == 1);
  c.gradient[1] = NAN;
  assert_int_equal(ig_coefficients_update(&c, &step, &err), IG_ERROR_DIVERGED);
  assert_true(c.updates == 1 && c.values[1] == 1);
  ig_coefficients_free(&c);
}

// ---- dividing pairs ---------------------------------------------------------

enum { PAIRS = 10 };

static ig_corpus count_up(void) {
  static int32_t ids[2][2 * PAIRS];
  static size_t offsets[2][PAIRS + 1];
  ig_corpus corpus = {.pairs = PAIRS};
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < 2 * PAIRS; i++) ids[side][i] = 100 * side + i / 2;
    for (size_t p = 0; p <= PAIRS; p++) offsets[side][p] = 2 * p;
    corpus.ids[side] = ids[side];
    corpus.offsets[side] = offsets[side];
  }
  return corpus;
}

static void each_pair_is_in_one_part(void **state) {
  (void)state;
  const ig_corpus all = count_up();
  ig_corpus part[2];
  ig_error err = {0};
  ok(ig_split_corpus(&all, 0.3, 7, &part[0], &part[1], &err), &err);
  assert_int_equal(part[0].pairs, 3);
  assert_int_equal(part[1].pairs, 7);
  int seen[PAIRS] = {0};
  for (int k = 0; k < 2; k++)
    for (size_t p = 0; p < part[k].pairs; p++) {
      const int32_t source = part[k].ids[0][part[k].offsets[0][p]];
      assert_int_equal(part[k].ids[1][part[k].offsets[1][p] + 1], source + 100);
      assert_int_equal(ig_corpus_length(&part[k], IG_SIDE_TARGET, p), 2);
      seen[source]++;
    }
  for (int i = 0; i < PAIRS; i++) assert_int_equal(seen[i], 1);
  ig_corpus_free(&part[0]);
  ig_corpus_free(&part[1]);
  // Neither part is ever empty.
  ok(ig_split_corpus(&all, 0.01, 7, &part[0], &part[1], &err), &err);
  assert_int_equal(part[0].pairs, 1);
  ig_corpus_free(&part[0]);
  ig_corpus_free(&part[1]);
  const ig_corpus one = {.pairs = 1};
  assert_int_equal(ig_split_corpus(&one, 0.5, 7, &part[0], &part[1], &err), IG_ERROR_ARGUMENT);
}

// ---- the gradient -----------------------------------------------------------

typedef struct learned_case {
  ig_recipe_file file;
  ig_fusion_plan plan;
  ig_task_model task;
  ig_tokenizer *tokenizer;
  ig_learning_data data;
  ig_coefficients coefficients;
} learned_case;

// Three models that began apart: a base and two to weigh.
static void make_models(void) {
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=base", "train.updates=3", "train.seed=1"), &err);
  ok(TRAIN(1, false, &err, "train.output=one", "train.updates=3", "train.seed=2"), &err);
  ok(TRAIN(1, false, &err, "train.output=two", "train.updates=3", "train.seed=3"), &err);
}

static void open_case(learned_case *c, const char *granularity, int threads) {
  char recipe[512];
  ig_error err = {0};
  snprintf(recipe, sizeof recipe,
           "merge_method: learned\nbase_model: base/latest\n"
           "models: [{model: one/latest}, {model: two/latest}]\n"
           "learn: {data: {source: v.src, target: v.trg}, granularity: %s, valid_share: 0,\n"
           "        batch_sentences: 20, label_smoothing: 0.1}\n",
           granularity);
  ok(ig_recipe_file_parse(recipe, strlen(recipe), "recipe.yml", &c->file, &err), &err);
  ok(ig_planner_make(&c->file.recipes[0], NULL, 0, &c->plan, &err), &err);
  assert_int_equal(c->plan.problems.count, 0);
  const ig_task_model_args args = {.plan = &c->plan, .label_smoothing = 0.1, .threads = threads};
  ok(ig_task_model_open(&args, &c->task, &err), &err);
  ok(ig_load_tokenizer("base/latest", &c->tokenizer, &err), &err);
  const ig_config *config = ig_model_config(c->task.model);
  const ig_learning_data_args of_data = {.learning = c->file.recipes[0].learning,
                                         .tokenizer = c->tokenizer,
                                         .positions = config->positions.count,
                                         .decoder_start_id = config->decoder_start_id};
  ok(ig_learning_data_load(&of_data, &c->data, &err), &err);
  ok(ig_learning_data_next(&c->data, &c->data.train[0], &err), &err);
  ok(ig_coefficients_make(2, c->task.groups.count, 0.4, &c->coefficients, &err), &err);
}

static void close_case(learned_case *c) {
  ig_coefficients_free(&c->coefficients);
  ig_learning_data_free(&c->data);
  ig_tokenizer_free(c->tokenizer);
  ig_task_model_close(&c->task);
  ig_fusion_plan_free(&c->plan);
  ig_recipe_file_free(&c->file);
}

static double loss_of(learned_case *c) {
  ig_loss loss;
  ig_error err = {0};
  ig_task_model_set(&c->task, &c->coefficients);
  ok(ig_trainer_forward(c->task.trainer, &c->data.buffer.batch, NULL, &loss, &err), &err);
  return loss.loss;
}

static void differentiate(learned_case *c) {
  ig_error err = {0};
  ig_task_model_set(&c->task, &c->coefficients);
  ok(ig_trainer_accumulate(c->task.trainer, &c->data.buffer.batch, 0, NULL, &err), &err);
  ig_task_model_differentiate(&c->task, &c->coefficients);
}

// Central differences of the loss, with an error of the order of step^2 and of the loss's own bits.
static void gradient_is_that_of_the_loss(const char *granularity, size_t groups) {
  const double step = 0.005;
  learned_case c = {0};
  open_case(&c, granularity, 1);
  if (groups) assert_int_equal(c.task.groups.count, groups);
  differentiate(&c);
  double largest = 0, apart = 0, unmoved = 0;
  for (size_t i = 0; i < 2 * c.task.groups.count; i++) {
    const double value = c.coefficients.values[i], found = c.coefficients.gradient[i];
    c.coefficients.values[i] = value + step;
    const double above = loss_of(&c);
    c.coefficients.values[i] = value - step;
    const double expected = (above - loss_of(&c)) / (2 * step);
    c.coefficients.values[i] = value;
    largest = fmax(largest, fabs(expected));
    apart = fmax(apart, fabs(expected - found));
    unmoved = fmax(unmoved, fabs(expected - 1.05 * found));
  }
  assert_true(apart < 0.005 * largest);
  assert_true(unmoved > 0.005 * largest);  // a gradient that is 5% too large would be noticed
  close_case(&c);
}

static void gradients_are_exact(void **state) {
  (void)state;
  gradient_is_that_of_the_loss("tensor", 0);
  gradient_is_that_of_the_loss("layer", 3);
  gradient_is_that_of_the_loss("part", 4);
  gradient_is_that_of_the_loss("model", 1);
}

static void threads_change_no_bit(void **state) {
  (void)state;
  learned_case one = {0}, three = {0};
  open_case(&one, "tensor", 1);
  open_case(&three, "tensor", 3);
  differentiate(&one);
  differentiate(&three);
  assert_memory_equal(one.coefficients.gradient, three.coefficients.gradient,
                      2 * one.task.groups.count * sizeof(double));
  close_case(&one);
  close_case(&three);
}

static void a_trainer_without_optimizer_updates_nothing(void **state) {
  (void)state;
  ig_model *model;
  ig_trainer *trainer;
  ig_error err = {0};
  ok(ig_model_load("base/latest", &model, &err), &err);
  ig_trainer_options options = ig_trainer_options_default();
  options.optimizer.kind = IG_OPTIMIZER_NONE;
  ok(ig_trainer_create(model, &options, &trainer, &err), &err);
  float *m, *v;
  ig_trainer_moments(trainer, &m, &v);
  assert_null(m);
  assert_int_equal(ig_trainer_update(trainer, 0.1f, NULL, &err), IG_ERROR_ARGUMENT);
  ig_trainer_free(trainer);
  ig_model_free(model);
}

static int set_up_models(void **state) {
  if (set_up(state)) return -1;
  make_models();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adam_is_torchs),
      cmocka_unit_test(values_stay_within_bounds),
      cmocka_unit_test(each_pair_is_in_one_part),
      cmocka_unit_test(gradients_are_exact),
      cmocka_unit_test(threads_change_no_bit),
      cmocka_unit_test(a_trainer_without_optimizer_updates_nothing),
  };
  return cmocka_run_group_tests(tests, set_up_models, tear_down);
}
