// Encoders with heads against transformers (tests/golden/encoders/make_goldens.py): encoded rows
// and what the heads give of a ragged batch, with the weights packed and as they stand, that a
// changed tensor is noticed; gradients, and updates from given masks.
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
  assert_int_equal(ig_safetensor_read_float(t, values, t->elements, NULL), IG_OK);
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

// The largest difference of a tensor from the one of this name, in units of the largest value or 1.
static double tensor_difference(const expected *e, const char *kind, const ig_tensor_view *view,
                                const float *found) {
  char name[160];
  double most = 0, largest = 1;
  size_t count;
  snprintf(name, sizeof name, "%s/%s", kind, view->name);
  float *wanted = read_floats(e, name, &count);
  if (!wanted) fail_msg("there is no %s", name);
  for (size_t i = 0; i < count; i++) {
    const double d = fabs((double)wanted[i] - (double)found[i]);
    if (!(d <= most)) most = d;
    if (fabs((double)wanted[i]) > largest) largest = fabs((double)wanted[i]);
  }
  free(wanted);
  return most / largest;
}

// What a batch to train on is made of.
typedef struct training {
  ig_model *model;
  ig_trainer *trainer;
  ig_batch batch;
  int *source, *targets, *offsets;  // owned, as all of the above
} training;

static void open_trainer(training *t, const char *directory) {
  ig_error err;
  ig_trainer_options options = ig_trainer_options_default();
  options.optimizer = (ig_optimizer_options){.kind = IG_OPTIMIZER_ADAMW,
                                             .beta1 = 0.9f,
                                             .beta2 = 0.999f,
                                             .eps = 1e-4f,
                                             .weight_decay = 0.01f,
                                             .clip_norm = 1.0f};
  assert_int_equal(ig_model_load(directory, &t->model, NULL), IG_OK);
  if (ig_trainer_create(t->model, &options, &t->trainer, &err) != IG_OK)
    fail_msg("%s", err.message);
}

// Of a model with a head for spans or for masked tokens.
static void open_training(training *t, const char *directory, const expected *e, bool masked) {
  size_t count;
  *t = (training){.targets = read_ints(e, masked ? "targets" : "spans", &count),
                  .offsets = calloc((size_t)e->sequences + 1, sizeof *t->offsets)};
  assert_non_null(t->offsets);
  if (masked) t->source = read_ints(e, "masked", &count);
  for (int s = 0; s <= e->sequences; s++) t->offsets[s] = masked ? e->offsets[s] : 3 * s;
  t->batch = (ig_batch){.sequences = e->sequences,
                        .source = masked ? t->source : e->ids,
                        .source_offsets = e->offsets,
                        .target_input = t->targets,
                        .target_output = t->targets,
                        .target_offsets = t->offsets};
  open_trainer(t, directory);
}

static void close_training(training *t) {
  ig_trainer_free(t->trainer);
  ig_model_free(t->model);
  free(t->source);
  free(t->targets);
  free(t->offsets);
}

static void check_tensors_of(const training *t, const expected *e, const char *directory,
                             const char *kind) {
  for (size_t i = 0; i < ig_model_tensors(t->model); i++) {
    ig_tensor_view view;
    assert_int_equal(ig_model_tensor(t->model, i, &view, NULL), IG_OK);
    const float *found = strcmp(kind, "gradient") == 0 ? view.gradient : view.values;
    const double most = tensor_difference(e, kind, &view, found);
    if (!(most <= TOLERANCE)) fail_msg("%s: %s/%s: %g", directory, kind, view.name, most);
  }
}

static void check_loss(const training *t, const expected *e) {
  size_t count, counted = 0;
  ig_loss loss;
  ig_error err;
  if (ig_trainer_accumulate(t->trainer, &t->batch, 0, &loss, &err) != IG_OK)
    fail_msg("%s", err.message);
  float *wanted = read_floats(e, "loss", &count);
  assert_true(fabs(loss.loss - (double)wanted[0]) < TOLERANCE);
  for (int r = 0; t->source && r < e->rows; r++) counted += t->targets[r] >= 0;
  assert_int_equal(loss.tokens, t->source ? counted : (size_t)e->sequences);
  free(wanted);
}

// Three updates give torch's losses and weights.
static void check_updates(const training *t, const expected *e, const char *directory) {
  size_t count;
  float *wanted = read_floats(e, "losses", &count);
  for (size_t i = 0; i < count; i++) {
    ig_loss loss;
    ig_trainer_zero_gradients(t->trainer);
    assert_int_equal(ig_trainer_accumulate(t->trainer, &t->batch, 0, &loss, NULL), IG_OK);
    if (!(fabs(loss.loss - (double)wanted[i]) < TOLERANCE))
      fail_msg("%s: loss %zu: %g instead of %g", directory, i, loss.loss, (double)wanted[i]);
    assert_int_equal(ig_trainer_update(t->trainer, 0.01f, NULL, NULL), IG_OK);
  }
  free(wanted);
  check_tensors_of(t, e, directory, "trained");
}

// What is masked matters, and a target for each row is needed.
static void check_masks(const training *t, const expected *e) {
  ig_loss loss;
  size_t count;
  int row = 0;
  float *wanted = read_floats(e, "loss", &count);
  while (t->targets[row] < 0) row++;
  const int target = t->targets[row];
  t->targets[row] = -1;
  assert_int_equal(ig_trainer_forward(t->trainer, &t->batch, NULL, &loss, NULL), IG_OK);
  assert_true(fabs(loss.loss - (double)wanted[0]) > TOLERANCE);
  t->targets[row] = t->model->config.target_vocab_size;
  assert_int_equal(ig_trainer_accumulate(t->trainer, &t->batch, 0, &loss, NULL), IG_ERROR_ARGUMENT);
  t->targets[row] = target;
  t->offsets[e->sequences]--;
  assert_int_equal(ig_trainer_accumulate(t->trainer, &t->batch, 0, &loss, NULL), IG_ERROR_ARGUMENT);
  t->offsets[e->sequences]++;
  free(wanted);
}

static void check_training(const char *directory, const expected *e, bool masked) {
  training t;
  open_training(&t, directory, e, masked);
  check_loss(&t, e);
  check_tensors_of(&t, e, directory, "gradient");
  if (masked) check_masks(&t, e);
  if (masked) check_updates(&t, e, directory);
  close_training(&t);
}

static void check_directory(const char *directory) {
  ig_error err;
  expected e = {0};
  ig_model *model, *packed;
  open_expected(&e, directory);
  if (ig_model_load(directory, &model, &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_load_packed(directory, IG_WEIGHT_TYPE_FP32, NULL, &packed, &err) != IG_OK)
    fail_msg("%s", err.message);
  const double plain = run(model, &e), of_packed = run(packed, &e);
  if (plain > TOLERANCE || of_packed > TOLERANCE)
    fail_msg("%s: %g as it stands, %g packed", directory, plain, of_packed);
  ig_model_free(model);
  ig_model_free(packed);
  check_tensors(directory, &e);
  const bool masked = strstr(directory, "_masked") != NULL;
  if (masked || strstr(directory, "_span")) check_training(directory, &e, masked);
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
