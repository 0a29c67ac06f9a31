// The held-out score of a model is what ig_score_lines says of its translations; it fits into
// ig_fuse_options as it is; clear errors. Without the shipped model: skipped.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ingot_score.h"

enum { LINES = 4 };
static const char *const sources[LINES] = {
    "How are you today, my friend?", "The weather was bad for the whole week.",
    "She has read the book that I gave her.", "We are waiting for the train to the city."};
static char model[4096];
static char *translations[LINES];

static int translate_by_hand(void **state) {
  (void)state;
  ig_translator_options options = ig_translator_options_default();
  options.beam_size = 2;
  ig_translator *translator;
  ig_error err;
  if (ig_translator_open(model, &options, &translator, &err) != IG_OK) return -1;
  int failed = 0;
  for (int i = 0; i < LINES; i++)
    failed |= ig_translate(translator, sources[i], &translations[i], &err) != IG_OK;
  ig_translator_free(translator);
  return failed ? -1 : 0;
}

static int free_translations(void **state) {
  (void)state;
  for (int i = 0; i < LINES; i++) free(translations[i]);
  return 0;
}

static ig_held_out_options held_out(const char *const *references) {
  ig_held_out_options options = ig_held_out_options_default();
  options.sources = sources;
  options.references = references;
  options.count = LINES;
  options.beam_size = 2;
  options.threads = 2;
  return options;
}

static double score_of(ig_held_out_options options) {
  double score = -1;
  ig_error err;
  if (ig_score_held_out(&options, model, &score, &err) != IG_OK) fail_msg("%s", err.message);
  return score;
}

static void a_model_is_scored_by_its_translations(void **state) {
  (void)state;
  const char *const *own = (const char *const *)translations;
  const char *const others[LINES] = {own[0], "Das Wetter war die ganze Woche schlecht.", own[3],
                                     own[2]};
  assert_true(score_of(held_out(own)) > 99.9);
  for (int metric = IG_METRIC_BLEU; metric <= IG_METRIC_ROUGE_LSUM; metric++) {
    if (metric == IG_METRIC_TER) continue;  // less is better
    ig_held_out_options options = held_out(others);
    options.score.metric = (ig_metric)metric;
    ig_score expected;
    assert_int_equal(ig_score_lines(&options.score, own, others, LINES, &expected, NULL), IG_OK);
    assert_true(score_of(options) == expected.value && expected.value < 99);
  }
}

static ig_status write_number(void *context, const char *line, size_t length, ig_error *err) {
  (void)length, (void)err;
  *(double *)context += strtod(line, NULL);
  return IG_OK;
}
static int at[2];
static ig_status next_line(const char *const *lines, int *i, const char **line, size_t *length) {
  *line = *i < LINES ? lines[(*i)++] : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}
static ig_status next_source(void *context, const char **line, size_t *length, ig_error *err) {
  (void)context, (void)err;
  return next_line(sources, &at[0], line, length);
}
static ig_status next_target(void *context, const char **line, size_t *length, ig_error *err) {
  (void)context, (void)err;
  return next_line((const char *const *)translations, &at[1], line, length);
}

// The loss is that of the references' tokens, and other scores are those of translations as ever.
static void a_model_is_scored_by_its_loss(void **state) {
  (void)state;
  const char *const *own = (const char *const *)translations;
  const char *const mixed[LINES] = {own[1], own[0], own[3], own[2]};
  double sum = 0, bleu = 0;
  ig_translator *translator;
  assert_int_equal(ig_translator_open(model, NULL, &translator, NULL), IG_OK);
  const ig_line_stream stream = {.read = next_source, .write = write_number, .context = &sum};
  assert_int_equal(ig_score_targets(translator, &stream, next_target, NULL, NULL), IG_OK);
  const double tokens = (double)ig_translator_stats(translator).target_tokens;
  ig_translator_free(translator);
  ig_held_out_options options = held_out(own);
  options.loss = true;
  const double loss = score_of(options);
  assert_true(loss == sum / tokens && loss < 0 && loss > -1);
  options.threads = 1;
  const ig_score_options by_bleu = {.metric = IG_METRIC_BLEU};
  options.others = &by_bleu;
  options.other_count = 1;
  options.other_scores = &bleu;
  assert_true(score_of(options) == loss && bleu > 99.9);
  options.references = mixed;
  assert_true(score_of(options) < loss - 1);
}

static void it_is_a_score_for_fusions(void **state) {
  (void)state;
  ig_held_out_options options = held_out((const char *const *)translations);
  const ig_fuse_options fusion = {.score = ig_score_held_out, .score_context = &options};
  double score = -1;
  assert_int_equal(fusion.score(fusion.score_context, model, &score, NULL), IG_OK);
  assert_true(score > 99.9);
}

static void refused(ig_held_out_options options, const char *directory, const char *message) {
  double score;
  ig_error err = {0};
  assert_true(ig_score_held_out(&options, directory, &score, &err) != IG_OK);
  if (!strstr(err.message, message)) fail_msg("expected: %s, found: %s", message, err.message);
}

static void errors_say_what_is_wrong(void **state) {
  (void)state;
  ig_held_out_options none = held_out(sources), no_sources = none, null_line = none;
  none.count = 0;
  no_sources.sources = NULL;
  null_line.sources = (const char *const[LINES]){sources[0], NULL, NULL, NULL};
  refused(none, model, "no line to score");
  refused(no_sources, model, "sources");
  refused(null_line, model, "sources: a line");
  refused(held_out(sources), "/nonexistent", "/nonexistent");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_model_is_scored_by_its_translations),
      cmocka_unit_test(a_model_is_scored_by_its_loss),
      cmocka_unit_test(it_is_a_score_for_fusions),
      cmocka_unit_test(errors_say_what_is_wrong),
  };
  const char *source = getenv("INGOT_SOURCE");
  snprintf(model, sizeof model, "%s/models/en-de", source ? source : ".");
  if (access(model, R_OK)) {
    puts("not run: the shipped model is missing");
    return 77;
  }
  return cmocka_run_group_tests(tests, translate_by_hand, free_translations);
}
