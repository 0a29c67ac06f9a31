// Whole runs of ig_train on a toy task: interruption, resumption, accumulation, validation, fine-tuning, errors that leave things as they were.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <math.h>

#include "base/file.h"
#include "base/random.h"
#include "io/json.h"
#include "ingot.h"

static char directory[] = "/tmp/ingot-run-XXXXXX";

// Pairs of digits and the same digits reversed.
static void write_pairs(const char *source_path, const char *target_path, uint64_t stream, int pairs) {
  FILE *source = fopen(source_path, "wb"), *target = fopen(target_path, "wb");
  for (int p = 0; p < pairs; p++) {
    char digits[8];
    const int length = 2 + (int)(ig_random_u32(5, stream, (uint64_t)p * 16) % 5);
    for (int i = 0; i < length; i++) digits[i] = (char)('0' + ig_random_u32(5, stream, (uint64_t)p * 16 + 1 + (uint64_t)i) % 10);
    for (int i = 0; i < length; i++) fprintf(source, "%c%c", digits[i], i + 1 < length ? ' ' : '\n');
    for (int i = length; i-- > 0;) fprintf(target, "%c%c", digits[i], i > 0 ? ' ' : '\n');
  }
  fclose(source);
  fclose(target);
}

static const char *const configuration =
    "data: {train: {source: t.src, target: t.trg}, valid: {source: v.src, target: v.trg}, tokens: whitespace}\n"
    "model: {family: marian, d_model: 16, encoder_layers: 1, decoder_layers: 1, encoder_attention_heads: 2, decoder_attention_heads: 2,\n"
    "        encoder_ffn_dim: 32, decoder_ffn_dim: 32, dropout: 0.1}\n"
    "train: {output: run, updates: 24, batch_tokens: 120, learning_rate: 0.005, schedule: inverse_sqrt, warmup: 5, log_every: 4}\n";

static int set_up(void **state) {
  (void)state;
  if (!mkdtemp(directory) || chdir(directory)) return -1;
  write_pairs("t.src", "t.trg", 1, 400);
  write_pairs("v.src", "v.trg", 2, 20);
  return ig_write_file("c.yml", configuration, strlen(configuration), NULL) == IG_OK ? 0 : -1;
}

static void remove_tree(const char *path) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", path);
  assert_int_equal(system(command), 0);
}

static int tear_down(void **state) {
  (void)state;
  if (chdir("/")) return -1;
  remove_tree(directory);
  return 0;
}

static int interrupt_after;  // updates; 0: never
static void progress(void *context, const ig_progress *p) {
  (void)context;
  if (interrupt_after && p->done >= interrupt_after) ig_interrupt();
}

// Up to four assignments. Interrupts at the first report of progress with interrupt_at.
static ig_status train(int threads, bool interrupt, const char *const *set, size_t count, ig_error *err) {
  const ig_train_options options = {
      .set = set, .set_count = count, .threads = threads, .reporter = {.progress = progress}, .stats_path = "stats.json"};
  interrupt_after = interrupt ? 1 : 0;
  return ig_train("c.yml", &options, err);
}
#define TRAIN(threads, interrupt, err, ...) \
  train(threads, interrupt, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), err)

static void ok(ig_status status, const ig_error *err) {
  if (status != IG_OK) fail_msg("%s: %s", ig_status_name(status), err->message);
}

static bool same_file(const char *left, const char *right) {
  char *a, *b;
  size_t as, bs;
  assert_int_equal(ig_read_file(left, &a, &as, NULL), IG_OK);
  assert_int_equal(ig_read_file(right, &b, &bs, NULL), IG_OK);
  const bool same = as == bs && memcmp(a, b, as) == 0;
  free(a);
  free(b);
  return same;
}

static json_int_t stat_of(const char *key) {
  json_t *stats;
  assert_int_equal(ig_json_load("stats.json", &stats, NULL), IG_OK);
  const json_int_t value = json_integer_value(json_object_get(stats, key));
  json_decref(stats);
  return value;
}

// Lines of a file that contain a text.
static int lines_with(const char *path, const char *text) {
  char line[1024];
  int count = 0;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) count += strstr(line, text) != NULL;
  fclose(file);
  return count;
}

