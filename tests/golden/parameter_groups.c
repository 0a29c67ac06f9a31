// Updates with parts frozen, without decay and with rates by depth, against torch.optim's parameter
// groups (tests/golden/parameter_groups/make_goldens.py); that frozen values keep their bits and
// change no gradient above them; that a wrong group is noticed.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingot.h"
#include "io/json.h"
#include "io/safetensors.h"

enum { UPDATES = 3, SEQUENCES = 8, TOKENS = 128, VALUES = 16, NAMES = 8 };

// Relative to the largest of a tensor's values that are compared, or to 0.1, where they are new
// biases that began at 0.
#define TOLERANCE 5e-6

// One case of cases.json, run.
typedef struct group_case {
  const char *name;
  const json_t *json;
  const char *names[2][NAMES];
  int ids[3][TOKENS];  // source, input, output of the decoder, or spans in the last
  int offsets[2][SEQUENCES + 1];
  ig_batch batch;
  ig_trainer_options options;
  ig_model *model;
  double norms[UPDATES];
} group_case;

static void path_of(const char *name, char path[512]) {
  const char *root = getenv("INGOT_SOURCE");
  snprintf(path, 512, "%s/tests/golden/%s", root ? root : ".", name);
}

static const json_t *member(const group_case *c, const char *key) {
  return json_object_get(c->json, key);
}

static const char *const *read_names(group_case *c, int list, const char *key, size_t *count) {
  *count = json_array_size(member(c, key));
  assert_true(*count <= NAMES);
  for (size_t i = 0; i < *count; i++)
    c->names[list][i] = json_string_value(json_array_get(member(c, key), i));
  return c->names[list];
}

static void read_options(group_case *c) {
  ig_trainer_options *o = &c->options;
  *o = ig_trainer_options_default();
  const char *kind = json_string_value(member(c, "optimizer"));
  o->optimizer.kind = strcmp(kind, "adamw") == 0 ? IG_OPTIMIZER_ADAMW : IG_OPTIMIZER_ADAM;
  o->optimizer.eps = 1e-3f;
  o->optimizer.weight_decay = (float)json_number_value(member(c, "weight_decay"));
  o->optimizer.clip_norm = (float)json_number_value(member(c, "clip_norm"));
  o->groups.freeze = read_names(c, 0, "freeze", &o->groups.freeze_count);
  o->groups.no_decay = read_names(c, 1, "no_decay", &o->groups.no_decay_count);
  o->groups.layer_decay = json_number_value(member(c, "layer_decay"));
  o->threads = 2;
}

// Rows back to back into ids, their bounds into offsets.
static void read_rows(const json_t *rows, int *ids, int *offsets) {
  assert_true(json_array_size(rows) <= SEQUENCES);
  offsets[0] = 0;
  for (size_t s = 0; s < json_array_size(rows); s++) {
    const json_t *row = json_array_get(rows, s);
    const int begin = offsets[s], length = (int)json_array_size(row);
    assert_true(begin + length <= TOKENS);
    for (int i = 0; i < length; i++)
      ids[begin + i] = (int)json_integer_value(json_array_get(row, (size_t)i));
    offsets[s + 1] = begin + length;
  }
}

static void read_batch(group_case *c) {
  const json_t *spans = member(c, "spans");
  read_rows(member(c, "source"), c->ids[0], c->offsets[0]);
  read_rows(spans ? spans : member(c, "target"), c->ids[2], c->offsets[1]);
  const int sequences = (int)json_array_size(member(c, "source"));
  for (int s = 0; s < sequences; s++)
    for (int r = c->offsets[1][s]; r < c->offsets[1][s + 1]; r++)
      c->ids[1][r] =
          r == c->offsets[1][s] ? (int)json_integer_value(member(c, "start")) : c->ids[2][r - 1];
  c->batch = (ig_batch){.sequences = sequences,
                        .source = c->ids[0],
                        .source_offsets = c->offsets[0],
                        .target_input = spans ? c->ids[2] : c->ids[1],
                        .target_output = c->ids[2],
                        .target_offsets = c->offsets[1]};
}

