// What learned fusion is made of: Adam on coefficients, groups of tensors, dividing pairs and
// questions, and the gradient of the coefficients beside differences of the loss.
#define _XOPEN_SOURCE 700
#include "train_fixture.h"

#include "base/file.h"
#include "base/random.h"
#include "data/split.h"
#include "fuse/plan/planner.h"
#include "fuse/recipe/recipe_file.h"
#include "fuse/search/coefficients.h"
#include "fuse/search/learning_data.h"
#include "fuse/search/learning_questions.h"
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

// torch.optim.Adam(lr=0.1, weight_decay=0.5) on the distance from 0.2, which begins as 0.3.
static void decay_leads_back_to_the_start(void **state) {
  (void)state;
  ig_coefficients c;
  ig_error err = {0};
  ok(ig_coefficients_make(1, 2, 0.5, &c, &err), &err);
  const ig_coefficients_step step = {
      .learning_rate = 0.1, .decay = 0.5, .start = 0.2, .bounds = {-INFINITY, INFINITY}};
  c.gradient[0] = 1;
  ok(ig_coefficients_update(&c, &step, &err), &err);
  ok(ig_coefficients_update(&c, &step, &err), &err);
  assert_true(fabs(c.values[0] - 0.30014050460534986) < 1e-12);
  assert_true(fabs(c.values[1] - 0.3029648010893724) < 1e-12);
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

// ---- dividing questions -----------------------------------------------------

// Two questions of three windows each, and one that has no answer.
static void write_questions(void) {
  static const char text[] =
      "{\"data\": [{\"paragraphs\": [{\"context\": \"The Rhone flows south, and it is long. A new "
      "bridge was built by the city. The old tower of Lyon is near the river.\", \"qas\": ["
      "{\"id\": \"a\", \"question\": \"Which river flows south?\", \"answers\": "
      "[{\"text\": \"Rhone\", \"answer_start\": 4}]},"
      "{\"id\": \"b\", \"question\": \"Who built the bridge?\", \"answers\": "
      "[{\"text\": \"the city\", \"answer_start\": 65}]},"
      "{\"id\": \"c\", \"question\": \"Who is it?\", \"answers\": []}]}]}]}";
  assert_int_equal(ig_file_write("squad.json", text, sizeof text - 1, NULL), IG_OK);
}

static void load_questions(double share, ig_corpus *all, ig_corpus *valid) {
  ig_tokenizer *tokenizer;
  ig_error err = {0};
  ok(ig_load_tokenizer("encoder", &tokenizer, &err), &err);
  const ig_learning_questions_args args = {
      .reading = {.tokenizer = tokenizer, .max_length = 24, .stride = 4, .bare = true},
      .path = "squad.json",
      .valid_share = share,
      .seed = 7};
  ok(ig_learning_questions_load(&args, all, valid, &err), &err);
  ig_tokenizer_free(tokenizer);
}

// Ids of the question come first: no window of the one part begins as one of the other does.
static void each_question_is_in_one_part(void **state) {
  (void)state;
  enum { BEGINNING = 4 };
  ig_corpus all = {0}, part[2] = {{0}};
  load_questions(0, &all, NULL);
  load_questions(0.34, &part[0], &part[1]);
  assert_true(all.pairs > 4);
  assert_int_equal(part[0].pairs + part[1].pairs, all.pairs);
  for (size_t i = 0; i < part[0].pairs; i++)
    for (size_t k = 0; k < part[1].pairs; k++)
      assert_true(memcmp(part[0].ids[0] + part[0].offsets[0][i],
                         part[1].ids[0] + part[1].offsets[0][k],
                         BEGINNING * sizeof *part[0].ids[0]) != 0);
  ig_corpus_free(&all);
  ig_corpus_free(&part[0]);
  ig_corpus_free(&part[1]);
}

// ---- the gradient -----------------------------------------------------------

// Writes a model with the tokenizer of `from`, and values that are `moved` away from its own.
static void write_encoder(const char *from, const char *to, uint64_t seed, float moved) {
  static const char *const names[] = {"vocab.txt", "tokenizer_config.json"};
  ig_model *model;
  ig_error err = {0};
  ok(ig_model_load(from, &model, &err), &err);
  for (size_t i = 0; i < model->trained_count; i++)
    model->values[i] += moved * ((float)ig_random_uniform(seed, 1, i) - 0.5f);
  ok(ig_model_save(model, to, "float32", &err), &err);
  ig_model_free(model);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char paths[2][512];
    snprintf(paths[0], sizeof paths[0], "%s/%s", from, names[i]);
    snprintf(paths[1], sizeof paths[1], "%s/%s", to, names[i]);
    assert_int_equal(ig_file_copy(paths[0], paths[1], NULL), IG_OK);
  }
}

static void make_encoders(void) {
  char golden[512];
  assert_non_null(getenv("INGOT_SOURCE"));
  snprintf(golden, sizeof golden, "%s/tests/golden/answers", getenv("INGOT_SOURCE"));
  write_encoder(golden, "encoder", 1, 0);
  write_encoder(golden, "near", 2, 0.2f);
  write_encoder(golden, "far", 3, 0.4f);
}

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

