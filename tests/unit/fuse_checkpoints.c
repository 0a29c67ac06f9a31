// Which checkpoints of a run a recipe means: those of the Trainer of transformers, by number and by
// what trainer_state.json tells. Those of Ingot: tests/cli/fuse.sh.
#include "fuse_fixture.h"

#include "fuse/input/checkpoints.h"

// As the Trainer writes it: bleu, by which it chose, is best at 1000, the loss at 500.
#define STATE(best)                                                                               \
  "{" best                                                                                        \
  "\"global_step\": 1500, \"log_history\": ["                                                     \
  "{\"epoch\": 0.5, \"grad_norm\": 1.5, \"learning_rate\": 1e-05, \"loss\": 0.1, \"step\": 500}," \
  "{\"epoch\": 0.5, \"eval_bleu\": 30.5, \"eval_loss\": 1.25, \"step\": 500},"                    \
  "{\"epoch\": 1.0, \"eval_bleu\": 33.25, \"eval_loss\": 1.5, \"step\": 1000},"                   \
  "{\"epoch\": 1.5, \"eval_bleu\": 32.0, \"eval_loss\": 1.75, \"step\": 1500},"                   \
  "{\"epoch\": 1.5, \"step\": 1500, \"total_flos\": 5.0, \"train_loss\": 0.2}]}"

static int make_runs(void **state) {
  static const char *const directories[] = {"run",
                                            "run/checkpoint-500",
                                            "run/checkpoint-1000",
                                            "run/checkpoint-1500",
                                            "run/runs",
                                            "run/checkpoint-last",
                                            "mixed",
                                            "mixed/checkpoint-5",
                                            "mixed/update-5",
                                            "bare",
                                            "bare/checkpoint-5",
                                            "none"};
  if (fixture_enter(state)) return -1;
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) mkdir(directories[i], 0777);
  fixture_write("run/checkpoint-500/trainer_state.json", "{}");
  fixture_write("run/checkpoint-1500/trainer_state.json", STATE("\"best_metric\": 33.25, "));
  return 0;
}

// The names that are found, or the message.
static const char *find(const char *run, ig_checkpoints_wanted wanted) {
  static char text[1024];
  char **names;
  size_t count;
  ig_error err = {0};
  if (ig_checkpoints_find(run, &wanted, &names, &count, &err) != IG_OK) {
    snprintf(text, sizeof text, "%s", err.message);
    return text;
  }
  text[0] = '\0';
  for (size_t i = 0; i < count; i++) {
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
             strrchr(names[i], '-') + 1);
    free(names[i]);
  }
  free(names);
  return text;
}

#define EXPECT(run, expected, ...) \
  assert_string_equal(find(run, (ig_checkpoints_wanted){__VA_ARGS__}), expected)

static void trainers_checkpoints_are_found(void **state) {
  (void)state;
  EXPECT("run", "500 1000 1500", .every = 0);
  EXPECT("run", "1000", .every = 1000);
  EXPECT("run", "1000 1500", .last = 2);
  EXPECT("run", "1000", .best = 1);
  EXPECT("run", "1000 1500", .best = 2);
  EXPECT("run", "500", .best = 1, .metric = "eval_loss");
  EXPECT("run", "500 1000", .best = 2, .metric = "loss");
  EXPECT("run", "1000", .last = 2, .best = 1, .metric = "bleu");
  fixture_write("run/checkpoint-1500/trainer_state.json", STATE("\"best_metric\": null, "));
  EXPECT("run", "500", .best = 1);
  fixture_write("run/checkpoint-1500/trainer_state.json", STATE("\"best_metric\": 1.25, "));
  EXPECT("run", "500", .best = 1);
}

// Lower is better where the Trainer took the least; a time that happens to be the same number is no
// score.
static const char *by_word_errors(const char *best, const char *run_time) {
  static char text[1024];
  snprintf(text, sizeof text,
           "{%s \"log_history\": ["
           "{\"step\": 500, \"eval_runtime\": %s, \"eval_wer\": 0.31, \"eval_ter\": 0.5},"
           "{\"step\": 1000, \"eval_runtime\": 2, \"eval_wer\": 0.12, \"eval_ter\": 0.12},"
           "{\"step\": 1500, \"eval_runtime\": 2, \"eval_wer\": 0.25, \"eval_ter\": 0.12}]}",
           best, run_time);
  return text;
}

static void trainers_direction_is_found(void **state) {
  (void)state;
  const char *file = "run/checkpoint-1500/trainer_state.json";
  fixture_write(file, by_word_errors("\"best_metric\": 0.31, \"best_global_step\": 500,", "0.31"));
  EXPECT("run", "500 1500", .best = 2);
  fixture_write(file, by_word_errors("\"best_metric\": 0.25, \"best_global_step\": 1500,", "9"));
  assert_non_null(strstr(find("run", (ig_checkpoints_wanted){.best = 1}),
                         "it does not show whether a lower eval_wer is better"));
  fixture_write(file, by_word_errors("\"best_metric\": 0.12, \"best_global_step\": 1000,", "9"));
  assert_non_null(strstr(find("run", (ig_checkpoints_wanted){.best = 1}),
                         "it does not show which of its scores is best_metric"));
  fixture_write(file, by_word_errors("\"best_metric\": 0.5,"
                                     "\"best_model_checkpoint\": \"run/checkpoint-500\",",
                                     "0.12"));
  EXPECT("run", "500", .best = 1);
  EXPECT("run", "500 1500", .best = 2, .metric = "wer");  // not its own: higher is better
  fixture_write(file,
                "{\"best_metric\": 0.12, \"best_model_checkpoint\": \"a/checkpoint-1000\","
                "\"log_history\": [{\"step\": 500, \"eval_runtime\": 0.12, \"eval_wer\": 0.31},"
                "{\"step\": 1000, \"eval_runtime\": 2, \"eval_wer\": 0.12},"
                "{\"step\": 1500, \"eval_runtime\": 2, \"eval_wer\": 0.25}]}");
  EXPECT("run", "1000 1500", .best = 2);
  EXPECT("run", "1000", .best = 1, .metric = "wer");
}

static void what_cannot_be_chosen_is_told(void **state) {
  (void)state;
  static const struct {
    const char *run;
    ig_checkpoints_wanted wanted;
    const char *message;
  } cases[] = {
      {"run", {.best = 1, .metric = "chrf"}, "trainer_state.json: no eval_chrf for update 500"},
      {"run", {.last = 4}, "run: last: 4 checkpoints wanted, 3 found"},
      {"mixed", {.last = 1}, "mixed: has checkpoints of two kinds, update-N and checkpoint-N"},
      {"bare", {.best = 1}, "bare/checkpoint-5/trainer_state.json: cannot open"},
      {"none", {.last = 1}, "none: no checkpoints update-N"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *found = find(cases[i].run, cases[i].wanted);
    if (!strstr(found, cases[i].message))
      fail_msg("expected: %s\nfound: %s", cases[i].message, found);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(trainers_checkpoints_are_found),
                                     cmocka_unit_test(trainers_direction_is_found),
                                     cmocka_unit_test(what_cannot_be_chosen_is_told)};
  return cmocka_run_group_tests(tests, make_runs, fixture_leave);
}
