// Whole runs of ig_train on a toy task: interruption, resumption, accumulation, validation,
// fine-tuning, errors that leave things as they were.
#include "train_fixture.h"

static void interrupted_and_resumed(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=whole", "train.validate_every=10"), &err);
  assert_int_equal(stat_of("updates"), 24);
  assert_int_equal(TRAIN(2, true, &err, "train.output=parts", "train.validate_every=0"),
                   IG_INTERRUPTED);
  const json_int_t first = stat_of("updates");
  assert_in_range(first, 1, 23);
  assert_true(ig_file_exists("parts/latest/model.safetensors"));
  ok(TRAIN(3, false, &err, "train.output=parts", "train.updates=15"), &err);  // raised below
  ok(TRAIN(1, false, &err, "train.output=parts"), &err);
  assert_true(same_file("whole/latest/model.safetensors", "parts/latest/model.safetensors"));
  assert_true(same_file("whole/latest/training.safetensors", "parts/latest/training.safetensors"));
  assert_false(ig_file_exists("parts/latest.tmp"));
  // The negative control: the bits do depend on what they should depend on.
  ok(TRAIN(1, false, &err, "train.output=seed", "train.seed=2"), &err);
  assert_false(same_file("whole/latest/model.safetensors", "seed/latest/model.safetensors"));
}

static void metrics_are_cut_back(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=cut", "train.updates=8"), &err);
  const int lines = lines_with("cut/metrics.jsonl", "\"update\"");
  FILE *file = fopen("cut/metrics.jsonl", "ab");
  fputs("{\"update\":12,\"loss\":1.0}\n{\"upd", file);  // a crash after the checkpoint
  fclose(file);
  ok(TRAIN(1, false, &err, "train.output=cut", "train.updates=8"), &err);
  assert_int_equal(lines_with("cut/metrics.jsonl", "\"upd"), lines);
  assert_int_equal(lines_with("cut/metrics.jsonl", "gradient_norm"), 2);
}

static void append(void *context, const char *line) { fprintf(context, "%s\n", line); }

static void metrics_are_told(void **state) {
  (void)state;
  ig_error err = {0};
  FILE *told = fopen("told.jsonl", "wb");
  const char *const set[] = {"train.output=told", "train.updates=8", "train.validate_every=4"};
  const ig_train_options options = {
      .set = set, .set_count = 3, .threads = 1, .metrics = append, .metrics_context = told};
  ok(ig_train("c.yml", &options, &err), &err);
  fclose(told);
  assert_true(lines_with("told.jsonl", "\"update\"") > 2);
  assert_true(same_file("told.jsonl", "told/metrics.jsonl"));
}

static void another_run_is_refused(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=mine", "train.updates=3"), &err);
  assert_int_equal(
      TRAIN(1, false, &err, "train.output=mine", "train.updates=3", "train.learning_rate=0.004"),
      IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "train.learning_rate is 0.005 there, 0.004 now (--set)."));
  assert_non_null(strstr(err.message, "model: {init: mine/latest} and another train.output"));
  assert_int_equal(TRAIN(1, false, &err, "train.output=mine", "model.d_model=32"),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "model.d_model is 16 there, 32 now (--set)."));
  assert_null(strstr(err.message, "init"));  // its weights have other sizes
  const ig_train_options options = {.threads = 1};
  const char *text =
      "data: {train: {source: t.src, target: t.trg}, valid: {source: v.src, target: v.trg}, "
      "tokens: whitespace}\n"
      "model: {family: marian, d_model: 16, encoder_layers: 1, decoder_layers: 1, "
      "encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 32, "
      "decoder_ffn_dim: 32,\n"
      "        dropout: 0.3}\n"
      "train: {output: mine, updates: 3, batch_tokens: 120, learning_rate: 0.005, schedule: "
      "inverse_sqrt, warmup: 5}\n";
  assert_int_equal(ig_file_write("other.yml", text, strlen(text), NULL), IG_OK);
  assert_int_equal(ig_train("other.yml", &options, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "model.dropout is 0.1 there, 0.3 now (other.yml:3)."));
  write_pairs("u.src", "u.trg", 3, 400);
  assert_int_equal(TRAIN(1, false, &err, "train.output=mine", "data.train.source=u.src",
                         "data.train.target=u.trg"),
                   IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "other data than data.train holds now (c.yml:1)."));
  ok(TRAIN(1, false, &err, "train.output=mine", "train.updates=4", "train.save_every=2"), &err);
  assert_int_equal(stat_of("updates"), 1);
}