static void open_recipe(learned_case *c, const char *recipe, double start, int threads) {
  ig_error err = {0};
  ok(ig_recipe_file_parse(recipe, strlen(recipe), "recipe.yml", &c->file, &err), &err);
  ok(ig_planner_make(&c->file.recipes[0], NULL, 0, &c->plan, &err), &err);
  assert_int_equal(c->plan.problems.count, 0);
  const ig_learning *learning = c->file.recipes[0].learning;
  const ig_task_model_args args = {
      .plan = &c->plan, .label_smoothing = learning->label_smoothing, .threads = threads};
  ok(ig_task_model_open(&args, &c->task, &err), &err);
  ok(ig_load_tokenizer(c->file.recipes[0].base_model, &c->tokenizer, &err), &err);
  const ig_learning_data_args of_data = {
      .learning = learning, .tokenizer = c->tokenizer, .config = ig_model_config(c->task.model)};
  ok(ig_learning_data_load(&of_data, &c->data, &err), &err);
  ok(ig_learning_data_next(&c->data, &c->data.train[0], &err), &err);
  ok(ig_coefficients_make(2, c->task.groups.coefficients, start, &c->coefficients, &err), &err);
}

typedef void open_case(learned_case *c, const char *granularity, int threads);

static const char *file_of(const char *granularity) {
  return strcmp(granularity, "row") == 0 ? ", coefficients: rows.safetensors" : "";
}

static void open_translator(learned_case *c, const char *granularity, int threads) {
  char recipe[512];
  snprintf(recipe, sizeof recipe,
           "merge_method: learned\nbase_model: base/latest\n"
           "models: [{model: one/latest}, {model: two/latest}]\n"
           "learn: {data: {source: v.src, target: v.trg}, granularity: %s, valid_share: 0,\n"
           "        batch_sentences: 20, label_smoothing: 0.1%s}\n",
           granularity, file_of(granularity));
  open_recipe(c, recipe, 0.4, threads);
}

// An encoder that finds answers, and two others at some distance from it.
static void open_encoder(learned_case *c, const char *granularity, int threads) {
  char recipe[512];
  snprintf(recipe, sizeof recipe,
           "merge_method: learned\nbase_model: encoder\nmodels: [{model: near}, {model: far}]\n"
           "learn: {data: {questions: squad.json}, granularity: %s, valid_share: 0,\n"
           "        max_length: 24, stride: 4%s}\n",
           granularity, file_of(granularity));
  open_recipe(c, recipe, 0.4, threads);
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
  ig_loss_sums sums;
  ig_error err = {0};
  ig_task_model_set(&c->task, &c->coefficients);
  ok(ig_trainer_score_taught(c->task.trainer, &c->data.buffer.batch, &sums, &err), &err);
  return sums.loss / (double)sums.tokens;
}

static void differentiate(learned_case *c) {
  ig_error err = {0};
  ig_task_model_set(&c->task, &c->coefficients);
  ok(ig_trainer_accumulate(c->task.trainer, &c->data.buffer.batch, 0, NULL, &err), &err);
  ig_task_model_differentiate(&c->task, &c->coefficients);
}

// Central differences of the loss, with an error of the order of step^2 and of the loss's own bits.
static void gradient_is_that_of_the_loss(open_case *open, const char *granularity, size_t groups,
                                         bool entropy) {
  const double step = 0.005;
  learned_case c = {0};
  open(&c, granularity, 1);
  ig_trainer_set_entropy(c.task.trainer, entropy);
  if (groups) assert_int_equal(c.task.groups.count, groups);
  differentiate(&c);
  double largest = 0, apart = 0, unmoved = 0;
  for (size_t i = 0; i < 2 * c.task.groups.coefficients; i++) {
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
  gradient_is_that_of_the_loss(open_translator, "tensor", 0, false);
  gradient_is_that_of_the_loss(open_translator, "layer", 3, false);
  gradient_is_that_of_the_loss(open_translator, "part", 4, false);
  gradient_is_that_of_the_loss(open_translator, "model", 1, false);
  gradient_is_that_of_the_loss(open_translator, "tensor", 0, true);
  gradient_is_that_of_the_loss(open_translator, "row", 0, false);
}

static void gradients_of_encoders_are_exact(void **state) {
  (void)state;
  gradient_is_that_of_the_loss(open_encoder, "tensor", 0, false);
  gradient_is_that_of_the_loss(open_encoder, "layer", 4,
                               false);  // embeddings, two layers, the head
  gradient_is_that_of_the_loss(open_encoder, "part", 3, false);
  gradient_is_that_of_the_loss(open_encoder, "model", 1, false);
  gradient_is_that_of_the_loss(open_encoder, "row", 0, false);
}

static void expect_same_bits(open_case *open, const char *granularity) {
  learned_case one = {0}, three = {0};
  open(&one, granularity, 1);
  open(&three, granularity, 3);
  differentiate(&one);
  differentiate(&three);
  assert_memory_equal(one.coefficients.gradient, three.coefficients.gradient,
                      2 * one.task.groups.coefficients * sizeof(double));
  close_case(&one);
  close_case(&three);
}

static void threads_change_no_bit(void **state) {
  (void)state;
  expect_same_bits(open_translator, "tensor");
  expect_same_bits(open_translator, "row");
  expect_same_bits(open_encoder, "tensor");
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
  make_encoders();
  write_questions();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adam_is_torchs),
      cmocka_unit_test(decay_leads_back_to_the_start),
      cmocka_unit_test(values_stay_within_bounds),
      cmocka_unit_test(each_pair_is_in_one_part),
      cmocka_unit_test(each_question_is_in_one_part),
      cmocka_unit_test(gradients_are_exact),
      cmocka_unit_test(gradients_of_encoders_are_exact),
      cmocka_unit_test(threads_change_no_bit),
      cmocka_unit_test(a_trainer_without_optimizer_updates_nothing),
  };
  return cmocka_run_group_tests(tests, set_up_models, tear_down);
}