static void interrupted_and_resumed(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=whole", "train.validate_every=10"), &err);
  assert_int_equal(stat_of("updates"), 24);
  assert_int_equal(TRAIN(2, true, &err, "train.output=parts", "train.validate_every=0"), IG_INTERRUPTED);
  const json_int_t first = stat_of("updates");
  assert_in_range(first, 1, 23);
  assert_true(ig_file_exists("parts/latest/model.safetensors"));
  ok(TRAIN(3, false, &err, "train.output=parts", "train.updates=15"), &err);  // raised below
  ok(TRAIN(1, false, &err, "train.output=parts"), &err);
  assert_true(same_file("whole/latest/model.safetensors", "parts/latest/model.safetensors"));
  assert_true(same_file("whole/latest/training.safetensors", "parts/latest/training.safetensors"));
  assert_false(ig_file_exists("parts/latest.tmp"));
  // Negative control: the bits do depend on what they should depend on.
  ok(TRAIN(1, false, &err, "train.output=seed", "train.seed=2"), &err);
  assert_false(same_file("whole/latest/model.safetensors", "seed/latest/model.safetensors"));
}

static void metrics_are_cut_back(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=cut", "train.updates=8"), &err);
  const int lines = lines_with("cut/metrics.jsonl", "\"update\"");
  FILE *file = fopen("cut/metrics.jsonl", "ab");
  fputs("{\"update\":12,\"loss\":1.0}\n{\"upd", file);  // a crash behind the checkpoint
  fclose(file);
  ok(TRAIN(1, false, &err, "train.output=cut", "train.updates=8"), &err);
  assert_int_equal(lines_with("cut/metrics.jsonl", "\"upd"), lines);
  assert_int_equal(lines_with("cut/metrics.jsonl", "gradient_norm"), 2);
}

static void another_run_is_refused(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=mine", "train.updates=3"), &err);
  assert_int_equal(TRAIN(1, false, &err, "train.output=mine", "train.updates=3", "train.learning_rate=0.004"), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "train.learning_rate is 0.005 there, 0.004 in"));
  assert_int_equal(TRAIN(1, false, &err, "train.output=mine", "model.d_model=32"), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "model.d_model"));
  write_pairs("u.src", "u.trg", 3, 400);
  assert_int_equal(TRAIN(1, false, &err, "train.output=mine", "data.train.source=u.src", "data.train.target=u.trg"), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "other data"));
  ok(TRAIN(1, false, &err, "train.output=mine", "train.updates=4", "train.save_every=2"), &err);
  assert_int_equal(stat_of("updates"), 1);
}

// Largest distance between two models' values.
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
    for (size_t i = 0; i < count; i++) most = fmax(most, fabs((double)a.values[i] - (double)b.values[i]));
  }
  for (int i = 0; i < 2; i++) ig_model_free(model[i]);
  return most;
}

static void accumulation_equals_a_large_batch(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(ig_write_file("two.src", "1 2 3\n4 5 6\n", 12, NULL), IG_OK);
  assert_int_equal(ig_write_file("two.trg", "3 2 1\n6 5 4\n", 12, NULL), IG_OK);
#define TWO "data.train={source: two.src, target: two.trg}", "model.dropout=0", "train.updates=5", "train.adam_eps=0.001"  // smooths rounding's part
  ok(TRAIN(1, false, &err, TWO, "train.output=large", "train.batch_tokens=8"), &err);
  assert_int_equal(stat_of("target_tokens"), 5 * 8);
  ok(TRAIN(1, false, &err, TWO, "train.output=small", "train.batch_tokens=4", "train.accumulate=2"), &err);
  assert_int_equal(stat_of("target_tokens"), 5 * 8);
  ok(TRAIN(1, false, &err, TWO, "train.output=half", "train.batch_tokens=4"), &err);
  assert_true(distance("large/latest", "small/latest") < 1e-5);
  assert_true(distance("large/latest", "half/latest") > 1e-4);
}

