// The conventions of the public header: a failed function leaves NULL or 0 in its output; NULL
// options are the defaults; NULL for something that is needed is an error that names it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "ingot_score.h"
#include "model_fixture.h"

static ig_error err;

static ig_config small(void) {
  return torch_config((ig_torch_options){11, 8, 2, 1, 1, 8, 0, false, NULL});
}

// What *out holds before the call: an address that nobody may free.
static void *garbage(void) { return (void *)&err; }

static void failed(ig_status status, ig_status expected, const char *word) {
  assert_int_equal(status, expected);
  assert_int_equal(err.status, expected);
  if (!strstr(err.message, word)) fail_msg("'%s' is not in '%s'", word, err.message);
}

static void a_failed_constructor_leaves_null(void **state) {
  (void)state;
  ig_model *model = garbage();
  ig_trainer *trainer = garbage();
  ig_translator *translator = garbage();
  // Three heads do not divide d_model.
  const ig_torch_options nonsense = {11, 8, 3, 1, 1, 8, 0, false, NULL};
  ig_config *impossible = garbage();
  failed(ig_config_torch(&nonsense, &impossible, &err), IG_ERROR_ARGUMENT, "heads");
  assert_null(impossible);
  ig_config wrong = small();
  wrong.encoder.self.heads = 3;
  failed(ig_model_create(&wrong, 1, &model, &err), IG_ERROR_ARGUMENT, "heads");
  assert_null(model);
  model = garbage();
  failed(ig_model_load("/nonexistent", &model, &err), IG_ERROR_IO, "/nonexistent");
  assert_null(model);
  failed(ig_translator_open("/nonexistent", NULL, &translator, &err), IG_ERROR_IO, "/nonexistent");
  assert_null(translator);
  translator = garbage();
  ig_translator_options options = ig_translator_options_default();
  options.beam_size = -1;
  failed(ig_translator_open("/nonexistent", &options, &translator, &err), IG_ERROR_ARGUMENT,
         "beam_size");
  assert_null(translator);
  const ig_config config = small();
  assert_int_equal(ig_model_create(&config, 1, &model, &err), IG_OK);
  ig_trainer_options smooth = ig_trainer_options_default();
  smooth.label_smoothing = 2;
  failed(ig_trainer_create(model, &smooth, &trainer, &err), IG_ERROR_ARGUMENT, "label_smoothing");
  ig_trainer_options compute = ig_trainer_options_default();
  compute.compute = "bf16";
  failed(ig_trainer_create(model, &compute, &trainer, &err), IG_ERROR_ARGUMENT, "bfloat16");
  assert_null(trainer);
  const char *const names[] = {"embeddings", NULL, "encoder.layers.1"};
  const ig_group_options groups[] = {{.freeze_count = 1},
                                     {.freeze = names, .freeze_count = 2},
                                     {.freeze = names + 2, .freeze_count = 1},
                                     {.no_decay = names + 2, .no_decay_count = 1},
                                     {.layer_decay = -0.5},
                                     {.layer_decay = NAN}};
  static const char *const words[] = {"freeze",   "freeze",      "layers 0 to 0",
                                      "no_decay", "layer_decay", "layer_decay"};
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
    ig_trainer_options grouped = ig_trainer_options_default();
    grouped.groups = groups[i];
    trainer = garbage();
    failed(ig_trainer_create(model, &grouped, &trainer, &err), IG_ERROR_ARGUMENT, words[i]);
    assert_null(trainer);
  }
  ig_tensor_view view = {.name = garbage()};
  failed(ig_model_find(model, "nothing", &view, &err), IG_ERROR_ARGUMENT, "nothing");
  assert_null(view.name);
  view.name = garbage();
  failed(ig_model_tensor(model, 1000000, &view, &err), IG_ERROR_ARGUMENT, "1000000");
  assert_null(view.name);
  int ids[4], length = 7;
  const ig_generate_args generate = {
      .source = (const int[]){3}, .source_length = 1, .max_length = -1};
  failed(ig_generate(model, &generate, ids, &length, &err), IG_ERROR_ARGUMENT, "max_length");
  assert_int_equal(length, 0);
  ig_model_free(model);
}

static void a_failed_measurement_gives_zero(void **state) {
  (void)state;
  const char *name = garbage(), *lines[] = {"a"};
  ig_score score = {.value = 7};
  setenv("IG_ISA", "abacus", 1);
  failed(ig_isa_name(&name, &err), IG_ERROR_ARGUMENT, "abacus");
  unsetenv("IG_ISA");
  failed(ig_score_lines(&(ig_score_options){.tokenize = "nothing"}, lines, lines, 1, &score, &err),
         IG_ERROR_ARGUMENT, "tokenize");
  assert_null(name);
  assert_true(score.value == 0);
}

