// Encoders with heads against transformers (tests/golden/encoders/make_goldens.py): encoded rows
// and what the heads give of a ragged batch, with the weights packed and as they stand, and that a
// changed tensor is noticed.
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingot.h"
#include "io/safetensors.h"
#include "model/files/load.h"
#include "model/model.h"
#include "model/run/head_run.h"

#define TOLERANCE 1e-5

typedef struct expected {
  ig_safetensors *file;
  int *ids, *types, *offsets;
  int sequences, rows;
} expected;

static float *read_floats(const expected *e, const char *name, size_t *count) {
  const ig_safetensor *t = ig_safetensors_find(e->file, name);
  if (!t) return NULL;
  float *values = malloc((t->elements + 1) * sizeof *values);
  assert_non_null(values);
  assert_int_equal(ig_safetensors_read_float(t, values, t->elements, NULL), IG_OK);
  *count = t->elements;
  return values;
}

static int *read_ints(const expected *e, const char *name, size_t *count) {
  float *values = read_floats(e, name, count);
  assert_non_null(values);
  int *ints = malloc((*count + 1) * sizeof *ints);
  assert_non_null(ints);
  for (size_t i = 0; i < *count; i++) ints[i] = (int)lrintf(values[i]);
  free(values);
  return ints;
}

static void open_expected(expected *e, const char *directory) {
  ig_error err;
  char path[512];
  size_t count;
  snprintf(path, sizeof path, "%s/expected.safetensors", directory);
  if (ig_safetensors_open_file(path, &e->file, &err) != IG_OK) fail_msg("%s", err.message);
  int *lengths = read_ints(e, "lengths", &count);
  e->sequences = (int)count;
  e->offsets = calloc(count + 1, sizeof *e->offsets);
  assert_non_null(e->offsets);
  for (size_t i = 0; i < count; i++) e->offsets[i + 1] = e->offsets[i] + lengths[i];
  e->rows = e->offsets[count];
  free(lengths);
  e->ids = read_ints(e, "ids", &count);
  e->types = read_ints(e, "types", &count);
}

static void close_expected(expected *e) {
  free(e->ids);
  free(e->types);
  free(e->offsets);
  ig_safetensors_close(e->file);
}

// The largest difference; name NULL in the file: nothing may have been given.
static double difference(const expected *e, const char *name, const float *found) {
  size_t count;
  double most = 0;
  float *wanted = read_floats(e, name, &count);
  assert_true((wanted == NULL) == (found == NULL));
  if (!wanted) return 0;
  for (size_t i = 0; i < count; i++) {
    const double d = fabs((double)wanted[i] - (double)found[i]);
    if (!(d <= most)) most = d;
  }
  free(wanted);
  return most;
}

