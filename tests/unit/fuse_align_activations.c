// Alignment by activations: correlations as PyTorch computes them
// (tests/golden/activations/make_goldens.py); a model whose units were put in another order is put
// back, bit for bit, in every family, and also where its weights mislead; soft orders; threads;
// stopping.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "fuse/align/activation_matching.h"
#include "fuse/align/activation_pairs.h"
#include "fuse/align/weight_matching.h"
#include "model_fixture.h"
#include "symmetry_fixture.h"

enum { PAIRS = 12, LONGEST = 10 };

typedef struct aligning {
  ig_model *model, *other;
  ig_symmetries symmetries;
  uint32_t *drawn, *found;
  ig_pool *pool;
  ig_learning_set set;
  ig_learning_data data;
  ig_activation_taps taps;
  ig_activation_matching matching;
} aligning;

static ig_model *load(const char *name) {
  char path[512];
  ig_model *model;
  ig_error err = {0};
  snprintf(path, sizeof path, "%s/tests/golden/%s", getenv("INGOT_SOURCE"), name);
  if (ig_model_load(path, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static uint32_t draw(uint64_t *state) {
  *state = *state * 16807 % 2147483647;
  return (uint32_t)(*state / 7);
}

// Pairs of drawn ids, as make_goldens.py draws them.
static void make_pairs(aligning *a) {
  const uint32_t ids = (uint32_t)a->model->config.vocab_size - 3;
  ig_corpus *c = &a->set.pairs;
  uint64_t state = 5;
  *c = (ig_corpus){.pairs = PAIRS};
  for (int side = 0; side < 2; side++) {
    c->ids[side] = malloc(PAIRS * LONGEST * sizeof *c->ids[side]);
    c->offsets[side] = calloc(PAIRS + 1, sizeof *c->offsets[side]);
  }
  for (size_t p = 0; p < PAIRS; p++)
    for (int side = 0; side < 2; side++) {
      const size_t first = c->offsets[side][p], end = first + 2 + draw(&state) % (LONGEST - 1);
      c->offsets[side][p + 1] = end;
      for (size_t i = first; i < end; i++) c->ids[side][i] = (int32_t)(3 + draw(&state) % ids);
    }
  const ig_batcher_options options = {
      .batch_tokens = 100000, .batch_sequences = 8, .pool_batches = 1, .shuffle = true};
  assert_int_equal(ig_batcher_create(c, &options, &a->set.batcher, NULL), IG_OK);
  assert_int_equal(ig_batcher_epoch(a->set.batcher, 0, &a->set.batches, NULL), IG_OK);
  a->data = (ig_learning_data){.train = &a->set, .train_count = 1};
}

static void begin(aligning *a, const char *name) {
  ig_error err = {0};
  *a = (aligning){.model = load(name), .other = load(name)};
  if (ig_symmetries_list(a->model, "model", &a->symmetries, &err) != IG_OK)
    fail_msg("%s", err.message);
  a->drawn = malloc(a->symmetries.places * sizeof *a->drawn);
  a->found = malloc(a->symmetries.places * sizeof *a->found);
  assert_int_equal(ig_pool_create(2, &a->pool, NULL), IG_OK);
  a->matching = (ig_activation_matching){.symmetries = &a->symmetries,
                                         .taps = &a->taps,
                                         .to = a->model->values,
                                         .from = a->other->values,
                                         .pool = a->pool};
  assert_int_equal(ig_kernels_select(&a->matching.kernels, NULL), IG_OK);
  make_pairs(a);
}

static void end(aligning *a) {
  ig_activation_taps_free(&a->taps);
  ig_batcher_free(a->set.batcher);
  ig_batcher_buffer_free(&a->data.buffer);
  ig_corpus_free(&a->set.pairs);
  ig_pool_free(a->pool);
  ig_symmetries_free(&a->symmetries);
  ig_model_free(a->model);
  ig_model_free(a->other);
  free(a->drawn);
  free(a->found);
}

static void sum(aligning *a, const ig_model *from) {
  ig_error err = {0};
  const ig_activation_pairs pairs = {
      .models = {a->model, from}, .data = &a->data, .name = "model", .pool = a->matching.pool};
  ig_activation_taps_free(&a->taps);
  if (ig_activation_taps_create(&a->symmetries, &a->taps, &err) != IG_OK)
    fail_msg("%s", err.message);
  if (ig_activation_pairs_sum(&pairs, &a->taps, &err) != IG_OK) fail_msg("%s", err.message);
}

static void match(aligning *a) {
  sum(a, a->other);
  assert_int_equal(ig_activation_matching_find(&a->matching, a->found, NULL, NULL), IG_OK);
}

static double correlation(const aligning *a, const uint32_t *orders) {
  double out;
  assert_int_equal(ig_activation_matching_correlation(&a->matching, orders, &out, NULL), IG_OK);
  return out;
}

// What the model's units correlate with themselves: 1, but for those that never change.
static double most_correlation(aligning *a) {
  sum(a, a->model);
  ig_symmetries_identity(&a->symmetries, a->found);
  return correlation(a, a->found);
}

static bool is_inverse(const aligning *a) {
  for (size_t i = 0; i < a->symmetries.count; i++) {
    const ig_permutation *p = &a->symmetries.permutations[i];
    for (size_t k = 0; k < p->count; k++)
      if (a->drawn[p->begin + a->found[p->begin + k]] != k) return false;
  }
  return true;
}

static void put_in_drawn_order(aligning *a) {
  symmetry_draw(&a->symmetries, 3, a->drawn);
  assert_int_equal(ig_symmetries_apply(&a->symmetries, a->drawn, a->other->values, NULL), IG_OK);
}

// ---- the numbers ------------------------------------------------------------

// Each value of the other model is half, once or one and a half times the first one's.
static void change_values(ig_model *m) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    size_t values = 1;
    for (int k = 0; k < p->rank; k++) values *= p->shape[k];
    for (size_t v = 0; p->trained && v < values; v++)
      m->values[p->offset + v] *= (float)(1 + v % 3) / 2;
  }
}

static void correlations_are_pytorchs(void **state) {
  (void)state;
  char path[512], name[64];
  double theirs;
  int models = 0;
  snprintf(path, sizeof path, "%s/tests/golden/activations/correlations.txt",
           getenv("INGOT_SOURCE"));
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  for (; fscanf(file, "%63s %lf", name, &theirs) == 2; models++) {
    aligning a;
    begin(&a, name);
    change_values(a.other);
    sum(&a, a.other);
    ig_symmetries_identity(&a.symmetries, a.found);
    assert_true(fabs(correlation(&a, a.found) - theirs) < 1e-5);
    end(&a);
  }
  assert_int_equal(models, 5);
  fclose(file);
}

// ---- recovery ---------------------------------------------------------------

static void every_family_is_recovered(void **state) {
  (void)state;
  for (size_t i = 0; i < SYMMETRY_MODELS; i++) {
    aligning a;
    begin(&a, symmetry_models[i]);
    const double most = most_correlation(&a);
    assert_true(most > 0.8 && most < 1 + 1e-6);
    put_in_drawn_order(&a);
    match(&a);
    assert_true(is_inverse(&a));
    assert_true(fabs(correlation(&a, a.found) - most) < 1e-5);
    assert_true(correlation(&a, a.drawn) < 0.9 * most);  // a negative control
    assert_int_equal(ig_symmetries_apply(&a.symmetries, a.found, a.other->values, NULL), IG_OK);
    assert_memory_equal(a.other->values, a.model->values,
                        a.model->value_count * sizeof *a.model->values);
    end(&a);
  }
}

// A softmax takes away what keys have in common for all rows, so that their biases may be anything:
// the model computes the same, and its weights mislead.
static void set_key_biases(ig_model *m, const ig_symmetries *s, size_t step) {
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *x = &s->matrices[i];
    const bool keys = x->part == IG_PART_SELF_KEY || x->part == IG_PART_CROSS_KEY;
    for (size_t r = 0; keys && x->is_vector && r < x->rows; r++)
      m->values[x->offset + r] = (float)(r * step % x->rows);
  }
}

