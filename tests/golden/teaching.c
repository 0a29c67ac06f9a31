// Students that learn from teachers of other families, translators and encoders that find answers,
// against PyTorch
// (tests/golden/teaching/make_goldens.py): loss, divergence and every gradient, with teachers as
// they are loaded and with packed weights; that another share, temperature, number of tokens or
// weight is noticed.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/kernels.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/config.h"
#include "model/files/load.h"
#include "train/trainer.h"

enum { SEQUENCES = 3, TOKENS = 32, VALUES = 16, TEACHERS = 2 };

// Of the loss and of each tensor's gradient: relative to its largest value that is compared, or to
// 0.01: the gradient of a key's bias is 0, and what is found there is rounding.
#define TOLERANCE 1e-5

// A case of cases.json.
typedef struct teaching_case {
  const char *name;
  const json_t *json;
  ig_safetensors *file;
  ig_model *student, *teachers[TEACHERS];
  ig_teacher list[TEACHERS];
  ig_teaching teaching;
  int source[TOKENS], output[TOKENS], input[TOKENS], offsets[2][SEQUENCES + 1];
  ig_batch batch;
} teaching_case;

static void path_of(const char *name, char path[512]) {
  const char *root = getenv("INGOT_SOURCE");
  snprintf(path, 512, "%s/tests/golden/%s", root ? root : ".", name);
}

static double number(const teaching_case *c, const char *key) {
  return json_number_value(json_object_get(c->json, key));
}

static size_t read_numbers(const teaching_case *c, const char *name, float *out, size_t most) {
  const ig_safetensor *t = ig_safetensors_find(c->file, name);
  if (!t) fail_msg("%s: the golden has no %s", c->name, name);
  assert_true(t->elements <= most);
  assert_int_equal(ig_safetensor_read_float(t, out, t->elements, NULL), IG_OK);
  return t->elements;
}

static void read_ids(const teaching_case *c, const char *side, int *ids, int *offsets) {
  float values[TOKENS], lengths[SEQUENCES];
  char name[64];
  const size_t count = read_numbers(c, side, values, TOKENS);
  for (size_t i = 0; i < count; i++) ids[i] = (int)lrintf(values[i]);
  snprintf(name, sizeof name, "%s_lengths", side);
  assert_int_equal(read_numbers(c, name, lengths, SEQUENCES), SEQUENCES);
  offsets[0] = 0;
  for (int s = 0; s < SEQUENCES; s++) offsets[s + 1] = offsets[s] + (int)lrintf(lengths[s]);
}

static void read_batch(teaching_case *c) {
  read_ids(c, "source", c->source, c->offsets[0]);
  read_ids(c, "target", c->output, c->offsets[1]);
  for (int s = 0; s < SEQUENCES; s++)
    for (int r = c->offsets[1][s]; r < c->offsets[1][s + 1]; r++)
      c->input[r] =
          r == c->offsets[1][s] ? ig_model_config(c->student)->decoder_start_id : c->output[r - 1];
  if (ig_config_decodes(ig_model_config(c->student)))
    c->output[c->offsets[1][1] + 2] = -1;  // not counted
  c->batch = (ig_batch){.sequences = SEQUENCES,
                        .source = c->source,
                        .source_offsets = c->offsets[0],
                        .target_input = c->input,
                        .target_output = c->output,
                        .target_offsets = c->offsets[1]};
}

static ig_model *load(const char *name, bool packed) {
  ig_error err;
  ig_model *model;
  char path[512];
  path_of(name, path);
  const ig_status status = packed ? ig_load_packed(path, IG_WEIGHT_TYPE_FP32, NULL, &model, &err)
                                  : ig_model_load(path, &model, &err);
  if (status != IG_OK) fail_msg("%s", err.message);
  return model;
}

static void open_case(teaching_case *c, const json_t *all, const char *name, bool packed) {
  char path[512], file[64];
  const char *teacher;
  json_t *weight;
  *c = (teaching_case){.name = name, .json = json_object_get(all, name)};
  snprintf(file, sizeof file, "teaching/%s.safetensors", name);
  path_of(file, path);
  assert_int_equal(ig_safetensors_open_file(path, &c->file, NULL), IG_OK);
  c->student = load(json_string_value(json_object_get(c->json, "student")), false);
  json_object_foreach(json_object_get(c->json, "teachers"), teacher, weight) {
    const size_t i = c->teaching.count++;
    c->teachers[i] = load(teacher, packed);
    c->list[i] = (ig_teacher){c->teachers[i], json_number_value(weight)};
  }
  c->teaching.teachers = c->list;
  c->teaching.share = number(c, "share");
  c->teaching.temperature = number(c, "temperature");
  c->teaching.top_k = (int)number(c, "top_k");
  read_batch(c);
}

static void close_case(teaching_case *c) {
  for (size_t i = 0; i < c->teaching.count; i++) ig_model_free(c->teachers[i]);
  ig_model_free(c->student);
  ig_safetensors_close(c->file);
}

// ---- what is compared -----------------------------------------------------------

