// What validations choose and show, and the time that a run may take.
#include <time.h>

#include "train_fixture.h"

// The lines of the log that begin with `wanted` are counted and the last one kept; at those that
// begin with `slow`, time goes by.
static struct {
  const char *wanted, *slow;
  int count;
  char last[256];
  double seconds_left;  // as the first progress tells it
} heard;

static void hear(void *context, ig_level level, const char *text) {
  (void)context, (void)level;
  if (heard.slow && strncmp(text, heard.slow, strlen(heard.slow)) == 0)
    nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
  if (strncmp(text, heard.wanted, strlen(heard.wanted)) != 0) return;
  heard.count++;
  snprintf(heard.last, sizeof heard.last, "%s", text);
}

static void hear_progress(void *context, const ig_progress *p) {
  (void)context;
  if (heard.seconds_left < 0) heard.seconds_left = p->seconds_left;
}

static void listen(const char *wanted, const char *slow, const char *const *set, size_t count) {
  ig_error err = {0};
  const ig_train_options options = {.set = set,
                                    .set_count = count,
                                    .threads = 1,
                                    .stats_path = "stats.json",
                                    .reporter = {.message = hear, .progress = hear_progress}};
  heard.wanted = wanted;
  heard.slow = slow;
  heard.count = 0;
  heard.last[0] = '\0';
  heard.seconds_left = -1;
  ok(ig_train("c.yml", &options, &err), &err);
}

// The rate makes the loss run away while the translations of noise happen to score.
static void noise_is_never_the_best(void **state) {
  (void)state;
  ig_error err = {0};
#define NOISY                                                                                  \
  "train.learning_rate=30", "train.warmup=100", "train.schedule=constant", "train.updates=40", \
      "train.validate_every=1", "train.best_metric=chrf", "train.divergence_updates=100"
  ok(TRAIN(1, false, &err, NOISY, "train.output=noisy"), &err);
  json_t *lines = metrics("noisy/metrics.jsonl"), *line;
  size_t i;
  double best_loss = INFINITY, best_score = -1, noise_score = -1;
  const double vocabulary = log(13);  // ten digits, </s>, <unk>, <pad>
  json_array_foreach(lines, i, line) {
    if (!json_object_get(line, "valid_loss")) continue;
    const double loss = json_real_value(json_object_get(line, "valid_loss")),
                 score = json_real_value(json_object_get(line, "chrf"));
    const bool best = json_is_true(json_object_get(line, "best"));
    if (best && loss > vocabulary) assert_true(loss < best_loss);
    if (best) best_loss = loss;
    if (best) best_score = score;
    if (!best && loss > vocabulary) noise_score = fmax(noise_score, score);
  }
  json_decref(lines);
  assert_true(best_loss < 2 * vocabulary);
  // The negative control: by its score alone, noise would have become the best.
  assert_true(noise_score > best_score);
}

static void samples_are_shown(void **state) {
  (void)state;
#define SHOWN "train.updates=4", "train.validate_every=2"
  listen("  reference  ", NULL, SETTINGS("train.output=shown", SHOWN));
  assert_int_equal(heard.count, 2 * 3);
  // Of 20 lines, numbers 0, 10; the last one heard is number 10.
  listen("  source     ", NULL, SETTINGS("train.output=two", SHOWN, "train.samples=2"));
  assert_int_equal(heard.count, 2 * 2);
  FILE *file = fopen("v.src", "rb");
  char line[64] = "", wanted[96];
  for (int i = 0; i <= 10; i++) assert_non_null(fgets(line, sizeof line, file));
  fclose(file);
  line[strcspn(line, "\n")] = '\0';
  snprintf(wanted, sizeof wanted, "  source     %s", line);
  assert_string_equal(heard.last, wanted);
  listen("  output  ", NULL, SETTINGS("train.output=all", SHOWN, "train.samples=1000"));
  assert_int_equal(heard.count, 2 * 20);
  listen("  output  ", NULL, SETTINGS("train.output=hidden", SHOWN, "train.samples=0"));
  assert_int_equal(heard.count, 0);
}

// A perplexity of hundreds of digits says no more than its exponent.
static void perplexities_are_short(void **state) {
  (void)state;
  listen("validation at update 40", NULL, SETTINGS(NOISY, "train.output=short"));
  assert_int_equal(heard.count, 1);
  const char *perplexity = strstr(heard.last, "perplexity ");
  assert_non_null(perplexity);
  assert_in_range(strcspn(perplexity, ",") - strlen("perplexity "), 1, 10);
}

// The 0.4 seconds pass in a validation, whatever the machine.
static void max_seconds_count_all_time(void **state) {
  (void)state;
  listen("finished", "validation at update 2",
         SETTINGS("train.output=brief", "train.updates=0", "train.max_seconds=0.3",
                  "train.validate_every=2"));
  assert_non_null(strstr(heard.last, "the time is over"));
  assert_in_range(stat_of("updates"), 1, 2);
  // The next start has as much time again.
  listen("finished", "validation at update",
         SETTINGS("train.output=brief", "train.updates=0", "train.max_seconds=0.3",
                  "train.validate_every=2"));
  assert_in_range(stat_of("updates"), 1, 4);
}

static void time_left_is_told(void **state) {
  (void)state;
  listen("finished", NULL,
         SETTINGS("train.output=left", "train.updates=3", "train.max_seconds=5000"));
  assert_true(heard.seconds_left > 4000 && heard.seconds_left <= 5000);
  listen("finished", NULL, SETTINGS("train.output=unlimited", "train.updates=3"));
  assert_true(heard.seconds_left == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(noise_is_never_the_best), cmocka_unit_test(samples_are_shown),
      cmocka_unit_test(perplexities_are_short),  cmocka_unit_test(max_seconds_count_all_time),
      cmocka_unit_test(time_left_is_told),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
