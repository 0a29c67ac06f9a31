// Alignment by weights: a model whose units were put in another order is put back, bit for bit; of
// the best orders none is better by trying all; what the streams are joined by; threads, seeds.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "fuse/align/weight_matching.h"
#include "fuse/align/weight_gains.h"
#include "model_fixture.h"
#include "symmetry_fixture.h"

typedef struct aligning {
  ig_model *model;
  ig_symmetries symmetries;
  float *other;  // (values): the other model
  uint32_t *drawn, *found;
  ig_weight_matching matching;
  ig_weight_matching_result result;
  ig_pool *pool;
} aligning;

static void begin(aligning *a, ig_model *model) {
  ig_error err = {0};
  *a = (aligning){.model = model};
  if (ig_symmetries_list(model, "model", &a->symmetries, &err) != IG_OK)
    fail_msg("%s", err.message);
  a->other = malloc(model->value_count * sizeof *a->other);
  memcpy(a->other, model->values, model->value_count * sizeof *a->other);
  a->drawn = malloc(a->symmetries.places * sizeof *a->drawn);
  a->found = malloc(a->symmetries.places * sizeof *a->found);
  a->matching = (ig_weight_matching){
      .symmetries = &a->symmetries, .to = model->values, .from = a->other, .seed = 5};
  assert_int_equal(ig_kernels_select(&a->matching.kernels, NULL), IG_OK);
  assert_int_equal(ig_pool_create(2, &a->pool, NULL), IG_OK);
  a->matching.pool = a->pool;
}

static void end(aligning *a) {
  ig_pool_free(a->pool);
  ig_symmetries_free(&a->symmetries);
  ig_model_free(a->model);
  free(a->other);
  free(a->drawn);
  free(a->found);
}

static void match(aligning *a) {
  assert_int_equal(ig_weight_matching_find(&a->matching, a->found, &a->result, NULL), IG_OK);
}

static bool is_original(const aligning *a) {
  return memcmp(a->other, a->model->values, a->model->value_count * sizeof *a->other) == 0;
}

// Both orders, one after the other, move nothing.
static void expect_inverse(const aligning *a) {
  for (size_t i = 0; i < a->symmetries.count; i++) {
    const ig_permutation *p = &a->symmetries.permutations[i];
    for (size_t k = 0; k < p->count; k++)
      assert_int_equal(a->drawn[p->begin + a->found[p->begin + k]], k);
  }
}

static void expect_recovered(ig_model *model) {
  aligning a;
  begin(&a, model);
  symmetry_draw(&a.symmetries, 3, a.drawn);
  assert_int_equal(ig_symmetries_apply(&a.symmetries, a.drawn, a.other, NULL), IG_OK);
  assert_false(is_original(&a));
  match(&a);
  expect_inverse(&a);
  assert_true(a.result.similarity_before < 0.9 && a.result.similarity_after > 1 - 1e-12);
  assert_int_equal(ig_symmetries_apply(&a.symmetries, a.found, a.other, NULL), IG_OK);
  assert_true(is_original(&a));
  end(&a);
}