// The largest distance between values of two models.
static double distance(const char *left, const char *right) {
  const char *directories[] = {left, right};
  ig_model *model[2];
  double most = 0;
  ig_error err = {0};
  for (int i = 0; i < 2; i++) ok(ig_model_load(directories[i], &model[i], &err), &err);
  for (size_t t = 0; t < ig_model_tensors(model[0]); t++) {
    ig_tensor_view a, b;
    ok(ig_model_tensor(model[0], t, &a, &err), &err);
    ok(ig_model_tensor(model[1], t, &b, &err), &err);
    const size_t count = a.shape[0] * (a.rank > 1 ? a.shape[1] : 1);
    for (size_t i = 0; i < count; i++)
      most = fmax(most, fabs((double)a.values[i] - (double)b.values[i]));
  }
  for (int i = 0; i < 2; i++) ig_model_free(model[i]);
  return most;
}

static void accumulation_equals_a_large_batch(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(ig_file_write("two.src", "1 2 3\n4 5 6\n", 12, NULL), IG_OK);
  assert_int_equal(ig_file_write("two.trg", "3 2 1\n6 5 4\n", 12, NULL), IG_OK);
#define TWO                                                                              \
  "data.train={source: two.src, target: two.trg}", "model.dropout=0", "train.updates=5", \
      "train.adam_eps=0.001"  // reduces the influence of rounding
  ok(TRAIN(1, false, &err, TWO, "train.output=large", "train.batch_tokens=8"), &err);
  assert_int_equal(stat_of("target_tokens"), 5 * 8);
  ok(TRAIN(1, false, &err, TWO, "train.output=small", "train.batch_tokens=4", "train.accumulate=2"),
     &err);
  assert_int_equal(stat_of("target_tokens"), 5 * 8);
  ok(TRAIN(1, false, &err, TWO, "train.output=half", "train.batch_tokens=4"), &err);
  assert_true(distance("large/latest", "small/latest") < 1e-5);
  assert_true(distance("large/latest", "half/latest") > 1e-4);
}

static void validation_keeps_the_best(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(2, false, &err, "train.output=best-run", "train.validate_every=8",
           "train.best_metric=loss", "train.save_every=5", "train.keep=2"),
     &err);
  assert_int_equal(lines_with("best-run/metrics.jsonl", "valid_loss"), 3);
  assert_int_equal(lines_with("best-run/metrics.jsonl", "\"bleu\""), 3);
  assert_true(ig_file_exists("best-run/best/model.safetensors"));
  assert_false(ig_file_exists("best-run/best/training.json"));
  assert_false(ig_file_exists("best-run/update-10"));
  assert_true(ig_file_exists("best-run/update-15/config.json") &&
              ig_file_exists("best-run/update-20/vocab.json"));
  // With a learning rate of 0 no validation is better than the first.
  ok(TRAIN(1, false, &err, "train.output=patient", "train.validate_every=2", "train.patience=3",
           "train.learning_rate=0"),
     &err);
  assert_int_equal(stat_of("updates"), 8);
  assert_int_equal(lines_with("patient/metrics.jsonl", "\"best\":true"), 1);
}

static void epochs_end(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=epochs", "train.updates=0", "train.epochs=2"), &err);
  int words = 0, pairs = 0;
  FILE *file = fopen("t.trg", "rb");
  for (int c; (c = fgetc(file)) != EOF;) {
    words += c >= '0' && c <= '9';
    pairs += c == '\n';
  }
  fclose(file);
  assert_int_equal(stat_of("target_tokens"), 2 * (words + pairs));
}

