// Loss, logits and every gradient against PyTorch (tests/golden/*/make_goldens.py), and five Adam
// updates against transformers, or against formulas in PyTorch where transformers has no such
// model.
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/json.h"
#include "io/safetensors.h"
#include "model/arch/family.h"
#include "model/model.h"

#define TOLERANCE 1e-5  // relative: largest difference over the largest value of the tensor

typedef struct golden {
  ig_safetensors *file;
  ig_model *model;
  ig_trainer *trainer;
  int *source, *input, *output;
  int *source_offsets, *target_offsets;
  ig_masks masks;
  ig_batch batch;
  float *logits;
  void *owned[16];
  int owned_count;
} golden;

static void *own(golden *g, void *memory) {
  assert_true(g->owned_count < 16);
  assert_non_null(memory);
  return g->owned[g->owned_count++] = memory;
}

static const ig_safetensor *need(const golden *g, const char *name) {
  const ig_safetensor *t = ig_safetensors_find(g->file, name);
  if (!t) fail_msg("the golden has no %s", name);
  return t;
}

static float *read_floats(const ig_safetensor *t) {
  ig_error err;
  float *values = malloc((t->elements + 1) * sizeof *values);
  assert_non_null(values);
  assert_int_equal(ig_safetensor_read_float(t, values, t->elements, &err), IG_OK);
  return values;
}

static int *read_ints(golden *g, const char *name) {
  const ig_safetensor *t = need(g, name);
  float *values = read_floats(t);
  int *ints = own(g, malloc((t->elements + 1) * sizeof *ints));
  for (size_t i = 0; i < t->elements; i++) ints[i] = (int)lrintf(values[i]);
  free(values);
  return ints;
}

static int *read_offsets(golden *g, const char *name, int *sequences) {
  const ig_safetensor *t = need(g, name);
  int *lengths = read_ints(g, name);
  int *offsets = own(g, malloc((t->elements + 1) * sizeof *offsets));
  offsets[0] = 0;
  for (size_t i = 0; i < t->elements; i++) offsets[i + 1] = offsets[i] + lengths[i];
  *sequences = (int)t->elements;
  return offsets;
}

static bool read_mask(golden *g, const char *name, ig_mask *mask, size_t plane) {
  char full[64];
  snprintf(full, sizeof full, "bool/%s", name);
  const ig_safetensor *t = ig_safetensors_find(g->file, full);
  if (!t) {
    snprintf(full, sizeof full, "add/%s", name);
    t = ig_safetensors_find(g->file, full);
    if (!t) return false;
    mask->additive = own(g, read_floats(t));
  } else {
    float *values = read_floats(t);
    uint8_t *boolean = own(g, malloc(t->elements));
    for (size_t i = 0; i < t->elements; i++) boolean[i] = values[i] != 0;
    free(values);
    mask->boolean = boolean;
  }
  mask->per_head = t->elements > plane;
  return true;
}

static void read_masks(golden *g, const char *name) {
  const size_t ls = (size_t)g->source_offsets[1], lt = (size_t)g->target_offsets[1],
               n = (size_t)g->batch.sequences;
  ig_masks *m = &g->masks;
  read_mask(g, "src_mask", &m->src, ls * ls);
  read_mask(g, "memory_mask", &m->memory, lt * ls);
  read_mask(g, "src_key_padding_mask", &m->src_key_padding, n * ls);
  read_mask(g, "tgt_key_padding_mask", &m->tgt_key_padding, n * lt);
  read_mask(g, "memory_key_padding_mask", &m->memory_key_padding, n * ls);
  if (strstr(name, "causal_hint"))
    m->tgt_is_causal = true;  // the hint in the mask's place
  else
    read_mask(g, "tgt_mask", &m->tgt, lt * lt);
  g->batch.masks = m;
}

static void read_weights(golden *g, const char *prefix) {
  for (size_t i = 0; i < ig_model_tensors(g->model); i++) {
    ig_tensor_view view;
    char name[128];
    assert_int_equal(ig_model_tensor(g->model, i, &view, NULL), IG_OK);
    snprintf(name, sizeof name, "%s%s", prefix, view.name);
    const ig_safetensor *t = need(g, name);
    assert_int_equal(ig_safetensor_read_float(t, view.values, t->elements, NULL), IG_OK);
  }
}