static void null_where_something_is_needed_is_an_error(void **state) {
  (void)state;
  ig_model *model = garbage();
  ig_trainer *trainer = garbage();
  ig_translator *translator = garbage();
  char *text = garbage();
  failed(ig_model_create(NULL, 1, &model, &err), IG_ERROR_ARGUMENT, "config");
  assert_null(model);
  model = garbage();
  failed(ig_model_load(NULL, &model, &err), IG_ERROR_ARGUMENT, "directory");
  assert_null(model);
  failed(ig_model_save(NULL, "/nonexistent", "float32", &err), IG_ERROR_ARGUMENT, "model");
  failed(ig_trainer_create(NULL, NULL, &trainer, &err), IG_ERROR_ARGUMENT, "model");
  assert_null(trainer);
  failed(ig_trainer_update(NULL, 0, NULL, &err), IG_ERROR_ARGUMENT, "trainer");
  failed(ig_translator_open(NULL, NULL, &translator, &err), IG_ERROR_ARGUMENT, "directory");
  assert_null(translator);
  failed(ig_translate(NULL, "text", &text, &err), IG_ERROR_ARGUMENT, "translator");
  assert_null(text);
  failed(ig_train(NULL, NULL, &err), IG_ERROR_ARGUMENT, "config_path");
  failed(ig_train("/nonexistent.yml", NULL, &err), IG_ERROR_IO, "/nonexistent.yml");
  ig_score score;
  const char *lines[] = {"a", NULL};
  failed(ig_score_lines(NULL, NULL, lines, 1, &score, &err), IG_ERROR_ARGUMENT, "hypotheses");
  failed(ig_score_lines(NULL, lines, NULL, 1, &score, &err), IG_ERROR_ARGUMENT, "references");
  failed(ig_score_lines(NULL, lines, lines, 2, &score, &err), IG_ERROR_ARGUMENT, "line 2");
}

static void null_options_are_the_defaults(void **state) {
  (void)state;
  const char *lines[] = {"the cat sat on the mat"};
  ig_score score;
  assert_int_equal(ig_score_lines(NULL, lines, lines, 1, &score, &err), IG_OK);
  assert_true(fabs(score.value - 100) < 1e-6 && strncmp(score.line, "BLEU", 4) == 0);
  const ig_config config = small();
  ig_model *model;
  ig_trainer *trainer;
  assert_int_equal(ig_model_create(&config, 1, &model, &err), IG_OK);
  assert_int_equal(ig_trainer_create(model, NULL, &trainer, &err), IG_OK);
  ig_trainer_free(trainer);
  ig_model_free(model);
}

// Each member is left out in turn. The whole batch shows that nothing else is wrong with it.
static void a_batch_says_what_it_lacks(void **state) {
  (void)state;
  static const int ids[] = {3, 4}, offsets[] = {0, 2};
  const ig_batch whole = {1, ids, offsets, ids, ids, offsets, NULL};
  const ig_config config = small();
  ig_model *model;
  ig_trainer *trainer;
  ig_loss loss = {.loss = 7};
  assert_int_equal(ig_model_create(&config, 1, &model, &err), IG_OK);
  assert_int_equal(ig_trainer_create(model, NULL, &trainer, &err), IG_OK);
  failed(ig_trainer_forward(trainer, NULL, NULL, &loss, &err), IG_ERROR_ARGUMENT, "batch");
  assert_true(loss.loss == 0);
  failed(ig_trainer_accumulate(trainer, NULL, 0, NULL, &err), IG_ERROR_ARGUMENT, "batch");
  static const char *const names[] = {"source", "source_offsets", "target_input", "target_offsets"};
  for (int i = 0; i < 4; i++) {
    ig_batch lacking = whole;
    if (i == 0) lacking.source = NULL;
    if (i == 1) lacking.source_offsets = NULL;
    if (i == 2) lacking.target_input = NULL;
    if (i == 3) lacking.target_offsets = NULL;
    char message[64];
    snprintf(message, sizeof message, "%s:", names[i]);
    failed(ig_trainer_forward(trainer, &lacking, NULL, NULL, &err), IG_ERROR_ARGUMENT, message);
    failed(ig_trainer_accumulate(trainer, &lacking, 0, NULL, &err), IG_ERROR_ARGUMENT, message);
  }
  assert_int_equal(ig_trainer_forward(trainer, &whole, NULL, &loss, &err), IG_OK);
  assert_true(loss.loss > 0 && loss.tokens == 2);
  ig_trainer_free(trainer);
  ig_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_failed_constructor_leaves_null),
      cmocka_unit_test(a_failed_measurement_gives_zero),
      cmocka_unit_test(null_where_something_is_needed_is_an_error),
      cmocka_unit_test(null_options_are_the_defaults),
      cmocka_unit_test(a_batch_says_what_it_lacks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
