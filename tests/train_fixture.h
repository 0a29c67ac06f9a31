// A toy task, and what whole runs of ig_train on it need. The tests tests/unit/train_*.c share it.
#ifndef IG_TESTS_TRAIN_FIXTURE_H
#define IG_TESTS_TRAIN_FIXTURE_H
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

// Writes pairs of lines: digits, and the same digits reversed.
static inline void write_pairs(const char *source_path, const char *target_path, uint64_t stream,
                               int pairs) {
  FILE *source = fopen(source_path, "wb"), *target = fopen(target_path, "wb");
  for (int p = 0; p < pairs; p++) {
    char digits[8];
    const int length = 2 + (int)(ig_random_u32(5, stream, (uint64_t)p * 16) % 5);
    for (int i = 0; i < length; i++)
      digits[i] = (char)('0' + ig_random_u32(5, stream, (uint64_t)p * 16 + 1 + (uint64_t)i) % 10);
    for (int i = 0; i < length; i++)
      fprintf(source, "%c%c", digits[i], i + 1 < length ? ' ' : '\n');
    for (int i = length; i-- > 0;) fprintf(target, "%c%c", digits[i], i > 0 ? ' ' : '\n');
  }
  fclose(source);
  fclose(target);
}

static const char *const configuration =
    "data: {train: {source: t.src, target: t.trg}, valid: {source: v.src, target: v.trg}, tokens: "
    "whitespace}\n"
    "model: {family: marian, d_model: 16, encoder_layers: 1, decoder_layers: 1, "
    "encoder_attention_heads: 2, decoder_attention_heads: 2,\n"
    "        encoder_ffn_dim: 32, decoder_ffn_dim: 32, dropout: 0.1}\n"
    "train: {output: run, updates: 24, batch_tokens: 120, learning_rate: 0.005, schedule: "
    "inverse_sqrt, warmup: 5, log_every: 4}\n";

static ig_interrupter *interrupter;  // of the run

static inline int set_up(void **state) {
  (void)state;
  if (ig_interrupter_create(&interrupter, NULL) != IG_OK) return -1;
  if (!mkdtemp(directory) || chdir(directory)) return -1;
  write_pairs("t.src", "t.trg", 1, 400);
  write_pairs("v.src", "v.trg", 2, 20);
  return ig_file_write("c.yml", configuration, strlen(configuration), NULL) == IG_OK ? 0 : -1;
}

static inline void remove_tree(const char *path) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", path);
  assert_int_equal(system(command), 0);
}

static inline int tear_down(void **state) {
  (void)state;
  if (chdir("/")) return -1;
  remove_tree(directory);
  ig_interrupter_free(interrupter);
  return 0;
}

// When it is interrupted.
static int interrupt_after;       // at the first report of progress after so many updates; 0: never
static int interrupt_at;          // at the line of the log about this update; 0: never
static const char *interrupt_on;  // at a message that begins with this; NULL: never
static char warning[512];         // the last warning

static inline void progress(void *context, const ig_progress *p) {
  (void)context;
  if (interrupt_after && p->done >= interrupt_after) ig_interrupt(interrupter);
}

static inline void message(void *context, ig_level level, const char *text) {
  (void)context;
  char line[32];
  snprintf(line, sizeof line, "update %d,", interrupt_at);
  if (interrupt_at && strncmp(text, line, strlen(line)) == 0) ig_interrupt(interrupter);
  if (interrupt_on && strncmp(text, interrupt_on, strlen(interrupt_on)) == 0)
    ig_interrupt(interrupter);
  if (level == IG_LEVEL_WARNING) snprintf(warning, sizeof warning, "%s", text);
}

static inline ig_status train_on(const char *path, int threads, const char *const *set,
                                 size_t count, ig_error *err) {
  const ig_train_options options = {.set = set,
                                    .set_count = count,
                                    .threads = threads,
                                    .reporter = {.progress = progress, .message = message},
                                    .interrupter = interrupter,
                                    .stats_path = "stats.json"};
  warning[0] = '\0';
  ig_interrupter_reset(interrupter);
  return ig_train(path, &options, err);
}