// What the file says, or else `usual`.
static float eps_of(const golden *g, float usual) {
  const ig_safetensor *t = ig_safetensors_find(g->file, "eps");
  if (!t) return usual;
  float *values = read_floats(t);
  const float eps = values[0];
  free(values);
  return eps;
}

static void open_golden(golden *g, const char *name, float smoothing, float eps) {
  ig_error err;
  char path[512];
  memset(g, 0, sizeof *g);
  const char *root = getenv("INGOT_SOURCE");
  snprintf(path, sizeof path, "%s/tests/golden/transformer/%s.safetensors", root ? root : ".",
           name);
  if (ig_safetensors_open_file(path, &g->file, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_safetensor *text = need(g, "config");
  json_t *json = NULL;
  const ig_family *family = NULL;
  ig_config config;
  char config_text[4096];
  assert_true(text->bytes <= sizeof config_text);
  assert_int_equal(ig_safetensor_read_raw(text, config_text, &err), IG_OK);
  assert_int_equal(ig_json_parse(config_text, text->elements, name, &json, &err), IG_OK);
  assert_int_equal(ig_family_of(json, name, &family, &err), IG_OK);
  assert_int_equal(ig_family_read_config(family, json, name, &config, &err), IG_OK);
  json_decref(json);
  if (ig_model_create(&config, 1, &g->model, &err) != IG_OK) fail_msg("%s", err.message);
  read_weights(g, "w/");
  ig_trainer_options options = ig_trainer_options_default();
  options.label_smoothing = smoothing;
  options.optimizer.eps = eps_of(g, eps);
  options.threads = 2;
  assert_int_equal(ig_trainer_create(g->model, &options, &g->trainer, &err), IG_OK);
}

static void close_golden(golden *g) {
  for (int i = 0; i < g->owned_count; i++) free(g->owned[i]);
  free(g->logits);
  ig_trainer_free(g->trainer);
  ig_model_free(g->model);
  ig_safetensors_close(g->file);
}

static float smoothing_of(const char *name) { return strstr(name, "smoothed") ? 0.1f : 0.0f; }

static void open_case(golden *g, const char *name) {
  open_golden(g, name, smoothing_of(name), 1e-9f);
  g->source = read_ints(g, "source");
  g->input = read_ints(g, "input");
  g->output = read_ints(g, "output");
  g->source_offsets = read_offsets(g, "source_lengths", &g->batch.sequences);
  g->target_offsets = read_offsets(g, "target_lengths", &g->batch.sequences);
  g->batch = (ig_batch){g->batch.sequences, g->source, g->source_offsets, g->input, g->output,
                        g->target_offsets,  NULL};
  if (strncmp(name, "padded", 6) == 0) read_masks(g, name);
}

// Largest difference over the largest expected value.
static double relative_difference(const float *found, const float *expected, size_t count) {
  double difference = 0, size = 1e-30;
  for (size_t i = 0; i < count; i++) {
    const double d = fabs((double)found[i] - (double)expected[i]);
    if (!(d <= difference)) difference = d;  // NaN counts
    if (fabs((double)expected[i]) > size) size = fabs((double)expected[i]);
  }
  return difference / size;
}

static double largest(const golden *g, const char *name) {
  const ig_safetensor *t = need(g, name);
  float *values = read_floats(t);
  double size = 0;
  for (size_t i = 0; i < t->elements; i++) size = fmax(size, fabs((double)values[i]));
  free(values);
  return size;
}

// The relative difference of the gradient `name`. That of a key bias is zero but for rounding,
// because softmax does not see a constant: its size is that of the gradient of the key's weight.
static double gradient_difference(const golden *g, const char *name, const float *found) {
  const ig_safetensor *t = need(g, name);
  float *expected = read_floats(t);
  double difference = relative_difference(found, expected, t->elements);
  free(expected);
  const char *bias = strstr(name, "k_proj.bias");
  if (bias) {
    char weight[128];
    snprintf(weight, sizeof weight, "%.*sk_proj.weight", (int)(bias - name), name);
    difference *= fmax(largest(g, name), 1e-30) / largest(g, weight);
  }
  return difference;
}

// That of the log-probabilities of each row, where the golden has them.
static double log_prob_difference(const golden *g, size_t rows, size_t vocabulary) {
  const ig_safetensor *t = ig_safetensors_find(g->file, "log_probs");
  if (!t) return 0;
  assert_true(t->elements == rows * vocabulary);
  float *expected = read_floats(t), *found = malloc(t->elements * sizeof *found);
  assert_non_null(found);
  for (size_t r = 0; r < rows; r++) {
    double sum = 0;
    const float *logits = g->logits + r * vocabulary;
    for (size_t v = 0; v < vocabulary; v++) sum += exp((double)logits[v]);
    for (size_t v = 0; v < vocabulary; v++)
      found[r * vocabulary + v] = (float)((double)logits[v] - log(sum));
  }
  const double difference = relative_difference(found, expected, t->elements);
  free(expected);
  free(found);
  return difference;
}

// The worst of loss, logits, log-probabilities and all gradients; *where names it.
static double compare(golden *g, const char **where) {
  static char name[128];
  ig_error err;
  ig_loss loss;
  const ig_safetensor *t = need(g, "logits");
  g->logits = malloc((t->elements + 1) * sizeof *g->logits);
  if (ig_trainer_forward(g->trainer, &g->batch, g->logits, &loss, &err) != IG_OK)
    fail_msg("%s", err.message);
  float *expected = read_floats(t);
  double worst = relative_difference(g->logits, expected, t->elements);
  snprintf(name, sizeof name, "logits");
  free(expected);
  const size_t rows = (size_t)g->target_offsets[g->batch.sequences];
  const double of_log_probs = log_prob_difference(g, rows, t->elements / rows);
  if (!(of_log_probs <= worst)) {
    worst = of_log_probs;
    snprintf(name, sizeof name, "log_probs");
  }
  if (ig_trainer_accumulate(g->trainer, &g->batch, 0, &loss, &err) != IG_OK)
    fail_msg("%s", err.message);
  expected = read_floats(need(g, "loss"));
  const double of_loss = fabs(loss.loss - (double)expected[0]) / fabs((double)expected[0]);
  free(expected);
  if (!(of_loss <= worst)) {
    worst = of_loss;
    snprintf(name, sizeof name, "loss");
  }
  for (size_t i = 0; i < ig_model_tensors(g->model); i++) {
    ig_tensor_view view;
    char full[128];
    assert_int_equal(ig_model_tensor(g->model, i, &view, NULL), IG_OK);
    if (!view.gradient) continue;  // a constant
    snprintf(full, sizeof full, "g/%s", view.name);
    const double d = gradient_difference(g, full, view.gradient);
    if (!(d <= worst)) {
      worst = d;
      snprintf(name, sizeof name, "%s", full);
    }
  }
  *where = name;
  return worst;
}

static void compare_case(const char *name) {
  golden g;
  const char *where;
  open_case(&g, name);
  const double worst = compare(&g, &where);
  print_message("%-34s worst relative difference %.2e (%s)\n", name, worst, where);
  if (!(worst < TOLERANCE)) fail_msg("%s: %s differs by %.3e", name, where, worst);
  close_golden(&g);
}

// Calls `check` with the name of every file of the folder that is called KIND_*; returns their
// number. A case of a new family is nothing more than such a file.
static size_t for_each_file(const char *kind, void (*check)(const char *name)) {
  const char *root = getenv("INGOT_SOURCE");
  char pattern[512], name[128];
  snprintf(pattern, sizeof pattern, "%s/tests/golden/transformer/%s_*.safetensors",
           root ? root : ".", kind);
  glob_t files;
  assert_int_equal(glob(pattern, 0, NULL, &files), 0);
  for (size_t i = 0; i < files.gl_pathc; i++) {
    const char *file = strrchr(files.gl_pathv[i], '/') + 1;
    snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(".safetensors")), file);
    check(name);
  }
  const size_t count = files.gl_pathc;
  globfree(&files);
  return count;
}

