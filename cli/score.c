// ingot score: BLEU, chrF and TER of translations against references, as sacreBLEU computes and
// prints them, and ROUGE of summaries, as rouge_score computes it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confidence.h"
#include "error.h"
#include "ingot_score.h"
#include "input.h"
#include "json.h"
#include "metrics.h"
#include "options.h"
#include "paths.h"
#include "report.h"

typedef struct score_values {
  cli_list references;
  const char *hypothesis, *tokenize;
  bool lowercase, strict, sentence, score_only, json;
  bool ter_case_sensitive, ter_normalized, ter_no_punct, ter_asian_support, rouge_stemmer;
  const char *rouge_sentence_end;
  int chrf_word_order;
  cli_confidence confidence;
} score_values;
#define CLI_VALUES score_values

enum { MOST_REFERENCES = 100 };

static const cli_option score_options[] = {
    CLI_REQUIRED_LIST_OPTION(
        'r', "reference", "FILE", references,
        "The right translations, one a line; given several times, each line has several."),
    CLI_TEXT_OPTION('i', "hypothesis", "FILE", hypothesis,
                    "The translations to score, one a line. Default: standard input (-)."),
    CLI_TEXT_OPTION(0, "tokenize", "NAME", tokenize,
                    "BLEU's and ROUGE's tokenizer: 13a (BLEU's default), zh (for Chinese), char, "
                    "intl or none. ROUGE's default knows the letters a to z and digits alone."),
    CLI_FLAG_OPTION(0, "lowercase", lowercase, "Ignore case, as ROUGE always does."),
    CLI_INTEGER_OPTION("chrf-word-order", "N", chrf_word_order, 0, 6,
                       "chrF's word n-grams; 2 is chrF++. Default: 0."),
    CLI_FLAG_OPTION(0, "ter-case-sensitive", ter_case_sensitive, "TER heeds case."),
    CLI_FLAG_OPTION(
        0, "ter-normalized", ter_normalized,
        "TER cuts off punctuation and reads &quot; &amp; &lt; &gt; before it compares."),
    CLI_FLAG_OPTION(0, "ter-no-punct", ter_no_punct, "TER leaves out punctuation."),
    CLI_FLAG_OPTION(0, "ter-asian-support", ter_asian_support,
                    "The two above for Chinese and Japanese characters, too."),
    CLI_FLAG_OPTION(0, "rouge-stemmer", rouge_stemmer,
                    "ROUGE compares the stems of English words (rouge_score's use_stemmer)."),
    CLI_TEXT_OPTION(0, "rouge-sentence-end", "TEXT", rouge_sentence_end,
                    "What ends a sentence within a line and is no word; some models write '<n>'. "
                    "Default: a line is one sentence, and rougeLsum much like rougeL."),
    CLI_FLAG_OPTION(0, "sentence", sentence,
                    "A score for each line instead of one for all; BLEU's with effective order."),
    CLI_CONFIDENCE_OPTIONS("Translations of another system, to test the difference; may be given "
                           "several times."),
    CLI_FLAG_OPTION(0, "score-only", score_only, "Print the number alone, as 40.9."),
    CLI_FLAG_OPTION(0, "json", json,
                    "Print one JSON object a line: name, score, signature, verbose_score."),
    CLI_STRICT_OPTION,
};

// The parts of "NAME|SIGNATURE = SCORE VERBOSE", with all digits of the score.
// resampled: NULL, or what cli_confidence_print_json takes.
static void print_json(const score_values *values, const ig_score *result,
                       const ig_resampled *resampled) {
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
  if (resampled != NULL) cli_confidence_print_json(&values->confidence, "", resampled);
  puts("}");
}

static void print_score(const score_values *values, const ig_score *result,
                        const ig_resampled *resampled) {
  if (values->json)
    print_json(values, result, resampled);
  else if (resampled != NULL)
    cli_confidence_print(&values->confidence, result->line, resampled);
  else if (values->score_only)
    printf("%.1f\n", result->value);
  else
    puts(result->line);
}