static void note(double difference, const char *what, double *worst, char where[128]) {
  if (difference <= *worst) return;
  *worst = difference;
  snprintf(where, 128, "%s", what);
}

static void compare_gradients(const teaching_case *c, double *worst, char where[128]) {
  for (size_t i = 0; i < ig_model_tensors(c->student); i++) {
    ig_tensor_view view;
    char name[160];
    float expected[VALUES];
    size_t count = 1;
    double most = 0, largest = 1e-2;
    assert_int_equal(ig_model_tensor(c->student, i, &view, NULL), IG_OK);
    if (!view.gradient) continue;
    snprintf(name, sizeof name, "g/%s", view.name);
    const size_t values = read_numbers(c, name, expected, VALUES);
    for (int k = 0; k < view.rank; k++) count *= view.shape[k];
    for (size_t k = 0; k < values; k++) {
      most = fmax(most, fabs((double)expected[k] - (double)view.gradient[k * count / values]));
      largest = fmax(largest, fabs((double)expected[k]));
    }
    note(most / largest, view.name, worst, where);
  }
}

// Scoring has the bits of training where both make their products by the same instructions. Where
// a CPU has a matrix unit, encoders that are not trained run on it
// (docs/decisions/matrix-units.md).
static void assert_sums_agree(const ig_loss_sums *trained, const ig_loss_sums *scored) {
  const ig_kernels *kernels;
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  if (!kernels->matrix_unit) {
    assert_memory_equal(trained, scored, sizeof *trained);
    return;
  }
  assert_int_equal(trained->tokens, scored->tokens);
  assert_true(fabs(trained->loss - scored->loss) < 1e-6 * fabs(scored->loss));
  assert_true(fabs(trained->nll - scored->nll) < 1e-6 * fabs(scored->nll));
  assert_true(fabs(trained->kl_divergence - scored->kl_divergence) < 1e-6 * fabs(scored->loss));
}

// The worst relative difference from PyTorch; where names it.
static double distance(const teaching_case *c, char where[128]) {
  ig_trainer_options options = ig_trainer_options_default();
  options.label_smoothing = (float)number(c, "label_smoothing");
  options.threads = 2;
  ig_trainer *trainer;
  ig_error err;
  ig_loss_sums sums, forward;
  float expected[3];
  double worst = 0;
  if (ig_trainer_create(c->student, &options, &trainer, &err) != IG_OK ||
      ig_trainer_set_teaching(trainer, &c->teaching, &err) != IG_OK ||
      ig_trainer_score_taught(trainer, &c->batch, &forward, &err) != IG_OK ||
      ig_trainer_accumulate_sums(trainer, &c->batch, 0, &sums, &err) != IG_OK)
    fail_msg("%s: %s", c->name, err.message);
  assert_sums_agree(&sums, &forward);
  assert_int_equal(read_numbers(c, "sums", expected, 3), 3);
  const double found[] = {sums.loss, sums.nll, sums.kl_divergence};
  static const char *const names[] = {"loss", "nll", "divergence"};
  for (int i = 0; i < 3; i++)
    note(fabs(found[i] / (double)sums.tokens - (double)expected[i]) / (double)expected[i], names[i],
         &worst, where);
  compare_gradients(c, &worst, where);
  ig_trainer_free(trainer);
  return worst;
}

static json_t *cases(void) {
  char path[512];
  json_t *json;
  path_of("teaching/cases.json", path);
  assert_int_equal(ig_json_load(path, &json, NULL), IG_OK);
  return json;
}

static void equals_torch(void **state) {
  (void)state;
  json_t *all = cases(), *json;
  const char *name;
  assert_true(json_object_size(all) >= 5);
  for (int packed = 0; packed < 2; packed++) json_object_foreach(all, name, json) {
      teaching_case c;
      char where[128] = "nothing";
      open_case(&c, all, name, packed);
      const double worst = distance(&c, where);
      print_message("%-5s worst relative difference %.2e (%s)\n", name, worst, where);
      if (!(worst < TOLERANCE)) fail_msg("%s: %s differs by %.3e", name, where, worst);
      close_case(&c);
    }
  json_decref(all);
}

// Negative control: teachings a little different from those of the goldens are others.
static void notices_faults(void **state) {
  (void)state;
  json_t *all = cases();
  for (int fault = 0; fault < 8; fault++) {
    teaching_case c;
    char where[128] = "nothing";
    open_case(&c, all, fault < 4 ? "mean" : fault == 4 ? "few" : "spans", true);
    switch (fault) {
      case 0:
      case 5: c.teaching.share += 1e-3; break;
      case 1:
      case 6: c.teaching.temperature += 1e-3; break;
      case 2:
      case 7: c.list[0].weight += 1e-2; break;
      case 3: c.teaching.top_k = 60; break;
      case 4: c.teaching.top_k++; break;
    }
    const double found = distance(&c, where);
    if (!(found > 3 * TOLERANCE)) fail_msg("fault %d: only %.3e", fault, found);
    close_case(&c);
  }
  json_decref(all);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_torch),
                                     cmocka_unit_test(notices_faults)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