static void biases_that_mean_nothing_do_not_mislead(void **state) {
  (void)state;
  static const char *const names[] = {"bart_tiny", "marian_tiny"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    aligning a;
    begin(&a, names[i]);
    set_key_biases(a.model, &a.symmetries, 3);
    set_key_biases(a.other, &a.symmetries, 5);
    put_in_drawn_order(&a);
    match(&a);
    assert_true(is_inverse(&a));
    ig_weight_matching_result result;
    const ig_weight_matching by_weights = {.symmetries = &a.symmetries,
                                           .to = a.model->values,
                                           .from = a.other->values,
                                           .kernels = a.matching.kernels};
    assert_int_equal(ig_weight_matching_find(&by_weights, a.found, &result, NULL), IG_OK);
    assert_false(is_inverse(&a));  // a negative control
    end(&a);
  }
}

// ---- the stream of sinusoids ------------------------------------------------

static void list_with_stream(aligning *a) {
  ig_symmetries_free(&a->symmetries);
  assert_int_equal(ig_symmetries_list_with_stream(a->model, "model", &a->symmetries, NULL), IG_OK);
  assert_true(a->symmetries.moves_sinusoids);
  free(a->drawn);
  free(a->found);
  a->drawn = malloc(a->symmetries.places * sizeof *a->drawn);
  a->found = malloc(a->symmetries.places * sizeof *a->found);
}