static inline ig_status train(int threads, bool interrupt, const char *const *set, size_t count,
                              ig_error *err) {
  interrupt_after = interrupt ? 1 : 0;
  return train_on("c.yml", threads, set, count, err);
}
#define SETTINGS(...) \
  (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)
// Trains by c.yml with some assignments. interrupt: at the first report of progress.
#define TRAIN(threads, interrupt, err, ...) train(threads, interrupt, SETTINGS(__VA_ARGS__), err)

static inline void ok(ig_status status, const ig_error *err) {
  if (status != IG_OK) fail_msg("%s: %s", ig_status_name(status), err->message);
}

static inline bool same_file(const char *left, const char *right) {
  char *a, *b;
  size_t as, bs;
  assert_int_equal(ig_file_load(left, &a, &as, NULL), IG_OK);
  assert_int_equal(ig_file_load(right, &b, &bs, NULL), IG_OK);
  const bool same = as == bs && memcmp(a, b, as) == 0;
  free(a);
  free(b);
  return same;
}

static inline json_int_t stat_of(const char *key) {
  json_t *stats;
  assert_int_equal(ig_json_load("stats.json", &stats, NULL), IG_OK);
  const json_int_t value = json_integer_value(json_object_get(stats, key));
  json_decref(stats);
  return value;
}

// How many lines of a file contain a text.
static inline int lines_with(const char *path, const char *text) {
  char line[1024];
  int count = 0;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) count += strstr(line, text) != NULL;
  fclose(file);
  return count;
}

// The lines of metrics.jsonl without what differs between any two runs. For the caller to
// json_decref().
static inline json_t *metrics(const char *path) {
  json_t *list = json_array();
  char line[1024];
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    json_t *object = json_loads(line, 0, NULL);
    assert_non_null(object);
    json_object_del(object, "seconds");
    json_object_del(object, "target_tokens_per_second");
    json_array_append_new(list, object);
  }
  fclose(file);
  return list;
}

static inline bool same_metrics(const char *left, const char *right) {
  json_t *a = metrics(left), *b = metrics(right);
  const bool same = json_equal(a, b);
  json_decref(a);
  json_decref(b);
  return same;
}

static inline const json_t *state_of(const char *checkpoint, const char *key) {
  static json_t *object;
  char path[128];
  snprintf(path, sizeof path, "%s/training.json", checkpoint);
  json_decref(object);
  assert_int_equal(ig_json_load(path, &object, NULL), IG_OK);
  return json_object_get(object, key);
}

static inline json_t *whole_state(const char *run) {
  static const char *const own[] = {"seconds", "window_seconds", "metrics_bytes", "hash"};
  char path[128];
  snprintf(path, sizeof path, "%s/latest/training.json", run);
  json_t *object;
  assert_int_equal(ig_json_load(path, &object, NULL), IG_OK);
  for (size_t i = 0; i < 4; i++) assert_int_equal(json_object_del(object, own[i]), 0);
  return object;
}

// Compares weights, moments, metrics and the best model of two runs; the first run need not have a
// best model.
static inline void assert_same_run(const char *left, const char *right) {
  static const char *const files[] = {"latest/model.safetensors", "latest/training.safetensors",
                                      "best/model.safetensors", "best/vocab.json"};
  char a[128], b[128];
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(a, sizeof a, "%s/%s", left, files[i]);
    snprintf(b, sizeof b, "%s/%s", right, files[i]);
    if (i >= 2 && !ig_file_exists(a)) continue;
    if (!same_file(a, b)) fail_msg("%s and %s differ", a, b);
  }
  snprintf(a, sizeof a, "%s/metrics.jsonl", left);
  snprintf(b, sizeof b, "%s/metrics.jsonl", right);
  if (!same_metrics(a, b)) fail_msg("%s and %s differ", a, b);
  json_t *one = whole_state(left), *other = whole_state(right);
  assert_true(json_equal(one, other));
  json_decref(one);
  json_decref(other);
}
#endif