static void equals_pytorch(void **state) {
  (void)state;
  assert_true(for_each_file("ragged", compare_case) + for_each_file("padded", compare_case) >= 13);
}

// Negative control: a sign flipped in one weight, a mask left out, a shifted target must each be
// noticed.
static void notices_faults(void **state) {
  (void)state;
  golden g;
  const char *where;
  ig_tensor_view view;
  open_case(&g, "ragged_post_relu");
  assert_int_equal(
      ig_model_find(g.model, "transformer.decoder.layers.1.multihead_attn.in_proj_weight", &view,
                    NULL),
      IG_OK);
  view.values[5] = -view.values[5];
  assert_true(compare(&g, &where) > TOLERANCE);
  close_golden(&g);
  open_case(&g, "ragged_pegasus");
  assert_int_equal(ig_model_find(g.model, "model.encoder.layer_norm.weight", &view, NULL), IG_OK);
  view.values[5] *= 1.001f;
  assert_true(compare(&g, &where) > TOLERANCE);
  close_golden(&g);
  open_case(&g, "ragged_marian_ssru");
  assert_int_equal(ig_model_find(g.model, "model.decoder.layers.1.cell.forget.bias", &view, NULL),
                   IG_OK);
  view.values[5] += 1e-3f;
  assert_true(compare(&g, &where) > TOLERANCE);
  close_golden(&g);
  open_case(&g, "padded_boolean_key_padding");
  g.masks.memory_key_padding = (ig_mask){0};
  assert_true(compare(&g, &where) > TOLERANCE);
  close_golden(&g);
  open_case(&g, "ragged_pre_relu");
  g.output[3] = g.output[3] == 4 ? 5 : 4;
  assert_true(compare(&g, &where) > TOLERANCE);
  close_golden(&g);
}

