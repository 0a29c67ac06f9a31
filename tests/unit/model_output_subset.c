// Columns of the output layer while sentences come and go: every token of a sentence that is there
// has a column with its own weights and bias, nobody's column is taken away, and columns that are
// left are used again before the layer grows.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "counted_allocations.h"
#include "model_fixture.h"
#include "model/files/load.h"
#include "model/model.h"
#include "model/run/memory_plan.h"
#include "model/run/output_subset.h"
#include "model/run/pack.h"
#include "nn/gemm.h"

enum { VOCABULARY = 400, SENTENCES = 6, TOKENS = 40, PAGES = 2 * 4096 };

typedef struct sentence {
  bool there;
  int count, ids[TOKENS], columns[TOKENS];
} sentence;

static ig_model *make_model(void) {
  const ig_config config = small_config(VOCABULARY, VOCABULARY - 1);
  ig_model *model;
  ig_error err;
  if (ig_model_create(&config, 3, &model, &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_pack_model(model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

// Ascending ids, each with the probability count / VOCABULARY or so.
static int draw_ids(int *ids, uint32_t *state) {
  int count = 0;
  for (int id = 0; id < VOCABULARY && count < TOKENS; id++) {
    *state = *state * 1664525u + 1013904223u;
    if (*state >> 24 < 20) ids[count++] = id;
  }
  return count;
}

static const ig_kernels *kernels;

static int select_kernels(void **state) {
  (void)state;
  return ig_kernels_select(&kernels, NULL) == IG_OK ? 0 : -1;
}

static void check_column(const ig_model *model, const ig_output_subset *subset, int id,
                         int column) {
  const ig_linear *layer = ig_output_subset_layer(subset);
  float own[64], whole[64];
  assert_true(column >= 0 && column < layer->out);
  ig_gemm_unpack_column(kernels, layer->packed, (size_t)layer->in, (size_t)column, own);
  ig_gemm_unpack_column(kernels, model->output.packed, (size_t)layer->in, (size_t)id, whole);
  assert_memory_equal(own, whole, (size_t)layer->in * sizeof(float));
  if (layer->bias) assert_true(layer->bias[column] == model->output.bias[id]);
}

static void come_and_go(void **state) {
  (void)state;
  ig_model *model = make_model();
  ig_output_subset *subset;
  ig_error err;
  sentence sentences[SENTENCES] = {{0}};
  uint32_t random = 5;
  int refused = 0, most = 0;
  assert_int_equal(ig_output_subset_create(model, &subset, &err), IG_OK);
  for (int turn = 0; turn < 2000; turn++) {
    sentence *s = &sentences[turn * 7 % SENTENCES];
    if (s->there) ig_output_subset_leave(subset, s->columns, s->count);
    s->count = draw_ids(s->ids, &random);
    s->there = turn % 5 != 0 && ig_output_subset_join(subset, s->ids, s->count, s->columns);
    refused += turn % 5 != 0 && !s->there;
    for (int i = 0; i < SENTENCES; i++)
      for (int t = 0; sentences[i].there && t < sentences[i].count; t++)
        check_column(model, subset, sentences[i].ids[t], sentences[i].columns[t]);
    if (ig_output_subset_layer(subset)->out > most) most = ig_output_subset_layer(subset)->out;
  }
  // Six sentences of some thirty tokens each do not fill half of the vocabulary often.
  assert_true(most <= VOCABULARY / 2);
  assert_true(refused < 1000);
  ig_output_subset_leave_all(subset);
  assert_int_equal(ig_output_subset_layer(subset)->out, 0);
  ig_output_subset_free(subset);
  ig_model_free(model);
}

// More than half of the layer is refused, and nothing has changed then.
static void refuses_too_many(void **state) {
  (void)state;
  ig_model *model = make_model();
  ig_output_subset *subset;
  ig_error err;
  int ids[VOCABULARY], columns[VOCABULARY], others[VOCABULARY];
  for (int i = 0; i < VOCABULARY; i++) ids[i] = i;
  assert_int_equal(ig_output_subset_create(model, &subset, &err), IG_OK);
  assert_false(ig_output_subset_join(subset, ids, VOCABULARY / 2 + 1, columns));
  assert_int_equal(ig_output_subset_layer(subset)->out, 0);
  assert_true(ig_output_subset_join(subset, ids + 10, 100, columns));
  assert_false(ig_output_subset_join(subset, ids, VOCABULARY / 2 + 1, others));
  for (int i = 0; i < 100; i++) check_column(model, subset, ids[10 + i], columns[i]);
  // All of its tokens are there already.
  assert_true(ig_output_subset_join(subset, ids + 20, 50, others));
  assert_int_equal(ig_output_subset_layer(subset)->out, 100);
  ig_output_subset_leave(subset, columns, 100);
  for (int i = 0; i < 50; i++) check_column(model, subset, ids[20 + i], others[i]);
  assert_true(ig_output_subset_join(subset, ids + 200, 50, columns));
  assert_int_equal(ig_output_subset_layer(subset)->out, 100);
  ig_output_subset_free(subset);
  ig_model_free(model);
}

// What the plan of a model says, which is packed or not, is what is mapped, to the page.
static void check_plan(const ig_model *model, size_t planned) {
  ig_output_subset *subset;
  mapped_bytes = 0;
  assert_int_equal(ig_output_subset_create(model, &subset, NULL), IG_OK);
  assert_in_range(mapped_bytes, planned, planned + PAGES);
  ig_output_subset_free(subset);
}

// The same model, whose weights are int8.
static ig_model *load_int8(const ig_model *model) {
  static const char *const names[] = {"config.json", "generation_config.json", "model.safetensors"};
  char directory[] = "/tmp/ingot-subset-XXXXXX", path[100];
  ig_model *loaded;
  ig_error err;
  assert_non_null(mkdtemp(directory));
  if (ig_model_save(model, directory, "float32", &err) != IG_OK ||
      ig_load_packed(directory, IG_WEIGHT_TYPE_INT8, NULL, &loaded, &err) != IG_OK)
    fail_msg("%s", err.message);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", directory, names[i]);
    unlink(path);
  }
  assert_int_equal(rmdir(directory), 0);
  return loaded;
}

static void the_plan_is_kept(void **state) {
  (void)state;
  if (sizeof(void *) < 8) skip();
  ig_memory_plan_sizes sizes = {.tokens = 8, .length = 4, .beam_size = 1, .threads = 1};
  ig_memory_plan floats, integers;
  ig_model *model = make_model(), *int8 = load_int8(model);
  assert_int_equal(ig_memory_plan_of(&model->config, &sizes, &floats, NULL), IG_OK);
  check_plan(model, floats.running.columns);
  sizes.type = IG_WEIGHT_TYPE_INT8;
  assert_int_equal(ig_memory_plan_of(&model->config, &sizes, &integers, NULL), IG_OK);
  check_plan(int8, integers.running.columns);
  // The negative control: the plan of another type would be missed by more than pages.
  assert_true(floats.running.columns > integers.running.columns + PAGES);
  assert_true(floats.running.weights > integers.running.weights);
  ig_model_free(int8);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(come_and_go),
      cmocka_unit_test(refuses_too_many),
      cmocka_unit_test(the_plan_is_kept),
  };
  return cmocka_run_group_tests(tests, select_kernels, NULL);
}