static ig_model *load(const group_case *c) {
  ig_error err;
  ig_model *model;
  char path[512];
  path_of(json_string_value(member(c, "model")), path);
  if (ig_model_load(path, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static ig_trainer *train_on(const group_case *c, ig_model *model) {
  ig_error err;
  ig_trainer *trainer;
  if (ig_trainer_create(model, &c->options, &trainer, &err) != IG_OK)
    fail_msg("%s: %s", c->name, err.message);
  return trainer;
}

static void accumulate(const group_case *c, ig_trainer *trainer) {
  ig_error err;
  if (ig_trainer_accumulate(trainer, &c->batch, 0, NULL, &err) != IG_OK)
    fail_msg("%s: %s", c->name, err.message);
}

// Reads the case and does its updates.
static void run_case(group_case *c) {
  read_options(c);
  read_batch(c);
  c->model = load(c);
  ig_trainer *trainer = train_on(c, c->model);
  for (int u = 0; u < UPDATES; u++) {
    accumulate(c, trainer);
    assert_int_equal(ig_trainer_update(trainer, 0.01f, &c->norms[u], NULL), IG_OK);
  }
  ig_trainer_free(trainer);
}

// ---- the golden --------------------------------------------------------------

// The largest difference of evenly spaced values from those of the file, over the largest one.
static double difference(const float *expected, const float *found, size_t count, size_t values) {
  double most = 0, largest = 0.1;
  for (size_t i = 0; i < values; i++) {
    const double d = fabs((double)expected[i] - (double)found[i * count / values]);
    if (!(d <= most)) most = d;
    largest = fmax(largest, fabs((double)expected[i]));
  }
  return most / largest;
}

static size_t count_of(const ig_tensor_view *view) {
  size_t count = 1;
  for (int i = 0; i < view->rank; i++) count *= view->shape[i];
  return count;
}

// The worst difference of a tensor; *where names it. Tensors that the file does not have are
// frozen: they must be what the model's file has.
static double compare(const group_case *c, char where[128]) {
  char path[512], name[128];
  ig_safetensors *file;
  ig_model *start = load(c);
  double worst = 0;
  snprintf(name, sizeof name, "parameter_groups/%s.safetensors", c->name);
  path_of(name, path);
  assert_int_equal(ig_safetensors_open_file(path, &file, NULL), IG_OK);
  for (size_t i = 0; i < ig_model_tensors(c->model); i++) {
    ig_tensor_view found, before;
    float expected[VALUES];
    assert_int_equal(ig_model_tensor(c->model, i, &found, NULL), IG_OK);
    assert_int_equal(ig_model_tensor(start, i, &before, NULL), IG_OK);
    const ig_safetensor *t = ig_safetensors_find(file, found.name);
    double d;
    if (t) {
      assert_non_null(found.gradient);
      assert_int_equal(ig_safetensor_read_float(t, expected, t->elements, NULL), IG_OK);
      d = difference(expected, found.values, count_of(&found), t->elements);
    } else {
      assert_null(found.gradient);
      d = memcmp(found.values, before.values, count_of(&found) * sizeof(float)) ? INFINITY : 0;
    }
    if (d <= worst) continue;
    worst = d;
    snprintf(where, 128, "%s", found.name);
  }
  float norms[UPDATES];
  assert_int_equal(
      ig_safetensor_read_float(ig_safetensors_find(file, "norms"), norms, UPDATES, NULL), IG_OK);
  for (int u = 0; u < UPDATES; u++) {
    const double d = fabs(c->norms[u] - (double)norms[u]) / (double)norms[u];
    if (d <= worst) continue;
    worst = d;
    snprintf(where, 128, "the gradients' norm");
  }
  ig_safetensors_close(file);
  ig_model_free(start);
  return worst;
}

// ---- gradients ---------------------------------------------------------------

// Above what is frozen, gradients have the bits that they have where nothing is, with all
// activations kept and with layers run again.
static void check_gradients(group_case *c) {
  group_case all = *c;
  all.options.groups = (ig_group_options){0};
  for (int recompute = 0; recompute < 2; recompute++) {
    ig_model *model = load(c), *whole = load(c);
    c->options.recompute = recompute;
    ig_trainer *trainer = train_on(c, model), *of_whole = train_on(&all, whole);
    accumulate(c, trainer);
    accumulate(&all, of_whole);
    for (size_t i = 0; i < ig_model_tensors(model); i++) {
      ig_tensor_view found, expected;
      assert_int_equal(ig_model_tensor(model, i, &found, NULL), IG_OK);
      assert_int_equal(ig_model_tensor(whole, i, &expected, NULL), IG_OK);
      if (found.gradient &&
          memcmp(found.gradient, expected.gradient, count_of(&found) * sizeof(float)))
        fail_msg("%s: the gradient of %s has other bits", c->name, found.name);
    }
    ig_trainer_free(trainer);
    ig_trainer_free(of_whole);
    ig_model_free(model);
    ig_model_free(whole);
  }
}

static json_t *cases(void) {
  char path[512];
  json_t *json;
  path_of("parameter_groups/cases.json", path);
  assert_int_equal(ig_json_load(path, &json, NULL), IG_OK);
  return json;
}

static void equals_torch(void **state) {
  (void)state;
  json_t *all = cases(), *json;
  const char *name;
  assert_true(json_object_size(all) >= 10);
  json_object_foreach(all, name, json) {
    static group_case c;
    char where[128] = "nothing";
    c = (group_case){.name = name, .json = json};
    run_case(&c);
    const double worst = compare(&c, where);
    print_message("%-18s worst relative difference %.2e (%s)\n", name, worst, where);
    if (!(worst < TOLERANCE)) fail_msg("%s: %s differs by %.3e", name, where, worst);
    check_gradients(&c);
    ig_model_free(c.model);
  }
  json_decref(all);
}

// Negative control: with an option changed the weights are others.
static void expect_other(const char *name, const char *key, json_t *value) {
  json_t *all = cases(), *json = json_object_get(all, name);
  static group_case c;
  char where[128];
  assert_int_equal(json_object_set_new(json, key, value), 0);
  c = (group_case){.name = name, .json = json};
  run_case(&c);
  if (!(compare(&c, where) > 10 * TOLERANCE)) fail_msg("%s: %s does not matter", name, key);
  ig_model_free(c.model);
  json_decref(all);
}

static void notices_faults(void **state) {
  (void)state;
  expect_other("electra_rates", "layer_decay", json_real(0.79));
  expect_other("electra_rates", "no_decay", json_pack("[s]", "norms"));
  expect_other("t5_rates", "no_decay", json_pack("[s]", "norms"));  // relative biases
  expect_other("untied_encoder", "no_decay", json_pack("[s]", "embeddings"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_torch),
                                     cmocka_unit_test(notices_faults)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
