// Each part of what a checkpoint holds: a run that is stopped and goes on must end as one that was
// never stopped.
#include "train_fixture.h"

static void validation_changes_no_bit(void **state) {
  (void)state;
  ig_error err = {0};
  const char *without = "data: {train: {source: t.src, target: t.trg}, tokens: whitespace}\n";
  char text[1024];
  snprintf(text, sizeof text, "%s%s", without, strchr(configuration, '\n') + 1);
  assert_int_equal(ig_file_write("n.yml", text, strlen(text), NULL), IG_OK);
  ok(train_on("n.yml", 1, SETTINGS("train.output=never"), &err), &err);
  static const char *const intervals[] = {"train.validate_every=0", "train.validate_every=1",
                                          "train.validate_every=7"};
  for (int i = 0; i < 3; i++) {
    char output[32], weights[64], moments[64];
    snprintf(output, sizeof output, "train.output=every%d", i);
    snprintf(weights, sizeof weights, "every%d/latest/model.safetensors", i);
    snprintf(moments, sizeof moments, "every%d/latest/training.safetensors", i);
    ok(TRAIN(i + 1, false, &err, output, intervals[i]), &err);
    assert_true(same_file("never/latest/model.safetensors", weights));
    assert_true(same_file("never/latest/training.safetensors", moments));
  }
}

// Runs are stopped with and without a validation due. One that is due is begun and interrupted, and
// comes first on resume.
static void stopped_anywhere(void **state) {
  (void)state;
  ig_error err = {0};
#define WATCHED \
  "train.validate_every=3", "train.updates=10", "train.log_every=1", "train.best_metric=loss"
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, WATCHED, "train.output=straight"), &err);
  static const int stops[] = {1, 3, 4, 9, 10};  // 10: within the validation at the end
  for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
    const int at = interrupt_at = stops[i];
    assert_int_equal(TRAIN(2, false, &err, WATCHED, "train.output=bent"), IG_INTERRUPTED);
    char text[64];
    snprintf(text, sizeof text, "interrupted at update %d;", at);
    assert_non_null(strstr(err.message, text));
    assert_int_equal(json_is_true(state_of("bent/latest", "validation_due")),
                     at % 3 == 0 || at == 10);
    interrupt_at = 0;
    ok(TRAIN(1, false, &err, WATCHED, "train.output=bent"), &err);
    assert_same_run("straight", "bent");
    remove_tree("bent");
  }
}

static void patience_goes_on(void **state) {
  (void)state;
  ig_error err = {0};
  // With a learning rate of 0 no validation is better than the first: one at 2; 4, 6 and 8 in vain.
#define PATIENT \
  "train.validate_every=2", "train.patience=3", "train.learning_rate=0", "train.log_every=1"
  for (interrupt_at = 3; interrupt_at < 8; interrupt_at++) {
    assert_int_equal(TRAIN(1, false, &err, PATIENT, "train.output=patient"), IG_INTERRUPTED);
    assert_int_equal(json_integer_value(state_of("patient/latest", "worse")),
                     (interrupt_at - 1) / 2 - 1);
  }
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, PATIENT, "train.output=patient"), &err);
  assert_int_equal(json_integer_value(state_of("patient/latest", "update")), 8);
  assert_int_equal(lines_with("patient/metrics.jsonl", "\"best\":true"), 1);
  assert_int_equal(lines_with("patient/metrics.jsonl", "\"best\":false"), 3);
}

static void moved_and_alone(void **state) {
  (void)state;
  ig_error err = {0};
  const char *text =
      "data: {train: {source: t.src, target: t.trg}, valid: {source: v.src, target: v.trg}, "
      "sentencepiece: {vocab_size: 18}}\n"
      "model: {family: marian, d_model: 16, encoder_layers: 1, decoder_layers: 1, "
      "encoder_attention_heads: 2, decoder_attention_heads: 2,\n"
      "        encoder_ffn_dim: 32, decoder_ffn_dim: 32, dropout: 0.1}\n"
      "train: {updates: 6, batch_tokens: 120, learning_rate: 0.005, log_every: 1, validate_every: "
      "4}\n";
  assert_int_equal(ig_file_write("pieces.yml", text, strlen(text), NULL), IG_OK);
  interrupt_at = 0;
  ok(train_on("pieces.yml", 1, SETTINGS("train.output=stayed"), &err), &err);
  interrupt_at = 5;
  assert_int_equal(train_on("pieces.yml", 1, SETTINGS("train.output=here"), &err), IG_INTERRUPTED);
  interrupt_at = 0;
  // Only latest/ is needed: neither its old path nor the tokenizer that was trained beside it.
  assert_int_equal(mkdir("there", 0777) | rename("here/latest", "there/latest") |
                       rename("here/metrics.jsonl", "there/metrics.jsonl"),
                   0);
  remove_tree("here");
  ok(train_on("pieces.yml", 1, SETTINGS("train.output=there"), &err), &err);
  assert_false(ig_file_exists("there/sentencepiece.model"));
  assert_same_run("there", "stayed");
  assert_true(same_file("there/latest/source.spm", "stayed/latest/source.spm"));
}