// What is scored: hypotheses, and the references of each line one after another.
typedef struct scored_lines {
  cli_text hypotheses, *references, *baselines;
  size_t reference_files, baseline_files;
  const char **ordered;  // (lines, reference_files), borrowed
} scored_lines;

static const char *text_name(const char *path) {
  return cli_is_standard(path) ? "standard input" : path;
}

static void free_lines(scored_lines *s) {
  cli_text_free(&s->hypotheses);
  for (size_t i = 0; s->references != NULL && i < s->reference_files; i++)
    cli_text_free(&s->references[i]);
  for (size_t i = 0; s->baselines != NULL && i < s->baseline_files; i++)
    cli_text_free(&s->baselines[i]);
  free(s->references);
  free(s->baselines);
  free(s->ordered);
}

// Reads files; the caller frees *out, and each text in it.
static ig_status read_texts(const cli_list *paths, const ig_lines_options *reading, cli_text **out,
                            ig_error *err) {
  ig_status status = IG_OK;
  *out = calloc(paths->count + 1, sizeof **out);
  if (*out == NULL) return cli_error_memory(err);
  for (size_t i = 0; status == IG_OK && i < paths->count; i++)
    status = cli_text_read(&(*out)[i], paths->items[i], reading, err);
  return status;
}

static ig_status read_lines(const score_values *values, scored_lines *s, ig_error *err) {
  const ig_lines_options reading = {
      .bad_bytes = values->strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR,
      .reporter = cli_report_begin(&(cli_log){0}, false)};
  s->reference_files = values->references.count;
  s->baseline_files = values->confidence.baselines.count;
  ig_status status = read_texts(&values->references, &reading, &s->references, err);
  if (status == IG_OK)
    status = read_texts(&values->confidence.baselines, &reading, &s->baselines, err);
  return status == IG_OK ? cli_text_read(&s->hypotheses, values->hypothesis, &reading, err)
                         : status;
}

// Each of the texts has as many lines as the hypotheses.
static ig_status check_counts(const score_values *values, const cli_text *texts,
                              const cli_list *paths, size_t count, ig_error *err) {
  for (size_t i = 0; i < paths->count; i++)
    if (texts[i].count != count)
      return cli_error(err, IG_ERROR_FORMAT,
                       "%s has %zu line%s, but %s has %zu; they must correspond line by line",
                       text_name(values->hypothesis), count, count == 1 ? "" : "s",
                       text_name(paths->items[i]), texts[i].count);
  return IG_OK;
}

// All texts have as many lines; the references of a line come together.
static ig_status order_lines(const score_values *values, scored_lines *s, ig_error *err) {
  const size_t count = s->hypotheses.count;
  ig_status status = check_counts(values, s->references, &values->references, count, err);
  if (status == IG_OK)
    status = check_counts(values, s->baselines, &values->confidence.baselines, count, err);
  if (status != IG_OK) return status;
  if (count == 0)
    return cli_error(err, IG_ERROR_FORMAT, "%s: no lines to score",
                     text_name(values->references.items[0]));
  s->ordered = calloc(count, s->reference_files * sizeof *s->ordered);
  if (s->ordered == NULL) return cli_error_memory(err);
  for (size_t i = 0; i < count; i++)
    for (size_t r = 0; r < s->reference_files; r++)
      s->ordered[i * s->reference_files + r] = s->references[r].lines[i];
  return IG_OK;
}

// The metrics asked for, in that order.
typedef struct asked_metrics {
  ig_metric metric[CLI_METRICS];
  size_t count;
} asked_metrics;

static bool is_asked(const asked_metrics *asked, ig_metric metric) {
  for (size_t i = 0; i < asked->count; i++)
    if (asked->metric[i] == metric) return true;
  return false;
}

static int ask_for(const cli_verb *verb, ig_metric metric, asked_metrics *asked) {
  if (is_asked(asked, metric))
    return cli_usage_error(verb, "%s is asked for twice", cli_metrics[metric]);
  asked->metric[asked->count++] = metric;
  return CLI_GO_ON;
}