static void fine_tuning(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=base", "train.updates=6"), &err);
  const char *text =
      "data: {train: {source: t.src, target: t.trg}}\nmodel: {init: base/latest, dropout: 0.2}\n"
      "train: {output: tuned, updates: 2, batch_tokens: 120, learning_rate: 0}\n";
  assert_int_equal(ig_file_write("tune.yml", text, strlen(text), NULL), IG_OK);
  const ig_train_options options = {.threads = 1};
  interrupt_after = 0;
  ok(ig_train("tune.yml", &options, &err), &err);
  assert_true(
      same_file("base/latest/model.safetensors",
                "tuned/latest/model.safetensors"));  // a learning rate of 0 leaves it as it was
  assert_int_equal(lines_with("tuned/latest/config.json", "\"dropout\": 0.2"), 1);
}

// As an older version wrote the file: weights may be changed then.
static void forget_hashes(const char *path) {
  json_t *state;
  assert_int_equal(ig_json_load(path, &state, NULL), IG_OK);
  assert_int_equal(json_object_del(state, "files") + json_object_del(state, "hash"), 0);
  assert_int_equal(ig_json_save(path, state, 17, NULL), IG_OK);
  json_decref(state);
}

static void divergence_overwrites_nothing(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=far", "train.updates=2", "train.learning_rate=1000",
           "train.warmup=1000000000"),
     &err);
  forget_hashes("far/latest/training.json");
  assert_int_equal(ig_file_copy("far/latest/training.json", "before.json", NULL), IG_OK);
  // Weights at the end of float's range represent whatever makes a run diverge: the loss of the
  // next update is not a number.
  ig_model *model;
  ok(ig_model_load("far/latest", &model, &err), &err);
  ig_tensor_view view;
  ok(ig_model_tensor(model, 0, &view, &err), &err);
  for (int i = 0; i < 300; i++) view.values[i] = 3e38f;
  ok(ig_model_save(model, "far/latest", "float32", &err), &err);
  ig_model_free(model);
  assert_int_equal(TRAIN(1, false, &err, "train.output=far", "train.updates=9",
                         "train.learning_rate=1000", "train.warmup=1000000000"),
                   IG_ERROR_DIVERGED);
  assert_non_null(strstr(err.message, "update 3"));
  assert_non_null(strstr(err.message, "learning_rate"));
  assert_true(same_file("far/latest/training.json", "before.json"));
}

// With such rates the loss is large, but always a number.
static void a_runaway_loss_stops_the_run(void **state) {
  (void)state;
  ig_error err = {0};
#define RUNAWAY                                                                              \
  "train.learning_rate=30", "train.warmup=0", "train.schedule=constant", "train.updates=12", \
      "train.log_every=1"
#define KEEPING "train.save_every=1", "train.keep=50"
  assert_int_equal(
      TRAIN(1, false, &err, RUNAWAY, KEEPING, "train.output=away", "train.divergence_updates=5"),
      IG_ERROR_DIVERGED);
  assert_non_null(strstr(err.message, "for 5 updates in a row has been above"));
  int update = 0, held = 0;
  assert_int_equal(sscanf(err.message, "update %d:", &update), 1);
  const char *holds = strstr(err.message, "holds the state of update ");
  assert_non_null(holds);
  assert_int_equal(sscanf(holds, "holds the state of update %d", &held), 1);
  assert_int_equal(held, update - 5);  // the last one whose loss was not too high
  char path[64];
  snprintf(path, sizeof path, "away/update-%d", held);
  assert_true(ig_file_exists(path));
  snprintf(path, sizeof path, "away/update-%d", held + 1);
  assert_false(ig_file_exists(path));
  // Resumed, it stops at the same update again; with the rule switched off, it goes on to the end.
  assert_int_equal(
      TRAIN(1, false, &err, RUNAWAY, KEEPING, "train.output=away", "train.divergence_updates=5"),
      IG_ERROR_DIVERGED);
  ok(TRAIN(1, false, &err, RUNAWAY, "train.output=away", "train.divergence_factor=0"), &err);
}

// An interruption while the loss is high keeps the checkpoint from before it.
static void an_interrupted_runaway_saves_nothing(void **state) {
  (void)state;
  ig_error err = {0};
  interrupt_at = 9;
  assert_int_equal(TRAIN(1, false, &err, RUNAWAY, "train.save_every=1", "train.output=wild",
                         "train.divergence_updates=50"),
                   IG_INTERRUPTED);
  interrupt_at = 0;
  assert_non_null(strstr(err.message, "too high to save"));
  // With the rule switched off, both are saved at the end.
  ok(TRAIN(1, false, &err, RUNAWAY, "train.save_every=1", "train.output=wild",
           "train.divergence_factor=0"),
     &err);
  ok(TRAIN(1, false, &err, RUNAWAY, "train.output=tame", "train.divergence_factor=0"), &err);
  assert_true(same_file("wild/latest/model.safetensors", "tame/latest/model.safetensors"));
}