static void another_target_model_is_another_run(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(ig_file_copy("stayed/latest/source.spm", "a.model", NULL) |
                       ig_file_copy("a.model", "b.model", NULL),
                   IG_OK);
#define TWO_MODELS(target)                 \
  "train.output=sides", "train.updates=2", \
      "data.sentencepiece={source: a.model, target: " target "}"
  ok(train_on("pieces.yml", 1, SETTINGS(TWO_MODELS("a.model")), &err), &err);
  assert_int_equal(train_on("pieces.yml", 1, SETTINGS(TWO_MODELS("b.model")), &err),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "data.sentencepiece.target is \"a.model\" there"));
}

// Each epoch's segmentations are drawn anew, and drawn again on resume.
static void sampled_segmentations(void **state) {
  (void)state;
  ig_error err = {0};
#define SAMPLED "train.updates=30", "data.sampling={nbest_size: 8}"
  interrupt_at = 0;
  ok(train_on("pieces.yml", 2, SETTINGS("train.output=sampled", SAMPLED), &err), &err);
  assert_true(json_integer_value(state_of("sampled/latest", "epoch")) > 0);
  for (interrupt_at = 5; interrupt_at < 30; interrupt_at += 10)
    assert_int_equal(train_on("pieces.yml", 1, SETTINGS("train.output=resampled", SAMPLED), &err),
                     IG_INTERRUPTED);
  interrupt_at = 0;
  ok(train_on("pieces.yml", 1, SETTINGS("train.output=resampled", SAMPLED), &err), &err);
  assert_same_run("sampled", "resampled");
  // The second epoch is not the first one again.
  ok(train_on("pieces.yml", 1, SETTINGS("train.output=epoch", SAMPLED, "train.epochs=1"), &err),
     &err);
  const json_int_t first = stat_of("target_tokens");
  ok(train_on("pieces.yml", 1,
              SETTINGS("train.output=epoch", "data.sampling={nbest_size: 8}", "train.updates=0",
                       "train.epochs=2"),
              &err),
     &err);
  assert_int_not_equal(stat_of("target_tokens"), first);
  ok(train_on("pieces.yml", 2, SETTINGS("train.output=unsampled", "train.updates=30"), &err), &err);
  assert_false(same_file("sampled/latest/model.safetensors", "unsampled/latest/model.safetensors"));
  assert_int_equal(
      train_on("pieces.yml", 2, SETTINGS("train.output=sampled", "train.updates=30"), &err),
      IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "data.sampling"));
}

// The run is killed after a line of metrics.jsonl and before the checkpoint of the same update.
static void metrics_have_no_double(void **state) {
  (void)state;
  ig_error err = {0};
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, "train.output=double", "train.updates=6"), &err);
  const int lines = lines_with("double/metrics.jsonl", "\"update\"");
  FILE *file = fopen("double/metrics.jsonl", "ab");
  fputs(
      "{\"update\":6,\"valid_loss\":1.0,\"valid_nll\":1.0,\"bleu\":0.0,\"chrf\":0.0,\"best\":false}"
      "\n",
      file);
  fclose(file);
  ok(TRAIN(1, false, &err, "train.output=double", "train.updates=6"), &err);
  assert_int_equal(lines_with("double/metrics.jsonl", "\"update\""), lines);
  // The last line is written even if the checkpoint of the last update exists already.
  ok(TRAIN(1, false, &err, "train.output=last", "train.updates=6", "train.save_every=6"), &err);
  assert_same_run("double", "last");
}

static void leftovers_are_cleaned(void **state) {
  (void)state;
  ig_error err = {0};
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, "train.output=left", "train.updates=4", "train.save_every=2",
           "train.keep=3"),
     &err);
  static const char *const gone[] = {"left/update-6.tmp", "left/latest.tmp", "left/best.tmp",
                                     "left/update-8.tmp"};
  for (size_t i = 0; i < 4; i++) {
    char path[64];
    snprintf(path, sizeof path, "%s/model.safetensors", gone[i]);
    assert_int_equal(mkdir(gone[i], 0777), 0);
    assert_int_equal(ig_file_write(path, "half", 4, NULL), IG_OK);
  }
  assert_int_equal(ig_file_write("left/metrics.jsonl.tmp-12-0", "half", 4, NULL), IG_OK);
  assert_int_equal(rename("left/update-2", "left/update-2.old"),
                   0);  // between the two renames of a system that cannot exchange
  assert_int_equal(mkdir("left/update-3.tmpx", 0777) | mkdir("left/update-notes", 0777), 0);
  ok(TRAIN(1, false, &err, "train.output=left", "train.updates=5", "train.save_every=2",
           "train.keep=3"),
     &err);
  for (size_t i = 0; i < 4; i++) assert_false(ig_file_exists(gone[i]));
  assert_false(ig_file_exists("left/metrics.jsonl.tmp-12-0"));
  assert_true(ig_file_exists("left/update-2/model.safetensors") &&
              ig_file_exists("left/update-4/model.safetensors"));
  assert_true(ig_file_exists("left/update-3.tmpx") &&
              ig_file_exists("left/update-notes"));  // not ours
}