// "rouge" means all of ROUGE's.
static int read_metric(const cli_verb *verb, const char *name, asked_metrics *asked) {
  ig_metric metric;
  if (cli_metrics_find(name, &metric)) return ask_for(verb, metric, asked);
  if (strcmp(name, "rouge") == 0) {
    int code = CLI_GO_ON;
    for (int i = IG_METRIC_ROUGE_1; code == CLI_GO_ON && i <= IG_METRIC_ROUGE_LSUM; i++)
      code = ask_for(verb, (ig_metric)i, asked);
    return code;
  }
  if (strcmp(name, "squad") == 0)
    return cli_usage_error(verb, "squad is a verb of its own: ingot score squad --reference ...");
  const char *nearest = cli_nearest(name, cli_metrics, CLI_METRICS);
  if (nearest != NULL)
    return cli_usage_error(verb, "unknown metric '%s'; did you mean '%s'?", name, nearest);
  return cli_usage_error(verb,
                         "unknown metric '%s'; expected bleu, chrf, ter, rouge1, rouge2, rougeL, "
                         "rougeLsum or rouge (the last four)",
                         name);
}

static int check_tokenizer(const cli_verb *verb, const char *name) {
  static const char *const known[] = {"13a", "zh", "char", "intl", "none"};
  static const char *const missing[] = {"ja-mecab", "ko-mecab", "spm", "flores101", "flores200"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(name, known[i]) == 0) return CLI_GO_ON;
  for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
    if (strcmp(name, missing[i]) == 0)
      return cli_usage_error(verb,
                             "--tokenize %s is not built: it needs a dictionary or a model of its "
                             "own; expected 13a, zh, char, intl or none (char or chrf for Japanese "
                             "and Korean)",
                             name);
  return cli_usage_error(verb, "--tokenize: expected 13a, zh, char, intl or none, found '%s'",
                         name);
}

// Options of a metric that is not asked for.
static int check_options(const cli_verb *verb, const score_values *v, const asked_metrics *asked) {
  const bool bleu = is_asked(asked, IG_METRIC_BLEU), chrf = is_asked(asked, IG_METRIC_CHRF),
             ter = is_asked(asked, IG_METRIC_TER),
             rouge = asked->count > (size_t)bleu + (size_t)chrf + (size_t)ter;
  const struct {
    bool given, asked;
    const char *metric, *name;
  } rules[] = {{v->tokenize != NULL, bleu || rouge, "bleu and rouge", "--tokenize"},
               {v->chrf_word_order > 0, chrf, "chrf", "--chrf-word-order"},
               {v->ter_case_sensitive, ter, "ter", "--ter-case-sensitive"},
               {v->ter_normalized, ter, "ter", "--ter-normalized"},
               {v->ter_no_punct, ter, "ter", "--ter-no-punct"},
               {v->ter_asian_support, ter, "ter", "--ter-asian-support"},
               {v->rouge_stemmer, rouge, "rouge", "--rouge-stemmer"},
               {v->rouge_sentence_end != NULL, rouge, "rouge", "--rouge-sentence-end"}};
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (rules[i].given && !rules[i].asked)
      return cli_usage_error(verb, "%s is an option of %s, which is not asked for", rules[i].name,
                             rules[i].metric);
  if (v->ter_asian_support && !v->ter_normalized && !v->ter_no_punct)
    return cli_usage_error(verb,
                           "--ter-asian-support has an effect with --ter-normalized or "
                           "--ter-no-punct alone");
  const int code = cli_confidence_check(verb, &v->confidence);
  if (code != CLI_GO_ON) return code;
  if (v->sentence && cli_confidence_asked(&v->confidence))
    return cli_usage_error(verb,
                           "--confidence and --paired are for all lines, not for a --sentence");
  if (v->score_only && cli_confidence_asked(&v->confidence))
    return cli_usage_error(verb, "--score-only prints the number alone: --json has the others");
  if (v->json && v->score_only)
    return cli_usage_error(verb, "--json and --score-only exclude each other");
  return v->tokenize != NULL ? check_tokenizer(verb, v->tokenize) : CLI_GO_ON;
}