static ig_model *load(const char *name) {
  char path[512];
  ig_model *model;
  ig_error err = {0};
  snprintf(path, sizeof path, "%s/tests/golden/%s", getenv("INGOT_SOURCE"), name);
  if (ig_model_load(path, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static ig_model *create(const ig_config *config, uint64_t seed) {
  ig_model *model;
  ig_error err = {0};
  if (ig_model_create(config, seed, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static ig_config small_torch(void) {
  return torch_config((ig_torch_options){31, 24, 3, 2, 2, 40, 0, false, NULL});
}

static void every_family_is_recovered(void **state) {
  (void)state;
  for (size_t i = 0; i < SYMMETRY_MODELS; i++) expect_recovered(load(symmetry_models[i]));
}

static void separate_and_joined_projections_are_recovered(void **state) {
  (void)state;
  ig_config config = small_torch();
  expect_recovered(create(&config, 7));
  config = small_config(40, 39);
  expect_recovered(create(&config, 7));
  config.family = ig_family_find("marian_ssru");
  config.decoder.recurrent = true;
  expect_recovered(create(&config, 7));
}

// A negative control: orders that are not the model's own symmetries give another model.
static void half_a_permutation_is_seen(void **state) {
  (void)state;
  aligning a;
  begin(&a, load("bart_tiny"));
  symmetry_draw(&a.symmetries, 3, a.drawn);
  const size_t all = a.symmetries.matrix_count;
  a.symmetries.matrix_count = all / 2;
  assert_int_equal(ig_symmetries_apply(&a.symmetries, a.drawn, a.other, NULL), IG_OK);
  a.symmetries.matrix_count = all;
  match(&a);
  assert_true(a.result.similarity_after < 0.99);
  end(&a);
}

// ---- two models that began apart --------------------------------------------

static void begin_apart(aligning *a) {
  const ig_config config = small_torch();
  ig_model *other = create(&config, 8);
  begin(a, create(&config, 7));
  memcpy(a->other, other->values, other->value_count * sizeof *a->other);
  ig_model_free(other);
}

// Without a stream no permutation depends on another, so that each is the best of all: no exchange
// of two units, of two heads or of two columns of one gains anything.
static void no_exchange_gains(void **state) {
  (void)state;
  aligning a;
  begin_apart(&a);
  match(&a);
  assert_true(a.result.similarity_after > a.result.similarity_before + 0.05);
  const ig_weight_gains gains = {
      .symmetries = &a.symmetries, .to = a.model->values, .from = a.other};
  const double best = ig_weight_gains_similarity(&gains, a.found);
  assert_true(best == a.result.similarity_after);
  for (size_t i = 0; i < a.symmetries.count; i++) {
    const ig_permutation *p = &a.symmetries.permutations[i];
    const size_t size = p->heads ? p->count / p->heads : p->count;
    for (size_t k = 1; k < p->count; k++) {
      uint32_t *order = a.found + p->begin;
      const uint32_t x = order[k], y = order[k - 1];
      if (k % size == 0) continue;
      order[k] = y;
      order[k - 1] = x;
      assert_true(ig_weight_gains_similarity(&gains, a.found) <= best + 1e-9);
      order[k] = x;
      order[k - 1] = y;
    }
  }
  end(&a);
}

static void threads_change_nothing(void **state) {
  (void)state;
  aligning a;
  begin_apart(&a);
  match(&a);
  memcpy(a.drawn, a.found, a.symmetries.places * sizeof *a.drawn);
  const double similarity = a.result.similarity_after;
  a.matching.pool = NULL;
  match(&a);
  assert_memory_equal(a.found, a.drawn, a.symmetries.places * sizeof *a.drawn);
  assert_true(a.result.similarity_after == similarity);
  end(&a);
}

// With a stream the order of turns counts: further tries can only be better.
static void the_best_try_is_kept(void **state) {
  (void)state;
  aligning a;
  begin(&a, load("bart_tiny"));
  ig_model *other = create(&a.model->config, 3);
  memcpy(a.other, other->values, other->value_count * sizeof *a.other);
  ig_model_free(other);
  match(&a);
  const double first = a.result.similarity_after;
  assert_true(first > a.result.similarity_before);
  a.matching.restarts = 6;
  match(&a);
  assert_true(a.result.similarity_after >= first);
  assert_true(a.result.best_try == 0 || a.result.similarity_after > first);
  const ig_weight_gains gains = {
      .symmetries = &a.symmetries, .to = a.model->values, .from = a.other};
  assert_true(ig_weight_gains_similarity(&gains, a.found) == a.result.similarity_after);
  end(&a);
}

static void it_can_be_stopped(void **state) {
  (void)state;
  aligning a;
  begin_apart(&a);
  ig_interrupter *stop;
  assert_int_equal(ig_interrupter_create(&stop, NULL), IG_OK);
  ig_interrupt(stop);
  a.matching.interrupter = stop;
  assert_int_equal(ig_weight_matching_find(&a.matching, a.found, &a.result, NULL), IG_INTERRUPTED);
  ig_interrupter_free(stop);
  end(&a);
}

// ---- the table --------------------------------------------------------------

static size_t count_of(const ig_symmetries *s, ig_permutation_kind kind) {
  size_t count = 0;
  for (size_t i = 0; i < s->count; i++) count += s->permutations[i].kind == kind;
  return count;
}

typedef struct expected_table {
  const char *model;
  size_t streams, units, query_keys, heads, turns;
} expected_table;

static void streams_and_heads_are_joined_where_tensors_are(void **state) {
  (void)state;
  static const expected_table tables[] = {
      {"bart_tiny", 1, 4, 6, 0, 11},  // 2 + 2 layers: 4 feed-forwards, 6 attentions
      {"marian_tiny", 0, 4, 6, 0, 10},
      {"t5_tiny", 1, 5, 7, 2, 5 + 4 + 1},  // self-attentions of a stack have one order of heads
      {"umt5_tiny", 1, 5, 7, 5, 5 + 7 + 1},
      {"mt5_tiny", 1, 5, 7, 2, 5 + 4 + 1},  // a head that is not tied reads the same stream
  };
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    const expected_table *t = &tables[i];
    ig_model *model = load(t->model);
    ig_symmetries s;
    assert_int_equal(ig_symmetries_list(model, "model", &s, NULL), IG_OK);
    assert_int_equal(count_of(&s, IG_PERMUTATION_STREAM), t->streams);
    assert_int_equal(s.stream_stays == NULL, t->streams > 0);
    assert_int_equal(count_of(&s, IG_PERMUTATION_UNITS), t->units);
    assert_int_equal(count_of(&s, IG_PERMUTATION_QUERY_KEY), t->query_keys);
    assert_int_equal(count_of(&s, IG_PERMUTATION_VALUE), t->query_keys);
    assert_int_equal(count_of(&s, IG_PERMUTATION_HEADS), t->heads);
    assert_int_equal(s.turns, t->turns);
    ig_symmetries_free(&s);
    ig_model_free(model);
  }
}

static void stacks_without_a_common_embedding_have_their_own_streams(void **state) {
  (void)state;
  ig_config config = small_config(40, 39);
  config.positions.kind = IG_POSITION_NONE;
  config.shared_embedding = false;
  ig_model *model = create(&config, 2);
  ig_symmetries s;
  assert_int_equal(ig_symmetries_list(model, "model", &s, NULL), IG_OK);
  assert_int_equal(count_of(&s, IG_PERMUTATION_STREAM), 2);
  ig_symmetries_free(&s);
  expect_recovered(model);
}

static void encoders_alone_are_refused(void **state) {
  (void)state;
  ig_model *model = load("encoders/bert_none");
  ig_symmetries s;
  ig_error err = {0};
  assert_int_equal(ig_symmetries_list(model, "model", &s, &err), IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "model: "));
  ig_symmetries_free(&s);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_family_is_recovered),
      cmocka_unit_test(separate_and_joined_projections_are_recovered),
      cmocka_unit_test(half_a_permutation_is_seen),
      cmocka_unit_test(no_exchange_gains),
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(the_best_try_is_kept),
      cmocka_unit_test(it_can_be_stopped),
      cmocka_unit_test(streams_and_heads_are_joined_where_tensors_are),
      cmocka_unit_test(stacks_without_a_common_embedding_have_their_own_streams),
      cmocka_unit_test(encoders_alone_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