// So does the end of a run: at the least, the weights that it began with stay.
static void a_finished_runaway_saves_nothing(void **state) {
  (void)state;
  ig_error err = {0};
  interrupt_at = 0;
  ok(TRAIN(1, false, &err, RUNAWAY, KEEPING, "train.output=ended", "train.divergence_updates=50"),
     &err);
  int update = 0, held = 0;
  const char *told = strstr(warning, "too high to save the last update, ");
  assert_non_null(told);
  assert_int_equal(
      sscanf(told,
             "too high to save the last update, %d; ended/latest holds the state of update %d",
             &update, &held),
      2);
  assert_int_equal(update, 12);
  assert_in_range(held, 1, 11);
  char model[64];
  snprintf(model, sizeof model, "ended/update-%d/model.safetensors", held);
  assert_true(same_file("ended/latest/model.safetensors", model));
  ok(TRAIN(1, false, &err, RUNAWAY, "train.output=first", "train.divergence_updates=50"), &err);
  assert_non_null(strstr(warning, "first/latest holds the state of update 0"));
}

static void stop_and_block(void *context, const ig_progress *p) {
  (void)context, (void)p;
  mkdir("blocked.json", 0777);
  ig_interrupt(interrupter);
}

static void statistics_that_cannot_be_written_are_told(void **state) {
  (void)state;
  ig_error err = {0};
  static const char *const set[] = {"train.output=blocked"};
  const ig_train_options options = {.set = set,
                                    .set_count = 1,
                                    .threads = 1,
                                    .stats_path = "blocked.json",
                                    .interrupter = interrupter,
                                    .reporter = {.progress = stop_and_block, .message = message}};
  warning[0] = '\0';
  assert_int_equal(ig_train("c.yml", &options, &err), IG_INTERRUPTED);
  assert_non_null(strstr(err.message, "interrupted at update"));
  assert_non_null(strstr(warning, "the statistics are not written: blocked.json"));
}

static void torch_family_and_sentencepiece(void **state) {
  (void)state;
  ig_error err = {0};
  const char *text =
      "data: {train: {source: t.src, target: t.trg}, valid: {source: v.src, target: v.trg}, "
      "sentencepiece: {vocab_size: 18}}\n"
      "model: {family: torch, d_model: 16, nhead: 2, num_encoder_layers: 1, num_decoder_layers: 1, "
      "dim_feedforward: 32}\n"
      "train: {output: pieces, updates: 3, batch_tokens: 120}\n";
  assert_int_equal(ig_file_write("torch.yml", text, strlen(text), NULL), IG_OK);
  const ig_train_options options = {.threads = 2};
  interrupt_after = 0;
  ok(ig_train("torch.yml", &options, &err), &err);
  assert_true(ig_file_exists("pieces/sentencepiece.model") &&
              ig_file_exists("pieces/latest/source.spm"));
  ok(ig_train("torch.yml", &options, &err), &err);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(interrupted_and_resumed),
      cmocka_unit_test(metrics_are_cut_back),
      cmocka_unit_test(metrics_are_told),
      cmocka_unit_test(another_run_is_refused),
      cmocka_unit_test(accumulation_equals_a_large_batch),
      cmocka_unit_test(validation_keeps_the_best),
      cmocka_unit_test(epochs_end),
      cmocka_unit_test(fine_tuning),
      cmocka_unit_test(divergence_overwrites_nothing),
      cmocka_unit_test(a_runaway_loss_stops_the_run),
      cmocka_unit_test(an_interrupted_runaway_saves_nothing),
      cmocka_unit_test(a_finished_runaway_saves_nothing),
      cmocka_unit_test(statistics_that_cannot_be_written_are_told),
      cmocka_unit_test(torch_family_and_sentencepiece),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