static double run(const ig_model *model, const expected *e) {
  ig_head_run *head;
  ig_error err;
  const ig_encoder_run_size size = {.rows = e->rows, .longest = e->rows};
  if (ig_head_run_create(model, NULL, &size, &head, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_ragged rows = {e->sequences, e->offsets};
  const ig_head_run_result found =
      ig_head_run_forward(head, &(ig_head_run_batch){e->ids, e->types, &rows});
  const double hidden = difference(e, "hidden", found.hidden),
               outputs = difference(e, "outputs", found.outputs);
  ig_head_run_free(head);
  return hidden > outputs ? hidden : outputs;
}

// Every tensor matters: with another value in it something must change.
static void check_tensors(const char *directory, const expected *e) {
  ig_model *model;
  assert_int_equal(ig_model_load(directory, &model, NULL), IG_OK);
  for (size_t i = 0; i < ig_model_tensors(model); i++) {
    ig_tensor_view view;
    assert_int_equal(ig_model_tensor(model, i, &view, NULL), IG_OK);
    // Of the embeddings, a row that the batch uses; of the others, any.
    size_t at = strstr(view.name, "word_embeddings") ? (size_t)e->ids[0] * view.shape[1] : 0;
    if (strstr(view.name, "position_embeddings"))
      at = (size_t)model->config.positions.offset * view.shape[1];
    // The bias of keys adds the same to all scores of a query.
    if (strstr(view.name, "key.bias") || strstr(view.name, "k_lin.bias")) continue;
    const float kept = view.values[at];
    view.values[at] += 0.5f;
    if (!(run(model, e) > TOLERANCE)) fail_msg("%s: %s does not matter", directory, view.name);
    view.values[at] = kept;
  }
  ig_model_free(model);
}

// Loss and every gradient of a model with a head for spans.
static void check_gradients(const char *directory, const expected *e) {
  ig_model *model;
  ig_trainer *trainer;
  ig_loss loss;
  ig_error err;
  size_t count;
  int *spans = read_ints(e, "spans", &count),
      *offsets = calloc((size_t)e->sequences + 1, sizeof *offsets);
  assert_non_null(offsets);
  for (int s = 0; s <= e->sequences; s++) offsets[s] = 3 * s;
  assert_int_equal(ig_model_load(directory, &model, NULL), IG_OK);
  if (ig_trainer_create(model, NULL, &trainer, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_batch batch = {.sequences = e->sequences,
                          .source = e->ids,
                          .source_offsets = e->offsets,
                          .target_input = spans,
                          .target_output = spans,
                          .target_offsets = offsets};
  if (ig_trainer_accumulate(trainer, &batch, 0, &loss, &err) != IG_OK) fail_msg("%s", err.message);
  float *wanted = read_floats(e, "loss", &count);
  assert_true(fabs(loss.loss - (double)wanted[0]) < TOLERANCE);
  assert_int_equal((int)loss.tokens, e->sequences);
  free(wanted);
  for (size_t i = 0; i < ig_model_tensors(model); i++) {
    ig_tensor_view view;
    char name[160];
    double most = 0, largest = 0;
    assert_int_equal(ig_model_tensor(model, i, &view, NULL), IG_OK);
    snprintf(name, sizeof name, "gradient/%s", view.name);
    wanted = read_floats(e, name, &count);
    if (!wanted) fail_msg("%s has no %s", directory, name);
    for (size_t k = 0; k < count; k++) {
      const double d = fabs((double)wanted[k] - (double)view.gradient[k]);
      if (!(d <= most)) most = d;
      if (fabs((double)wanted[k]) > largest) largest = fabs((double)wanted[k]);
    }
    if (!(most <= TOLERANCE * (largest > 1 ? largest : 1)))
      fail_msg("%s: %s: %g of %g", directory, name, most, largest);
    free(wanted);
  }
  ig_trainer_free(trainer);
  ig_model_free(model);
  free(offsets);
  free(spans);
}

static void check_directory(const char *directory) {
  ig_error err;
  expected e = {0};
  ig_model *model, *packed;
  open_expected(&e, directory);
  if (ig_model_load(directory, &model, &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_load_packed(directory, NULL, &packed, &err) != IG_OK) fail_msg("%s", err.message);
  const double plain = run(model, &e), of_packed = run(packed, &e);
  if (plain > TOLERANCE || of_packed > TOLERANCE)
    fail_msg("%s: %g as it stands, %g packed", directory, plain, of_packed);
  ig_model_free(model);
  ig_model_free(packed);
  check_tensors(directory, &e);
  if (strstr(directory, "_span")) check_gradients(directory, &e);
  close_expected(&e);
}

static void every_golden(void **state) {
  (void)state;
  char pattern[512];
  glob_t found;
  const char *root = getenv("INGOT_SOURCE");
  snprintf(pattern, sizeof pattern, "%s/tests/golden/encoders/*_*/", root ? root : ".");
  assert_int_equal(glob(pattern, 0, NULL, &found), 0);
  for (size_t i = 0; i < found.gl_pathc; i++) check_directory(found.gl_pathv[i]);
  assert_true(found.gl_pathc >= 32);
  globfree(&found);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_golden)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
