// ingot score: BLEU, chrF and TER of translations against references, as sacreBLEU computes and
// prints them.
#include <stdio.h>
#include <string.h>

#include "ingot.h"
#include "input.h"
#include "json.h"
#include "options.h"
#include "paths.h"
#include "report.h"

typedef struct score_values {
  const char *reference, *hypothesis, *tokenize;
  bool lowercase, strict, sentence, score_only, json;
  int chrf_word_order;
} score_values;
#define CLI_VALUES score_values

static const char *const tokenizers[] = {"13a", "zh", "char", "intl", "none", NULL};
static const char *const metrics[] = {"bleu", "chrf", "ter"};  // in the order of ig_metric

static const cli_option score_options[] = {
    CLI_REQUIRED_OPTION('r', "reference", "FILE", reference, "The right translations, one a line."),
    CLI_TEXT_OPTION('i', "hypothesis", "FILE", hypothesis,
                    "The translations to score, one a line. Default: standard input (-)."),
    CLI_CHOICE_OPTION("tokenize", "NAME", tokenize, tokenizers,
                      "BLEU's tokenizer. Default: 13a; for Chinese: zh."),
    CLI_FLAG_OPTION(0, "lowercase", lowercase, "Ignore case."),
    CLI_INTEGER_OPTION("chrf-word-order", "N", chrf_word_order, 0, 6,
                       "chrF's word n-grams; 2 is chrF++. Default: 0."),
    CLI_FLAG_OPTION(0, "sentence", sentence,
                    "A score for each line instead of one for all; BLEU's with effective order."),
    CLI_FLAG_OPTION(0, "score-only", score_only, "Print the number alone, as 40.9."),
    CLI_FLAG_OPTION(0, "json", json,
                    "Print one JSON object a line: name, score, signature, verbose_score."),
    CLI_STRICT_OPTION,
};

// The parts of "NAME|SIGNATURE = SCORE VERBOSE", with all digits of the score.
static void print_json(const ig_score *result) {
  char text[sizeof result->line];
  snprintf(text, sizeof text, "%s", result->line);
  char *equals = strstr(text, " = "), *bar = strchr(text, '|');
  char *verbose = equals + strcspn(equals + 3, " ") + 3;
  *equals = '\0';
  *bar = '\0';
  fputs("{\"name\": ", stdout);
  cli_json_string(stdout, text);
  printf(", \"score\": %.10g, \"signature\": ", result->value);
  cli_json_string(stdout, bar + 1);
  fputs(", \"verbose_score\": ", stdout);
  cli_json_string(stdout, *verbose == ' ' ? verbose + 1 : "");
  puts("}");
}

static void print_score(const score_values *values, const ig_score *result) {
  if (values->json)
    print_json(result);
  else if (values->score_only)
    printf("%.1f\n", result->value);
  else
    puts(result->line);
}

static int score(const cli_verb *verb, const ig_score_options *options, const score_values *values,
                 const cli_text *hypotheses, const cli_text *references) {
  const char *name = cli_is_standard(values->hypothesis) ? "standard input" : values->hypothesis;
  const char *right = cli_is_standard(values->reference) ? "standard input" : values->reference;
  if (hypotheses->count != references->count)
    return cli_fail(verb, "%s has %zu lines, but %s has %zu; they must correspond line by line",
                    name, hypotheses->count, right, references->count);
  if (references->count == 0) return cli_fail(verb, "%s: no lines to score", right);
  ig_error err = {0};
  const size_t part = values->sentence ? 1 : references->count;
  for (size_t i = 0; i < references->count; i += part) {
    ig_score result;
    if (ig_score_lines(options, (const char *const *)hypotheses->lines + i,
                       (const char *const *)references->lines + i, part, &result, &err) != IG_OK)
      return cli_fail(verb, "%s against %s: %s", name, right, err.message);
    print_score(values, &result);
  }
  return CLI_OK;
}

static int run_score(const cli_verb *verb, int argc, char **argv) {
  score_values values = {0};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code != CLI_GO_ON) return code;
  size_t metric = 0;
  while (metric < 3 && strcmp(metrics[metric], operands.items[0]) != 0) metric++;
  if (metric == 3) {
    const char *nearest = cli_nearest(operands.items[0], metrics, 3);
    if (nearest != NULL)
      return cli_usage_error(verb, "unknown metric '%s'; did you mean '%s'?", operands.items[0],
                             nearest);
    return cli_usage_error(verb, "unknown metric '%s'; expected bleu, chrf or ter",
                           operands.items[0]);
  }
  ig_score_options options = {.metric = (ig_metric)metric,
                              .tokenize = values.tokenize,
                              .lowercase = values.lowercase,
                              .chrf_word_order = values.chrf_word_order,
                              .effective_order = values.sentence};
  if (options.metric != IG_METRIC_BLEU && values.tokenize != NULL)
    return cli_usage_error(verb, "--tokenize is an option of bleu, not of %s", metrics[metric]);
  if (options.metric != IG_METRIC_CHRF && values.chrf_word_order > 0)
    return cli_usage_error(verb, "--chrf-word-order is an option of chrf, not of %s",
                           metrics[metric]);
  if (values.json && values.score_only)
    return cli_usage_error(verb, "--json and --score-only exclude each other");
  if (cli_is_standard(values.reference) && cli_is_standard(values.hypothesis))
    return cli_usage_error(verb, "--reference and --hypothesis cannot both be standard input");
  cli_text hypotheses = {0}, references = {0};
  ig_error err = {0};
  const ig_lines_options reading = {
      .bad_bytes = values.strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR,
      .reporter = cli_report_begin(&(cli_log){0}, false)};
  ig_status status = cli_text_read(&references, values.reference, &reading, &err);
  if (status == IG_OK) status = cli_text_read(&hypotheses, values.hypothesis, &reading, &err);
  code = status == IG_OK ? score(verb, &options, &values, &hypotheses, &references)
                         : cli_fail(verb, "%s", err.message);
  cli_text_free(&hypotheses);
  cli_text_free(&references);
  return code;
}

const cli_verb cli_score = {
    .name = "score",
    .summary = "BLEU, chrF and TER, as sacreBLEU prints them.",
    .synopsis =
        "score bleu|chrf|ter --reference REF [--hypothesis HYP] [--tokenize NAME] [--lowercase] "
        "[--chrf-word-order N] [--sentence] [--score-only | --json] [--strict]",
    .description =
        "Compares translations with references line by line and prints one line: the signature of "
        "sacreBLEU 2.6.0, and after it the score, digit for digit. Files compressed by gzip are "
        "read, too.",
    .examples =
        "ingot score bleu --reference test.de --hypothesis output.de\n"
        "ingot translate -m models/en-de -i test.en | ingot score chrf --reference test.de "
        "--chrf-word-order 2",
    .options = score_options,
    .option_count = sizeof score_options / sizeof *score_options,
    .operand = "METRIC (bleu, chrf or ter)",
    .min_operands = 1,
    .max_operands = 1,
    .run = run_score,
};