static int check_inputs(const cli_verb *verb, const score_values *v) {
  size_t standard = cli_is_standard(v->hypothesis);
  if (v->references.count > MOST_REFERENCES)
    return cli_usage_error(verb, "--reference is given %zu times, expected at most %d",
                           v->references.count, MOST_REFERENCES);
  for (size_t i = 0; i < v->references.count; i++)
    standard += cli_is_standard(v->references.items[i]);
  for (size_t i = 0; i < v->confidence.baselines.count; i++)
    standard += cli_is_standard(v->confidence.baselines.items[i]);
  if (standard > 1)
    return cli_usage_error(
        verb, "--reference and --hypothesis cannot both be standard input, nor two references");
  return CLI_GO_ON;
}

static ig_score_options options_of(const score_values *v, ig_metric metric) {
  const bool rouge = cli_metrics_is_rouge(metric);
  return (ig_score_options){
      .metric = metric,
      .tokenize = metric == IG_METRIC_BLEU || rouge ? v->tokenize : NULL,
      .lowercase = v->lowercase,
      .chrf_word_order = metric == IG_METRIC_CHRF ? v->chrf_word_order : 0,
      .effective_order = v->sentence,
      .reference_count = v->references.count,
      .ter_case_sensitive = v->ter_case_sensitive,
      .ter_normalized = v->ter_normalized,
      .ter_no_punctuation = v->ter_no_punct,
      .ter_asian = v->ter_asian_support,
      .rouge_stemmer = v->rouge_stemmer,
      .rouge_sentence_end = rouge ? v->rouge_sentence_end : NULL,
  };
}

static int read_metrics(const cli_verb *verb, const score_values *v, const cli_operands *operands,
                        asked_metrics *asked) {
  for (size_t i = 0; i < operands->count; i++) {
    const int code = read_metric(verb, operands->items[i], asked);
    if (code != CLI_GO_ON) return code;
  }
  return check_options(verb, v, asked);
}

// A text of which no word is left is no mistake of the hypothesis.
static void warn_of_wordless(const score_values *values, size_t wordless) {
  if (wordless == 0) return;
  cli_report_end();
  fprintf(stderr, "warning: ROUGE finds no word in %zu line%s with text, which count as 0: %s\n",
          wordless, wordless == 1 ? "" : "s",
          values->tokenize != NULL ? "--tokenize leaves none there"
                                   : "it knows the letters a to z and digits alone; --tokenize zh, "
                                     "char or intl takes others");
}

// Of all lines: (*results) is cli_confidence_count long, malloc'ed; NULL if nothing is to be drawn.
static ig_status resample_lines(score_values *values, const ig_score_options *options,
                                const scored_lines *s, ig_resampled **results, ig_error *err) {
  cli_confidence *c = &values->confidence;
  const ig_resampling resampling = cli_confidence_resampling(c);
  ig_status status = IG_OK;
  *results = NULL;
  if (!cli_confidence_asked(c)) return IG_OK;
  const size_t count = cli_confidence_count(c);
  *results = calloc(count, sizeof **results);
  if (*results == NULL) return cli_error_memory(err);
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    const ig_resampled_lines lines = {
        .hypotheses = (const char *const *)s->hypotheses.lines,
        .baseline = c->baselines.count > 0 ? (const char *const *)s->baselines[i].lines : NULL,
        .references = s->ordered,
        .count = s->hypotheses.count};
    status = ig_score_resampled(options, &resampling, &lines, &(*results)[i], err);
  }
  return status;
}

typedef struct line_range {
  size_t first, count;
} line_range;

// Prints the score of some lines by one metric.
static ig_status score_range(score_values *values, const ig_score_options *options,
                             const scored_lines *s, const line_range *range, size_t *wordless,
                             ig_error *err) {
  ig_score result;
  ig_resampled *resampled = NULL;
  ig_status status =
      ig_score_lines(options, (const char *const *)s->hypotheses.lines + range->first,
                     s->ordered + range->first * s->reference_files, range->count, &result, err);
  if (status == IG_OK) status = resample_lines(values, options, s, &resampled, err);
  if (status == IG_OK) {
    print_score(values, &result, resampled);
    *wordless += result.wordless;
  }
  free(resampled);
  return status;
}

