// Ten updates of LoRA and DoRA adapters that PEFT saved, against PEFT's own
// (tests/golden/adapter_training/make_goldens.py): losses, norms of gradients, and all tensors
// afterwards; that only the adapted weights change, with the same bits for any number of threads;
// that written files are read back as they were; that a wrong scale is noticed.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"
#include "counted_allocations.h"
#include "io/json.h"
#include "io/lora_names.h"
#include "io/safetensors.h"
#include "train/adapter_files.h"
#include "train/trainer.h"

enum { UPDATES = 10, SEQUENCES = 4, TOKENS = 32 };

#define TOLERANCE 1e-5  // relative to the largest value of a tensor

// One case of cases.json.
typedef struct adapter_case {
  const char *name;
  const json_t *json;
  int ids[3][TOKENS];  // source, input and output of the decoder
  int offsets[2][SEQUENCES + 1];
  ig_batch batch;
  ig_model *model;
  ig_adapter *adapter;
  json_t *config;
  ig_trainer *trainer;
  double losses[UPDATES], norms[UPDATES];
} adapter_case;

static void path_of(const char *name, char path[512]) {
  const char *root = getenv("INGOT_SOURCE");
  snprintf(path, 512, "%s/tests/golden/%s", root ? root : ".", name);
}

static const json_t *member(const adapter_case *c, const char *key) {
  return json_object_get(c->json, key);
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

static void read_batch(adapter_case *c) {
  read_rows(member(c, "source"), c->ids[0], c->offsets[0]);
  read_rows(member(c, "target"), c->ids[2], c->offsets[1]);
  const int sequences = (int)json_array_size(member(c, "source"));
  for (int s = 0; s < sequences; s++)
    for (int r = c->offsets[1][s]; r < c->offsets[1][s + 1]; r++)
      c->ids[1][r] =
          r == c->offsets[1][s] ? (int)json_integer_value(member(c, "start")) : c->ids[2][r - 1];
  c->batch = (ig_batch){.sequences = sequences,
                        .source = c->ids[0],
                        .source_offsets = c->offsets[0],
                        .target_input = c->ids[1],
                        .target_output = c->ids[2],
                        .target_offsets = c->offsets[1]};
}

static ig_model *load_model(const adapter_case *c) {
  ig_error err;
  ig_model *model;
  char path[512];
  path_of(json_string_value(member(c, "model")), path);
  if (ig_model_load(path, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static void open_case(adapter_case *c, const char *name, const json_t *json, int threads) {
  ig_error err;
  char relative[128], path[512];
  *c = (adapter_case){.name = name, .json = json};
  read_batch(c);
  c->model = load_model(c);
  snprintf(relative, sizeof relative, "adapter_training/%s", name);
  path_of(relative, path);
  if (ig_adapter_files_read(path, c->model, &c->adapter, &c->config, &err) != IG_OK)
    fail_msg("%s", err.message);
  ig_trainer_options options = ig_trainer_options_default();
  const char *kind = json_string_value(member(c, "optimizer"));
  options.optimizer.kind = strcmp(kind, "adamw") == 0 ? IG_OPTIMIZER_ADAMW : IG_OPTIMIZER_ADAM;
  options.optimizer.eps = 1e-3f;
  options.optimizer.weight_decay = (float)json_number_value(member(c, "weight_decay"));
  options.optimizer.clip_norm = (float)json_number_value(member(c, "clip_norm"));
  options.threads = threads;
  if (ig_trainer_create_adapted(c->model, &options, c->adapter, &c->trainer, &err) != IG_OK)
    fail_msg("%s: %s", name, err.message);
}

static void close_case(adapter_case *c) {
  ig_trainer_free(c->trainer);
  ig_adapter_free(c->adapter);
  json_decref(c->config);
  ig_model_free(c->model);
}

static void update(adapter_case *c, int u) {
  ig_loss loss;
  ig_error err;
  if (ig_trainer_accumulate(c->trainer, &c->batch, 0, &loss, &err) != IG_OK)
    fail_msg("%s: %s", c->name, err.message);
  c->losses[u] = loss.loss;
  assert_int_equal(ig_trainer_update(c->trainer, 0.01f, &c->norms[u], NULL), IG_OK);
}

static void run_updates(adapter_case *c) {
  for (int u = 0; u < UPDATES; u++) update(c, u);
}

// ---- the golden --------------------------------------------------------------

static double difference(const float *expected, const float *found, size_t count) {
  double most = 0, largest = 0;
  for (size_t i = 0; i < count; i++) {
    const double d = fabs((double)expected[i] - (double)found[i]);
    if (!(d <= most)) most = d;
    largest = fmax(largest, fabs((double)expected[i]));
  }
  return most / largest;
}

static double compare_numbers(const ig_safetensors *file, const char *name, const double *found) {
  float expected[UPDATES], values[UPDATES];
  const ig_safetensor *t = ig_safetensors_find(file, name);
  assert_non_null(t);
  assert_int_equal(ig_safetensor_read_float(t, expected, UPDATES, NULL), IG_OK);
  for (int u = 0; u < UPDATES; u++) values[u] = (float)found[u];
  return difference(expected, values, UPDATES);
}

// The values that the adapter has for a tensor of the file.
static const float *values_of(const adapter_case *c, const char *name, size_t count) {
  const char *path;
  ig_lora_part part;
  const size_t length = ig_lora_names_split(name, &path, &part);
  for (size_t i = 0; i < c->adapter->count; i++) {
    const ig_adapter_layer *l = &c->adapter->layers[i];
    const char *weight = c->model->parameters[l->parameter].name;
    if (strncmp(weight, path, length) != 0 || strcmp(weight + length, ".weight") != 0) continue;
    const size_t counts[] = {l->rank * l->in, l->out * l->rank, l->out};
    const size_t places[] = {l->a, l->b, l->magnitude};
    const int which = part == IG_LORA_PART_A ? 0 : part == IG_LORA_PART_B ? 1 : 2;
    assert_int_equal(counts[which], count);
    return c->adapter->values + places[which];
  }
  fail_msg("%s: the adapter has no %s", c->name, name);
  return NULL;
}

// The worst difference; *where names it.
static double compare(const adapter_case *c, char where[160]) {
  char relative[128], path[512];
  ig_safetensors *file;
  size_t layers = 0;
  snprintf(relative, sizeof relative, "adapter_training/%s.safetensors", c->name);
  path_of(relative, path);
  assert_int_equal(ig_safetensors_open_file(path, &file, NULL), IG_OK);
  double worst = compare_numbers(file, "losses", c->losses);
  snprintf(where, 160, "losses");
  const double of_norms = compare_numbers(file, "norms", c->norms);
  if (of_norms > worst) {
    worst = of_norms;
    snprintf(where, 160, "norms");
  }
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    if (!strstr(t->name, ".lora_")) continue;
    float *expected = malloc(t->elements * sizeof *expected);
    assert_non_null(expected);
    assert_int_equal(ig_safetensor_read_float(t, expected, t->elements, NULL), IG_OK);
    const double d = difference(expected, values_of(c, t->name, t->elements), t->elements);
    free(expected);
    layers += strstr(t->name, ".lora_A") != NULL;
    if (d <= worst) continue;
    worst = d;
    snprintf(where, 160, "%s", t->name);
  }
  assert_int_equal(layers, c->adapter->count);
  ig_safetensors_close(file);
  return worst;
}

static json_t *load_cases(void) {
  char path[512];
  json_t *cases;
  path_of("adapter_training/cases.json", path);
  assert_int_equal(ig_json_load_object(path, &cases, NULL), IG_OK);
  return cases;
}

static void equals_peft(void **state) {
  (void)state;
  json_t *cases = load_cases(), *json;
  const char *name;
  assert_true(json_object_size(cases) >= 6);
  json_object_foreach(cases, name, json) {
    adapter_case c;
    char where[160];
    open_case(&c, name, json, 2);
    run_updates(&c);
    const double worst = compare(&c, where);
    print_message("%-12s worst relative difference %.2e (%s)\n", name, worst, where);
    if (!(worst < TOLERANCE)) fail_msg("%s: %s differs by %.3e", name, where, worst);
    close_case(&c);
  }
  json_decref(cases);
}

// ---- negative controls -------------------------------------------------------

static void notices_faults(void **state) {
  (void)state;
  json_t *cases = load_cases(), *json;
  const char *name;
  char where[160];
  json_object_foreach(cases, name, json) {
    adapter_case c;
    open_case(&c, name, json, 1);
    c.adapter->layers[0].scale *= 1.01f;
    run_updates(&c);
    assert_true(compare(&c, where) > TOLERANCE);
    close_case(&c);
    open_case(&c, name, json, 1);
    update(&c, 0);
    c.adapter->values[0] += 0.01f;
    for (int u = 1; u < UPDATES; u++) update(&c, u);
    assert_true(compare(&c, where) > TOLERANCE);
    close_case(&c);
  }
  json_decref(cases);
}

// ---- laws --------------------------------------------------------------------

// The same bits for 1 and 3 threads; no allocation after the first update; what is not adapted
// keeps its bits.
static void keeps_bits(void **state) {
  (void)state;
  json_t *cases = load_cases(), *json;
  const char *name;
  json_object_foreach(cases, name, json) {
    adapter_case one, three;
    open_case(&one, name, json, 1);
    open_case(&three, name, json, 3);
    update(&one, 0);
    const int before = allocations;
    for (int u = 1; u < UPDATES; u++) update(&one, u);
    assert_int_equal(allocations, before);
    run_updates(&three);
    assert_memory_equal(one.model->values, three.model->values,
                        one.model->value_count * sizeof *one.model->values);
    assert_memory_equal(one.adapter->values, three.adapter->values,
                        one.adapter->value_count * sizeof *one.adapter->values);
    ig_model *start = load_model(&one);
    size_t changed = 0;
    for (size_t i = 0; i < start->parameter_count; i++) {
      const ig_parameter *p = &start->parameters[i];
      changed += memcmp(start->values + p->offset, one.model->values + p->offset,
                        p->count * sizeof *start->values) != 0;
    }
    assert_int_equal(changed, one.adapter->count);
    ig_model_free(start);
    close_case(&one);
    close_case(&three);
  }
  json_decref(cases);
}

// What is written is read again with the same bits.
static void writes_what_it_reads(void **state) {
  (void)state;
  json_t *cases = load_cases(), *json;
  const char *name;
  char directory[] = "/tmp/ingot-adapter-XXXXXX";
  assert_non_null(mkdtemp(directory));
  json_object_foreach(cases, name, json) {
    adapter_case c;
    ig_adapter *again = NULL;
    json_t *config = NULL;
    ig_error err;
    open_case(&c, name, json, 1);
    update(&c, 0);
    ig_model *base = load_model(&c);
    if (ig_adapter_files_write(c.adapter, c.model, c.config, "float32", directory, &err) != IG_OK ||
        ig_adapter_files_read(directory, base, &again, &config, &err) != IG_OK)
      fail_msg("%s", err.message);
    assert_int_equal(again->value_count, c.adapter->value_count);
    assert_memory_equal(again->values, c.adapter->values,
                        again->value_count * sizeof *again->values);
    assert_true(json_equal(config, c.config));
    json_decref(config);
    ig_adapter_free(again);
    ig_model_free(base);
    close_case(&c);
  }
  for (int i = 0; i < 2; i++) {
    char *path =
        ig_path_join(directory, i ? ig_adapter_files_config : ig_adapter_files_weights, NULL);
    assert_int_equal(remove(path), 0);
    free(path);
  }
  assert_int_equal(remove(directory), 0);
  json_decref(cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_peft),
                                     cmocka_unit_test(notices_faults), cmocka_unit_test(keeps_bits),
                                     cmocka_unit_test(writes_what_it_reads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