static void comparison_begins_anew(void **state) {
  (void)state;
  ig_error err = {0};
#define COMPARED "train.output=kinds", "train.validate_every=4"
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, COMPARED, "train.updates=8"), &err);
  ok(TRAIN(1, false, &err, COMPARED, "train.updates=9"), &err);
  assert_string_equal(warning, "");
  char aside[32];
  snprintf(aside, sizeof aside, "kinds/best-%d",
           (int)json_integer_value(state_of("kinds/latest", "best_update")));
  assert_int_equal(ig_file_copy("kinds/best/model.safetensors", "best.before", NULL), IG_OK);
  ok(TRAIN(1, false, &err, COMPARED, "train.updates=12", "train.best_metric=loss"), &err);
  assert_non_null(strstr(warning, "train.best_metric has changed"));
  assert_non_null(strstr(warning, aside));
  assert_int_equal(json_integer_value(state_of("kinds/latest", "best_update")), 12);
  strcat(aside, "/model.safetensors");
  assert_true(same_file(aside, "best.before"));
  assert_false(same_file("kinds/best/model.safetensors", "best.before"));
  write_pairs("w.src", "w.trg", 9, 20);
  // Even a run with nothing left to do gets a best model of the new kind.
  ok(TRAIN(1, false, &err, COMPARED, "train.updates=12", "train.best_metric=loss",
           "data.valid={source: w.src, target: w.trg}"),
     &err);
  assert_non_null(strstr(warning, "data.valid has changed"));
  assert_true(ig_file_exists("kinds/best-12/model.safetensors") &&
              ig_file_exists("kinds/best/model.safetensors"));
}

static void equal_scores_are_told_apart_by_the_loss(void **state) {
  (void)state;
  ig_error err = {0};
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, "train.output=tie", "train.validate_every=4", "train.learning_rate=1e-5",
           "train.warmup=0"),
     &err);
  json_t *lines = metrics("tie/metrics.jsonl"), *line;
  size_t i;
  int validations = 0;
  double bleu = 0, loss = INFINITY;
  json_array_foreach(lines, i, line) {
    const json_t *score = json_object_get(line, "bleu");
    if (!score) continue;
    if (validations++ == 0) bleu = json_real_value(score);
    assert_true(json_real_value(score) == bleu);  // this rate is too small to change a translation
    assert_int_equal(json_is_true(json_object_get(line, "best")),
                     json_real_value(json_object_get(line, "valid_loss")) < loss);
    loss = fmin(loss, json_real_value(json_object_get(line, "valid_loss")));
  }
  json_decref(lines);
  assert_int_equal(validations, 6);
  assert_true(json_integer_value(state_of("tie/latest", "best_update")) > 4);
}

// It is not refused, for the run may have to go on on another machine; but there is a warning,
// once.
static void another_instruction_set_is_told(void **state) {
  (void)state;
  ig_error err = {0};
  const char *isa = getenv("IG_ISA");
  char before[32];
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, "train.output=isa", "train.updates=2"), &err);
  snprintf(before, sizeof before, "%s", json_string_value(state_of("isa/latest", "isa")));
  ok(TRAIN(1, false, &err, "train.output=isa", "train.updates=3"), &err);
  assert_string_equal(warning, "");
  char kept[32];
  snprintf(kept, sizeof kept, "%s", isa ? isa : "");
  assert_int_equal(setenv("IG_ISA", "reference", 1), 0);
  ok(TRAIN(1, false, &err, "train.output=isa", "train.updates=4"), &err);
  if (strcmp(before, "reference") != 0) {
    assert_non_null(strstr(warning, before));
    assert_non_null(strstr(warning, "goes on with reference: results will not be bit-equal"));
  }
  ok(TRAIN(1, false, &err, "train.output=isa", "train.updates=5"), &err);
  assert_string_equal(warning, "");
  assert_int_equal(isa ? setenv("IG_ISA", kept, 1) : unsetenv("IG_ISA"), 0);
}