// Prints the scores of all metrics, for each line if they are asked for.
static ig_status score_all(score_values *values, const asked_metrics *asked, const scored_lines *s,
                           ig_error *err) {
  const size_t count = s->hypotheses.count, part = values->sentence ? 1 : count;
  size_t wordless[CLI_METRICS] = {0}, most = 0;
  for (size_t i = 0; i < count; i += part)
    for (size_t m = 0; m < asked->count; m++) {
      const ig_score_options options = options_of(values, asked->metric[m]);
      const ig_status status =
          score_range(values, &options, s, &(line_range){i, part}, &wordless[m], err);
      if (status != IG_OK) return status;
      if (wordless[m] > most) most = wordless[m];
    }
  warn_of_wordless(values, most);
  return IG_OK;
}

static int run_score(const cli_verb *verb, int argc, char **argv) {
  score_values values = {.confidence = {.seed = -1}};
  cli_operands operands;
  asked_metrics asked = {.count = 0};
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) code = read_metrics(verb, &values, &operands, &asked);
  if (code == CLI_GO_ON) code = check_inputs(verb, &values);
  if (code == CLI_GO_ON) {
    scored_lines lines = {0};
    ig_error err = {0};
    ig_status status = read_lines(&values, &lines, &err);
    if (status == IG_OK) status = order_lines(&values, &lines, &err);
    if (status == IG_OK) status = score_all(&values, &asked, &lines, &err);
    code = status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message);
    free_lines(&lines);
  }
  cli_list_free(&values.references);
  cli_list_free(&values.confidence.baselines);
  return code;
}

static const char *const metric_names[] = {"bleu",   "chrf",   "ter",       "rouge", "rouge1",
                                           "rouge2", "rougeL", "rougeLsum", NULL};

const cli_verb cli_score = {
    .name = "score",
    .summary = "BLEU, chrF and TER, as sacreBLEU prints them, and ROUGE.",
    .synopsis =
        "score bleu|chrf|ter|rouge... --reference REF... [--hypothesis HYP] [--tokenize NAME] "
        "[--lowercase] [--chrf-word-order N] [--ter-case-sensitive] [--ter-normalized] "
        "[--ter-no-punct] [--ter-asian-support] [--rouge-stemmer] [--rouge-sentence-end TEXT] "
        "[--sentence | [--confidence] [--paired FILE... [--paired-test ar|bs] [--trials N]] "
        "[--resamples N] [--seed N]] [--score-only | --json] [--strict]",
    .description =
        "Compares translations with references line by line and prints a line for each metric: "
        "the signature of sacreBLEU 2.6.0, and after it the score, digit for digit. rouge1, "
        "rouge2, "
        "rougeL and rougeLsum (rouge: all four) are the mean F-measures of rouge_score 0.1.2, "
        "times "
        "100, with precision and recall. Files compressed by gzip are read, too.\n\n"
        "--confidence and --paired say how sure a score, or a difference, is: in the numbers of "
        "sacreBLEU 2.6.0, of ROUGE by the same method. A p of at most 0.05 has a star.",
    .examples =
        "ingot score bleu --reference test.de --hypothesis output.de\n"
        "ingot translate -m models/en-de -i test.en | ingot score chrf --reference test.de "
        "--chrf-word-order 2\n"
        "ingot score rouge --rouge-stemmer --rouge-sentence-end '<n>' -r summaries.txt -i out.txt\n"
        "ingot score bleu chrf ter -r test.de -i output.de --paired baseline.de --confidence",
    .options = score_options,
    .option_count = sizeof score_options / sizeof *score_options,
    .operand = "METRIC (bleu, chrf, ter or rouge, or several)",
    .operand_choices = metric_names,
    .min_operands = 1,
    .max_operands = CLI_METRICS,
    .run = run_score,
};