// With a small eps the key biases are noise: see make_goldens.py.
static void five_updates(const char *golden_name, float eps, bool key_biases) {
  golden g;
  enum { SEQUENCES = 3, TARGET = 4 };
  open_golden(&g, golden_name, 0, eps);
  const ig_config *config = ig_model_config(g.model);
  const int source_offsets[] = {0, 5, 10, 15}, target_offsets[] = {0, 4, 8, 12};
  int *source = read_ints(&g, "source"), *output = read_ints(&g, "output"),
      input[SEQUENCES * TARGET];
  for (int r = 0; r < SEQUENCES * TARGET; r++)
    input[r] = r % TARGET ? output[r - 1] : config->decoder_start_id;
  const ig_batch batch = {SEQUENCES, source, source_offsets, input, output, target_offsets, NULL};
  float *losses = own(&g, read_floats(need(&g, "losses")));
  for (int update = 0; update < 5; update++) {
    ig_loss loss;
    assert_int_equal(ig_trainer_accumulate(g.trainer, &batch, 0, &loss, NULL), IG_OK);
    assert_true(fabs(loss.loss - (double)losses[update]) <
                TOLERANCE * fabs((double)losses[update]));
    assert_int_equal(ig_trainer_update(g.trainer, 0.01f, NULL, NULL), IG_OK);
  }
  for (size_t i = 0; i < ig_model_tensors(g.model); i++) {
    ig_tensor_view view;
    char name[128];
    assert_int_equal(ig_model_tensor(g.model, i, &view, NULL), IG_OK);
    if (!key_biases && strstr(view.name, "k_proj.bias")) continue;
    snprintf(name, sizeof name, "a/%s", view.name);
    const ig_safetensor *t = need(&g, name);
    float *expected = read_floats(t);
    const double d = relative_difference(view.values, expected, t->elements);
    if (!(d < TOLERANCE)) fail_msg("%s differs by %.3e after five updates", view.name, d);
    free(expected);
  }
  close_golden(&g);
}

static void five_updates_of_family(const char *name) { five_updates(name, 1e-4f, true); }

static void five_adam_updates(void **state) {
  (void)state;
  assert_true(for_each_file("adam", five_updates_of_family) >= 3);
  five_updates("marian_adam", 1e-9f, false);
  five_updates("marian_adam_large_eps", 1e-4f, true);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_pytorch),
                                     cmocka_unit_test(notices_faults),
                                     cmocka_unit_test(five_adam_updates)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