static bool is_supported(const char *isa) {
  const char *name;
  for (size_t i = 0; (name = ig_isa_supported(i)) != NULL; i++)
    if (strcmp(name, isa) == 0) return true;
  return false;
}

// Where both train with the same bits, which this test compares, there is nothing to warn of.
static void an_instruction_set_of_the_same_bits_is_not_told(void **state) {
  (void)state;
  static const char *const pairs[][2] = {{"avx512_vnni", "avx512_bf16"}, {"avx2", "avx_vnni"}};
  ig_error err = {0};
  const char *isa = getenv("IG_ISA");
  char kept[32], output[40], whole[60], other[60];
  snprintf(kept, sizeof kept, "%s", isa ? isa : "");
  interrupt_at = 0;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    if (!is_supported(pairs[i][0]) || !is_supported(pairs[i][1])) continue;
    assert_int_equal(setenv("IG_ISA", pairs[i][0], 1), 0);
    snprintf(output, sizeof output, "train.output=whole-%s", pairs[i][0]);
    ok(TRAIN(1, false, &err, output, "train.updates=4"), &err);
    snprintf(output, sizeof output, "train.output=other-%s", pairs[i][0]);
    ok(TRAIN(1, false, &err, output, "train.updates=2"), &err);
    assert_int_equal(setenv("IG_ISA", pairs[i][1], 1), 0);
    ok(TRAIN(1, false, &err, output, "train.updates=4"), &err);
    assert_string_equal(warning, "");
    snprintf(whole, sizeof whole, "whole-%s/latest/model.safetensors", pairs[i][0]);
    snprintf(other, sizeof other, "other-%s/latest/model.safetensors", pairs[i][0]);
    assert_true(same_file(whole, other));
  }
  assert_int_equal(isa ? setenv("IG_ISA", kept, 1) : unsetenv("IG_ISA"), 0);
}

// An interruption is meant for the runs that have its interrupter.
static void an_interruption_of_another_is_void(void **state) {
  (void)state;
  ig_error err = {0};
  ig_interrupter *another;
  interrupt_at = 0;
  ok(ig_interrupter_create(&another, &err), &err);
  ig_interrupt(another);
  ok(TRAIN(1, false, &err, "train.output=fresh", "train.updates=3"), &err);
  static const char *const set[] = {"train.output=stopped"};
  const ig_train_options options = {.set = set, .set_count = 1, .interrupter = another};
  assert_int_equal(ig_train("c.yml", &options, &err), IG_INTERRUPTED);
  ig_interrupter_reset(another);
  ok(ig_train("c.yml", &options, &err), &err);
  ig_interrupter_free(another);
}

static void interrupted_before_the_first_update(void **state) {
  (void)state;
  ig_error err = {0};
  static const char *const moments[] = {"training SentencePiece", "data: "};
  for (int i = 0; i < 2; i++) {
    interrupt_on = moments[i];
    assert_int_equal(train_on("pieces.yml", 1, SETTINGS("train.output=early"), &err),
                     IG_INTERRUPTED);
    assert_non_null(strstr(err.message, "before the first update"));
    assert_false(ig_file_exists("early/latest"));
  }
  interrupt_on = NULL;
  ok(train_on("pieces.yml", 1, SETTINGS("train.output=early"), &err), &err);
  assert_same_run("early", "stayed");
}

static void failed_starts_leave_nothing(void **state) {
  (void)state;
  ig_error err = {0};
  interrupt_at = 0;
  assert_int_equal(mkdir("mine", 0777), 0);
  static const char *const outputs[] = {"train.output=a/b//c/", "train.output=mine/d",
                                        "train.output=mine"};
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(TRAIN(1, false, &err, outputs[i], "data.max_length=1"), IG_ERROR_FORMAT);
  assert_false(ig_file_exists("a"));
  assert_false(ig_file_exists("mine/d"));
  assert_true(ig_file_exists("mine"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(validation_changes_no_bit),
      cmocka_unit_test(stopped_anywhere),
      cmocka_unit_test(patience_goes_on),
      cmocka_unit_test(moved_and_alone),
      cmocka_unit_test(another_target_model_is_another_run),
      cmocka_unit_test(sampled_segmentations),
      cmocka_unit_test(metrics_have_no_double),
      cmocka_unit_test(leftovers_are_cleaned),
      cmocka_unit_test(comparison_begins_anew),
      cmocka_unit_test(equal_scores_are_told_apart_by_the_loss),
      cmocka_unit_test(another_instruction_set_is_told),
      cmocka_unit_test(an_instruction_set_of_the_same_bits_is_not_told),
      cmocka_unit_test(an_interruption_of_another_is_void),
      cmocka_unit_test(interrupted_before_the_first_update),
      cmocka_unit_test(failed_starts_leave_nothing),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