static void validation_keeps_the_best(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(2, false, &err, "train.output=best-run", "train.validate_every=8", "train.best_metric=loss", "train.save_every=5", "train.keep=2"), &err);
  assert_int_equal(lines_with("best-run/metrics.jsonl", "valid_loss"), 3);
  assert_int_equal(lines_with("best-run/metrics.jsonl", "\"bleu\""), 3);
  assert_true(ig_file_exists("best-run/best/model.safetensors"));
  assert_false(ig_file_exists("best-run/best/training.json"));
  assert_false(ig_file_exists("best-run/update-10"));
  assert_true(ig_file_exists("best-run/update-15/config.json") && ig_file_exists("best-run/update-20/vocab.json"));
  // A learning rate of 0 never gets better than the first time.
  ok(TRAIN(1, false, &err, "train.output=patient", "train.validate_every=2", "train.patience=3", "train.learning_rate=0"), &err);
  assert_int_equal(stat_of("updates"), 8);
  assert_int_equal(lines_with("patient/metrics.jsonl", "\"best\":true"), 1);
}

static void epochs_end(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=epochs", "train.updates=0", "train.epochs=2"), &err);
  int words = 0, pairs = 0;
  FILE *file = fopen("t.trg", "rb");
  for (int c; (c = fgetc(file)) != EOF;) words += c >= '0' && c <= '9', pairs += c == '\n';
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
  assert_int_equal(ig_write_file("tune.yml", text, strlen(text), NULL), IG_OK);
  const ig_train_options options = {.threads = 1};
  interrupt_after = 0;
  ok(ig_train("tune.yml", &options, &err), &err);
  assert_true(same_file("base/latest/model.safetensors", "tuned/latest/model.safetensors"));  // a learning rate of 0 leaves it as it was
  assert_int_equal(lines_with("tuned/latest/config.json", "\"dropout\": 0.2"), 1);
}

static void divergence_overwrites_nothing(void **state) {
  (void)state;
  ig_error err = {0};
  ok(TRAIN(1, false, &err, "train.output=far", "train.updates=2", "train.learning_rate=1000", "train.warmup=1000000000"), &err);
  assert_int_equal(ig_copy_file("far/latest/training.json", "before.json", NULL), IG_OK);
  // A damaged moment stands for whatever makes a run diverge: the next update's weights are not numbers.
  ig_model *model;
  ok(ig_model_load("far/latest", &model, &err), &err);
  ig_tensor_view view;
  ok(ig_model_tensor(model, 0, &view, &err), &err);
  for (int i = 0; i < 300; i++) view.values[i] = NAN;
  ok(ig_model_save(model, "far/latest", "float32", &err), &err);
  ig_model_free(model);
  assert_int_equal(TRAIN(1, false, &err, "train.output=far", "train.updates=9", "train.learning_rate=1000", "train.warmup=1000000000"),
                   IG_ERROR_DIVERGED);
  assert_non_null(strstr(err.message, "update 3"));
  assert_non_null(strstr(err.message, "learning_rate"));
  assert_true(same_file("far/latest/training.json", "before.json"));
}

static void torch_family_and_sentencepiece(void **state) {
  (void)state;
  ig_error err = {0};
  const char *text =
      "data: {train: {source: t.src, target: t.trg}, valid: {source: v.src, target: v.trg}, sentencepiece: {vocab_size: 18}}\n"
      "model: {family: torch, d_model: 16, nhead: 2, num_encoder_layers: 1, num_decoder_layers: 1, dim_feedforward: 32}\n"
      "train: {output: pieces, updates: 3, batch_tokens: 120}\n";
  assert_int_equal(ig_write_file("torch.yml", text, strlen(text), NULL), IG_OK);
  const ig_train_options options = {.threads = 2};
  interrupt_after = 0;
  ok(ig_train("torch.yml", &options, &err), &err);
  assert_true(ig_file_exists("pieces/sentencepiece.model") && ig_file_exists("pieces/latest/source.spm"));
  ok(ig_train("torch.yml", &options, &err), &err);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(interrupted_and_resumed),
      cmocka_unit_test(metrics_are_cut_back),
      cmocka_unit_test(another_run_is_refused),
      cmocka_unit_test(accumulation_equals_a_large_batch),
      cmocka_unit_test(validation_keeps_the_best),
      cmocka_unit_test(epochs_end),
      cmocka_unit_test(fine_tuning),
      cmocka_unit_test(divergence_overwrites_nothing),
      cmocka_unit_test(torch_family_and_sentencepiece),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
