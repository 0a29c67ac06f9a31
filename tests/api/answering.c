// Models that answer questions, and that something is wrong with.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "answer_fixture.h"

static char directory[] = "/tmp/ingot-answering-XXXXXX";
static ig_error err;
static const ig_question question = {"who ?", "a b c d e"};

static void done(ig_status status) {
  if (status != IG_OK) fail_msg("%s", err.message);
}

static int make_directory(void **state) {
  (void)state;
  return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", directory);
  return system(command);
}

// A context has the second type: of a model with one there would be no row for it.
static void types_are_as_many(void **state) {
  (void)state;
  ig_answerer *answerer;
  ig_answers found;
  done(save_answer_model(directory, 1, &err));
  assert_int_equal(open_answerer(directory, NULL, &answerer, &err), IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "contexts the type 1, but the model has 1 of them"));
  assert_non_null(strstr(err.message, directory));
  for (int types = 0; types <= 3; types += types ? 1 : 2) {
    done(save_answer_model(directory, types, &err));
    done(open_answerer(directory, NULL, &answerer, &err));
    done(ig_answerer_run(answerer, &question, 1, &found, &err));
    assert_int_equal(found.chosen, 0);
    ig_answers_free(&found);
    ig_answerer_free(answerer);
  }
}

// The same for whoever trains by batches of his own.
static void batches_have_no_other_types(void **state) {
  (void)state;
  static const int ids[] = {2, 5, 3, 7, 3}, offsets[] = {0, 5}, spans[] = {3, 3, 3, 3, 3, 0},
                   span_offsets[] = {0, 3};
  ig_batch batch = {1, ids, offsets, spans, spans, span_offsets, NULL};
  ig_model *model;
  ig_trainer *trainer;
  ig_loss loss;
  done(save_answer_model(directory, 1, &err));
  done(ig_model_load(directory, &model, &err));
  done(ig_trainer_create(model, NULL, &trainer, &err));
  assert_int_equal(ig_trainer_forward(trainer, &batch, NULL, &loss, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "the model has one type of tokens"));
  batch.target_input = batch.target_output = spans + 3;
  done(ig_trainer_forward(trainer, &batch, NULL, &loss, &err));
  ig_trainer_free(trainer);
  ig_model_free(model);
}

// Masks are of sequences of one length, of encoders too.
static void masks_are_checked(void **state) {
  (void)state;
  static const int ids[] = {2, 5, 3, 7, 3}, offsets[] = {0, 2, 5}, spans[6] = {0},
                   span_offsets[] = {0, 3, 6};
  static const unsigned char hidden[5] = {0};
  const ig_masks masks = {.src_key_padding = {.boolean = hidden}};
  const ig_batch batch = {2, ids, offsets, spans, spans, span_offsets, &masks};
  ig_model *model;
  ig_trainer *trainer;
  ig_loss loss;
  done(save_answer_model(directory, 2, &err));
  done(ig_model_load(directory, &model, &err));
  done(ig_trainer_create(model, NULL, &trainer, &err));
  assert_int_equal(ig_trainer_forward(trainer, &batch, NULL, &loss, &err), IG_ERROR_ARGUMENT);
  ig_trainer_free(trainer);
  ig_model_free(model);
}

// Numbers that no answers can be compared by are no answers, and no lack of memory.
static void logits_are_numbers(void **state) {
  (void)state;
  ig_model *model;
  ig_tensor_view bias;
  done(save_answer_model(directory, 2, &err));
  done(ig_model_load(directory, &model, &err));
  done(ig_model_find(model, "qa_outputs.bias", &bias, &err));
  bias.values[1] = 3e38f;
  done(ig_model_save(model, directory, "float32", &err));
  ig_model_free(model);
  for (int kind = IG_POST_PROCESSING_PIPELINE; kind <= IG_POST_PROCESSING_RUN_QA; kind++) {
    ig_answerer *answerer;
    ig_answers found;
    ig_answerer_options options = ig_answerer_options_default();
    options.post_processing = (ig_post_processing)kind;
    done(open_answerer(directory, &options, &answerer, &err));
    assert_int_equal(ig_answerer_run(answerer, &question, 1, &found, &err), IG_ERROR_DIVERGED);
    assert_non_null(strstr(err.message, "token 1 of a window has the logit 3e+38"));
    assert_int_equal(found.count, 0);
    ig_answerer_free(answerer);
  }
}

// Encoders give no text.
static void nothing_is_generated(void **state) {
  (void)state;
  static const int ids[] = {2, 5, 3};
  ig_model *model;
  ig_translator *translator;
  int out[8], length;
  const ig_generate_args args = {.source = ids, .source_length = 3, .max_length = 8};
  done(save_answer_model(directory, 2, &err));
  done(ig_model_load(directory, &model, &err));
  assert_int_equal(ig_generate(model, &args, out, &length, &err), IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "encoder without a decoder"));
  ig_model_free(model);
  assert_int_equal(ig_translator_open(directory, NULL, &translator, &err), IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "encoder without a decoder"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_are_as_many), cmocka_unit_test(batches_have_no_other_types),
      cmocka_unit_test(masks_are_checked), cmocka_unit_test(logits_are_numbers),
      cmocka_unit_test(nothing_is_generated)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