static size_t moved_of_stream(const aligning *a) {
  size_t moved[IG_PERMUTATION_KINDS] = {0};
  ig_order_turns_count_moved(&a->symmetries, a->found, moved);
  return moved[IG_PERMUTATION_STREAM];
}

// Runs that began apart: what each column costs keeps them, and without a penalty they move.
static void a_penalty_keeps_columns_of_other_sinusoids(void **state) {
  (void)state;
  aligning a;
  ig_model *apart;
  begin(&a, "marian_tiny");
  list_with_stream(&a);
  const size_t d = (size_t)a.model->config.d_model;
  float *sinusoids = malloc(LONGEST * d * sizeof *sinusoids);
  ig_positions_sinusoids(a.model->config.positions.kind, 0, LONGEST, (int)d, sinusoids);
  assert_int_equal(ig_model_create(&a.model->config, 3, &apart, NULL), IG_OK);
  memcpy(a.other->values, apart->values, apart->value_count * sizeof *apart->values);
  ig_model_free(apart);
  a.matching.sinusoids = sinusoids;
  a.matching.sinusoid_count = LONGEST;
  a.matching.position_penalty = 1e12;
  match(&a);
  assert_int_equal(moved_of_stream(&a), 0);
  a.matching.position_penalty = 0;
  match(&a);
  assert_true(moved_of_stream(&a) > d / 2);  // a negative control
  free(sinusoids);
  end(&a);
}

static void a_stream_in_its_order_stays(void **state) {
  (void)state;
  aligning a;
  begin(&a, "marian_tiny");
  list_with_stream(&a);
  match(&a);
  assert_int_equal(moved_of_stream(&a), 0);
  end(&a);
}

// ---- transport --------------------------------------------------------------

// Soft orders of the other model, and its values in them.
static ig_transport_maps transport(aligning *a, double regularization) {
  const ig_nn nn = {.kernels = a->matching.kernels, .pool = a->matching.pool};
  ig_transport_maps maps = {.symmetries = &a->symmetries, .regularization = regularization};
  assert_int_equal(ig_transport_maps_create(&maps, NULL), IG_OK);
  sum(a, a->other);
  assert_int_equal(ig_activation_matching_find(&a->matching, a->found, &maps, NULL), IG_OK);
  assert_int_equal(ig_transport_maps_apply(&maps, a->found, &nn, a->other->values, NULL), IG_OK);
  return maps;
}

static void without_entropy_a_model_is_recovered(void **state) {
  (void)state;
  for (size_t i = 0; i < SYMMETRY_MODELS; i++) {
    aligning a;
    begin(&a, symmetry_models[i]);
    put_in_drawn_order(&a);
    ig_transport_maps maps = transport(&a, 1e-7);
    assert_true(is_inverse(&a));
    for (size_t k = 0; k < a.model->value_count; k++)
      assert_true(fabsf(a.other->values[k] - a.model->values[k]) < 1e-5f);
    ig_transport_maps_free(&maps);
    end(&a);
  }
}

// The share that unit `from` has at place `at` of a permutation; -1: it stays.
static double share_of(const aligning *a, const ig_transport_maps *maps, int permutation, size_t at,
                       size_t from) {
  if (permutation < 0) return at == from;
  const ig_permutation *p = &a->symmetries.permutations[permutation];
  const size_t size = p->heads ? p->count / p->heads : p->count, head = at / size;
  if (a->found[p->begin + head * size] / size != from / size) return 0;
  return (double)maps->shares[maps->begin[permutation] + at * size + from % size];
}

