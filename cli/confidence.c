#include "confidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "report.h"

const char *const cli_confidence_tests[] = {"ar", "bs", NULL};

static bool is_bootstrap(const cli_confidence *c) {
  return c->test != NULL && strcmp(c->test, "bs") == 0;
}

bool cli_confidence_asked(const cli_confidence *c) { return c->interval || c->baselines.count > 0; }

int cli_confidence_check(const cli_verb *verb, const cli_confidence *c) {
  const bool paired = c->baselines.count > 0, draws = c->interval || (paired && is_bootstrap(c));
  const struct {
    bool wrong;
    const char *name, *needs;
  } rules[] = {
      {c->test != NULL && !paired, "--paired-test", "--paired"},
      {c->trials > 0 && (!paired || is_bootstrap(c)), "--trials", "--paired with --paired-test ar"},
      {c->resamples > 0 && !draws, "--resamples",
       "--confidence, or --paired with --paired-test bs"},
      {c->seed >= 0 && !cli_confidence_asked(c), "--seed", "--confidence or --paired"}};
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (rules[i].wrong) return cli_usage_error(verb, "%s needs %s", rules[i].name, rules[i].needs);
  return CLI_GO_ON;
}

ig_resampling cli_confidence_resampling(cli_confidence *c) {
  c->seed_used = (uint64_t)c->seed;
  return (ig_resampling){
      .test = is_bootstrap(c) ? IG_PAIRED_TEST_BOOTSTRAP : IG_PAIRED_TEST_RANDOMISATION,
      .resamples = c->resamples,
      .trials = c->trials,
      .seed = c->seed >= 0 ? &c->seed_used : NULL,
      .interval = c->interval};
}

size_t cli_confidence_count(const cli_confidence *c) {
  return c->baselines.count > 0 ? c->baselines.count : 1;
}

// "bs:1000|ar:10000|seed:12345|", as far as it was drawn.
static void print_signature(const cli_confidence *c, bool interval) {
  if (interval) printf("bs:%d|", c->resamples > 0 ? c->resamples : 1000);
  if (c->baselines.count > 0 && !is_bootstrap(c))
    printf("ar:%d|", c->trials > 0 ? c->trials : 10000);
  printf("seed:%d|", c->seed >= 0 ? c->seed : 12345);
}

// decimals: as the score before it has.
static void print_interval(const ig_interval *interval, int decimals) {
  printf(" (\xCE\xBC = %.*f \xC2\xB1 %.*f)", decimals, interval->mean, decimals, interval->half);
}

static void print_baseline(const cli_confidence *c, size_t i, const char *line, int decimals,
                           const ig_resampled *r) {
  printf("%.*s|baseline:%s|test:%s = %.*f", (int)strcspn(line, "|"), line, c->baselines.items[i],
         is_bootstrap(c) ? "bs" : "ar", decimals, r->baseline_value);
  if (r->has_interval) print_interval(&r->baseline_interval, decimals);
  printf(" (p = %.4f)%s\n", r->p_value, r->p_value <= 0.05 && !r->equal ? "*" : "");
  if (r->equal)
    fprintf(
        stderr,
        "warning: %s: it agrees with the hypothesis in every item; the p of %.4f says nothing\n",
        c->baselines.items[i], r->p_value);
}

void cli_confidence_print(const cli_confidence *c, const char *line, const ig_resampled *results) {
  const char *second = strchr(strchr(line, '|') + 1, '|') + 1, *score = strstr(second, " = ") + 3;
  const char *rest = score + strcspn(score, " ");
  const char *point = memchr(score, '.', (size_t)(rest - score));
  const int decimals = point != NULL ? (int)(rest - point) - 1 : 0;
  printf("%.*s", (int)(second - line), line);
  print_signature(c, results->has_interval);
  printf("%.*s", (int)(rest - second), second);
  if (results->has_interval) print_interval(&results->interval, decimals);
  puts(rest);
  for (size_t i = 0; i < c->baselines.count; i++) print_baseline(c, i, line, decimals, &results[i]);
}

static void print_member(const char *prefix, const char *name, double value) {
  printf(", \"%s%s\": ", prefix, name);
  cli_json_number(stdout, value);
}

void cli_confidence_print_json(const cli_confidence *c, const char *prefix,
                               const ig_resampled *results) {
  if (results->has_interval) {
    print_member(prefix, "confidence_mean", results->interval.mean);
    print_member(prefix, "confidence_var", results->interval.half);
  }
  if (c->baselines.count == 0) return;
  printf(", \"%spaired\": [", prefix);
  for (size_t i = 0; i < c->baselines.count; i++) {
    printf("%s{\"baseline\": ", i > 0 ? ", " : "");
    cli_json_string(stdout, c->baselines.items[i]);
    printf(", \"test\": \"%s\"", is_bootstrap(c) ? "bs" : "ar");
    print_member("", "score", results[i].baseline_value);
    print_member("", "p_value", results[i].p_value);
    if (results[i].has_interval) {
      print_member("", "mean", results[i].baseline_interval.mean);
      print_member("", "ci", results[i].baseline_interval.half);
    }
    putchar('}');
  }
  putchar(']');
}