// W' = T W S^T of every matrix, T of its rows and S of its columns.
static void values_are_means_of_units(void **state) {
  (void)state;
  static const char *const names[] = {"bart_tiny", "t5_tiny", "marian_tiny"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    aligning a;
    begin(&a, names[i]);
    put_in_drawn_order(&a);
    const size_t bytes = a.model->value_count * sizeof(float);
    float *before = malloc(bytes);
    memcpy(before, a.other->values, bytes);
    ig_transport_maps maps = transport(&a, 0.2);
    double moved = 0;
    for (size_t k = 0; k < a.symmetries.matrix_count; k++) {
      const ig_symmetric_matrix *m = &a.symmetries.matrices[k];
      const size_t row = (k * 7) % m->rows, column = (k * 5) % m->columns;
      double expected = 0;
      for (size_t r = 0; r < m->rows; r++)
        for (size_t c = 0; c < m->columns; c++)
          expected += share_of(&a, &maps, m->of_rows, row, r) *
                      share_of(&a, &maps, m->of_columns, column, c) *
                      (double)before[m->offset + r * m->columns + c];
      const double found = (double)a.other->values[m->offset + row * m->columns + column];
      assert_true(fabs(found - expected) < 1e-5);
      moved += fabs(found - (double)before[m->offset + row * m->columns + column]);
    }
    assert_true(moved > 0.1);
    free(before);
    ig_transport_maps_free(&maps);
    end(&a);
  }
}

static void threads_change_no_bit_of_transport(void **state) {
  (void)state;
  aligning a, b;
  begin(&a, "bart_tiny");
  begin(&b, "bart_tiny");
  put_in_drawn_order(&a);
  put_in_drawn_order(&b);
  b.matching.pool = NULL;
  ig_transport_maps threads = transport(&a, 0.1), serial = transport(&b, 0.1);
  assert_memory_equal(a.other->values, b.other->values, a.model->value_count * sizeof(float));
  assert_true(threads.error == serial.error && threads.error < 1e-3);
  ig_transport_maps_free(&threads);
  ig_transport_maps_free(&serial);
  end(&a);
  end(&b);
}

// ---- the rest ---------------------------------------------------------------

static void threads_change_nothing(void **state) {
  (void)state;
  aligning a;
  begin(&a, "bart_tiny");
  ig_model *apart;
  assert_int_equal(ig_model_create(&a.model->config, 3, &apart, NULL), IG_OK);
  memcpy(a.other->values, apart->values, apart->value_count * sizeof *apart->values);
  ig_model_free(apart);
  match(&a);
  float *products = malloc(a.taps.memory.size);
  memcpy(products, a.taps.memory.base, a.taps.memory.size);
  memcpy(a.drawn, a.found, a.symmetries.places * sizeof *a.drawn);
  a.matching.pool = NULL;
  match(&a);
  assert_memory_equal(products, a.taps.memory.base, a.taps.memory.size);
  assert_memory_equal(a.found, a.drawn, a.symmetries.places * sizeof *a.drawn);
  free(products);
  end(&a);
}

static void it_can_be_stopped(void **state) {
  (void)state;
  aligning a;
  begin(&a, "bart_tiny");
  sum(&a, a.other);
  ig_interrupter *stop;
  assert_int_equal(ig_interrupter_create(&stop, NULL), IG_OK);
  ig_interrupt(stop);
  a.matching.interrupter = stop;
  assert_int_equal(ig_activation_matching_find(&a.matching, a.found, NULL, NULL), IG_INTERRUPTED);
  ig_interrupter_free(stop);
  end(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(correlations_are_pytorchs),
      cmocka_unit_test(every_family_is_recovered),
      cmocka_unit_test(biases_that_mean_nothing_do_not_mislead),
      cmocka_unit_test(a_penalty_keeps_columns_of_other_sinusoids),
      cmocka_unit_test(a_stream_in_its_order_stays),
      cmocka_unit_test(without_entropy_a_model_is_recovered),
      cmocka_unit_test(values_are_means_of_units),
      cmocka_unit_test(threads_change_no_bit_of_transport),
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(it_can_be_stopped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
