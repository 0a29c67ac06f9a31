// ingot score squad: answers to questions against the right ones, as the official scripts of SQuAD,
// MLQA and CMRC 2018 score them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confidence.h"
#include "error.h"
#include "ingot_score.h"
#include "json.h"
#include "options.h"
#include "output_path.h"
#include "paths.h"
#include "report.h"
#include "whole_file.h"

typedef struct squad_values {
  const char *reference, *hypothesis, *version, *language, *null_odds, *per_question, *resample;
  double null_threshold;
  bool json;
  cli_confidence confidence;
  ig_resampled *exact, *f1;  // (cli_confidence_count), or NULL if nothing is drawn
} squad_values;
#define CLI_VALUES squad_values

static const double no_threshold = -1e300;
static const char *const versions[] = {"1", "2", NULL};
static const char *const languages[] = {"zh", "en", "es", "hi", "vi", "de", "ar", "zh-mlqa", NULL};

static const char *const resampled[] = {"questions", "articles", NULL};

static const cli_option squad_options[] = {
    CLI_REQUIRED_OPTION(
        'r', "reference", "SQUAD.json", reference,
        "Questions and their right answers, in SQuAD's form, or in rows as Hugging Face "
        "datasets have them."),
    CLI_TEXT_OPTION('i', "hypothesis", "PREDICTIONS.json", hypothesis,
                    "An object of answers by the ids of questions. Default: standard input (-)."),
    CLI_CHOICE_OPTION("version", "N", version, versions,
                      "The rules of SQuAD 1.1 (1) or 2.0 (2). Default: as the reference is; one "
                      "that has questions without answers is of 2.0."),
    CLI_CHOICE_OPTION("language", "CODE", language, languages,
                      "zh: the rules of CMRC 2018, by characters, which DRCD uses, too. en, es, "
                      "hi, vi, de, ar: those of MLQA, with the articles of the language; zh-mlqa: "
                      "MLQA's for Chinese."),
    CLI_TEXT_OPTION(0, "null-odds", "FILE", null_odds,
                    "An object of numbers by the ids of questions (2.0): the higher, the surer is "
                    "it that there is no answer. Prints the best scores that a threshold reaches."),
    CLI_NUMBER_OPTION("null-threshold", "X", null_threshold,
                      "With --null-odds: predictions with a number above X count as empty. "
                      "Default: 1, as the official script."),
    CLI_TEXT_OPTION(0, "per-question", "FILE", per_question,
                    "Write a line for each question: id, exact, f1, prediction, right answer, with "
                    "tabs between, and \\t, \\n, \\r and \\\\ in texts."),
    CLI_CONFIDENCE_OPTIONS("Predictions of another system, to test the difference; may be given "
                           "several times. --null-odds are not for it."),
    CLI_CHOICE_OPTION("resample", "WHAT", resample, resampled,
                      "What --confidence and --paired draw: questions, or articles with all their "
                      "questions, which depend on one another. Default: questions."),
    CLI_FLAG_OPTION(0, "json", json,
                    "Print one JSON object, with the names of the official script and all digits."),
};

// ---- one line a question --------------------------------------------------------------

static void write_field(FILE *file, const char *text) {
  for (; *text != '\0'; text++) {
    const char *escape = *text == '\t'   ? "\\t"
                         : *text == '\n' ? "\\n"
                         : *text == '\r' ? "\\r"
                         : *text == '\\' ? "\\\\"
                                         : NULL;
    if (escape != NULL)
      fputs(escape, file);
    else
      fputc(*text, file);
  }
}

static void write_question(void *context, const ig_squad_question_score *q) {
  FILE *file = context;
  write_field(file, q->id);
  fprintf(file, "\t%.0f\t", q->exact);
  cli_json_number(file, q->f1);
  fputc('\t', file);
  write_field(file, q->prediction != NULL ? q->prediction : "");
  fputc('\t', file);
  write_field(file, q->answer != NULL ? q->answer : "");
  fputc('\n', file);
}

// ---- the figures ----------------------------------------------------------------------

typedef struct printed_figure {
  const char *name;
  double value;
  size_t total;
  const double *threshold;        // NULL: none
  const ig_resampled *resampled;  // NULL: nothing was drawn for it
} printed_figure;

enum { MOST_FIGURES = 10 };

// The figures of a score, in the order and by the names of the official script.
static size_t list_figures(const squad_values *v, const ig_squad_score *s,
                           printed_figure figures[MOST_FIGURES]) {
  const bool second = s->rules == IG_SQUAD_RULES_V2, cmrc = s->rules == IG_SQUAD_RULES_CMRC;
  const char *exact = second ? "exact" : cmrc ? "EM" : "exact_match", *f1 = cmrc ? "F1" : "f1";
  size_t count = 0;
  if (cmrc)
    figures[count++] =
        (printed_figure){"AVERAGE", (s->all.exact + s->all.f1) * 0.5, s->all.total, NULL, NULL};
  const printed_figure whole[] = {{exact, s->all.exact, s->all.total, NULL, v->exact},
                                  {f1, s->all.f1, s->all.total, NULL, v->f1}};
  figures[count++] = whole[cmrc];
  figures[count++] = whole[!cmrc];
  const struct {
    const ig_squad_part *part;
    const char *exact, *f1;
  } groups[] = {{&s->answerable, "HasAns_exact", "HasAns_f1"},
                {&s->unanswerable, "NoAns_exact", "NoAns_f1"}};
  for (size_t i = 0; i < 2; i++) {
    const ig_squad_part *part = groups[i].part;
    if (part->total == 0) continue;
    figures[count++] = (printed_figure){groups[i].exact, part->exact, part->total, NULL, NULL};
    figures[count++] = (printed_figure){groups[i].f1, part->f1, part->total, NULL, NULL};
  }
  if (s->has_best) {
    figures[count++] =
        (printed_figure){"best_exact", s->best_exact, s->all.total, &s->best_exact_threshold, NULL};
    figures[count++] =
        (printed_figure){"best_f1", s->best_f1, s->all.total, &s->best_f1_threshold, NULL};
  }
  return count;
}

static const char *rules_name(const squad_values *v, ig_squad_rules rules, char out[32]) {
  const char *names[] = {[IG_SQUAD_RULES_V1] = "squad-1.1",
                         [IG_SQUAD_RULES_V2] = "squad-2.0",
                         [IG_SQUAD_RULES_CMRC] = "cmrc2018"};
  if (rules != IG_SQUAD_RULES_MLQA) return names[rules];
  snprintf(out, 32, "mlqa-%.2s", v->language);
  return out;
}

static bool draws_articles(const squad_values *v) {
  return v->resample != NULL && strcmp(v->resample, "articles") == 0;
}

static void print_lines(const squad_values *v, const ig_squad_score *s) {
  printed_figure figures[MOST_FIGURES];
  char name[32];
  const size_t count = list_figures(v, s, figures);
  for (size_t i = 0; i < count; i++) {
    char line[200];
    const bool articles = figures[i].resampled != NULL && draws_articles(v);
    snprintf(line, sizeof line, "%s|rules:%s|questions:%zu|missing:%zu%s = %.2f", figures[i].name,
             rules_name(v, s->rules, name), figures[i].total, s->missing,
             articles ? "|resample:articles" : "", figures[i].value);
    if (figures[i].resampled != NULL)
      cli_confidence_print(&v->confidence, line, figures[i].resampled);
    else if (figures[i].threshold != NULL)
      printf("%s (threshold %g)\n", line, *figures[i].threshold);
    else
      puts(line);
  }
}

static void print_number(const char *name, const char *end, double value) {
  printf("\"%s%s\": ", name, end);
  cli_json_number(stdout, value);
  fputs(", ", stdout);
}

// After F1 of a group comes its total in the official output of 2.0.
static void print_object(const squad_values *v, const ig_squad_score *s) {
  printed_figure figures[MOST_FIGURES];
  char name[32];
  const size_t count = list_figures(v, s, figures);
  putchar('{');
  for (size_t i = 0; i < count; i++) {
    const printed_figure *f = &figures[i];
    print_number(f->name, "", f->value);
    if (f->threshold != NULL)
      print_number(f->name, "_thresh", *f->threshold);
    else if (strcmp(f->name, "f1") == 0 && s->rules == IG_SQUAD_RULES_V2)
      printf("\"total\": %zu, ", f->total);
    else if (strstr(f->name, "Ans_f1") != NULL)
      printf("\"%.*stotal\": %zu, ", (int)(strlen(f->name) - strlen("f1")), f->name, f->total);
  }
  if (s->rules == IG_SQUAD_RULES_CMRC)
    printf("\"TOTAL\": %zu, \"SKIP\": %zu, ", s->all.total, s->missing);
  printf("\"rules\": \"%s\", \"missing\": %zu, \"unknown\": %zu, \"null\": %zu",
         rules_name(v, s->rules, name), s->missing, s->unknown, s->empty);
  if (s->rules == IG_SQUAD_RULES_CMRC) printf(", \"uncut\": %zu", s->uncut);
  if (cli_confidence_asked(&v->confidence))
    printf(", \"resample\": \"%s\"", draws_articles(v) ? "articles" : "questions");
  for (size_t i = 0; i < count; i++) {
    char prefix[40];
    snprintf(prefix, sizeof prefix, "%s_", figures[i].name);
    if (figures[i].resampled != NULL)
      cli_confidence_print_json(&v->confidence, prefix, figures[i].resampled);
  }
  puts("}");
}

// ---- the verb -------------------------------------------------------------------------

// It must not be written over what is read.
static int check_per_question(const cli_verb *verb, const squad_values *v) {
  static const cli_list no_models;
  const cli_list *baselines = &v->confidence.baselines;
  const char *const inputs[] = {v->reference, v->hypothesis, v->null_odds};
  const size_t count = sizeof inputs / sizeof *inputs;
  for (size_t i = 0; i < count + baselines->count; i++) {
    const char *input = i < count ? inputs[i] : baselines->items[i - count];
    const int code = cli_check_output(verb, v->per_question, input, &no_models);
    if (code != CLI_GO_ON) return code;
  }
  return CLI_GO_ON;
}

static int check_values(const cli_verb *verb, const squad_values *v) {
  if (v->version != NULL && v->language != NULL)
    return cli_usage_error(verb, "--version and --language exclude each other");
  if (v->null_threshold != no_threshold && v->null_odds == NULL)
    return cli_usage_error(verb, "--null-threshold needs --null-odds");
  if (v->null_odds != NULL && (v->language != NULL || (v->version && *v->version == '1')))
    return cli_usage_error(verb, "--null-odds is an option of the rules of SQuAD 2.0");
  if (v->per_question != NULL && cli_is_standard(v->per_question))
    return cli_usage_error(verb, "--per-question: the scores go to standard output; give a file");
  const cli_list *baselines = &v->confidence.baselines;
  const int code = check_per_question(verb, v);
  if (code != CLI_GO_ON) return code;
  int standard = cli_is_standard(v->reference) + cli_is_standard(v->hypothesis);
  for (size_t i = 0; i < baselines->count; i++) standard += cli_is_standard(baselines->items[i]);
  if (standard > 1) return cli_usage_error(verb, "only one of the files can be standard input");
  if (v->resample != NULL && !cli_confidence_asked(&v->confidence))
    return cli_usage_error(verb, "--resample needs --confidence or --paired");
  return cli_confidence_check(verb, &v->confidence);
}

static ig_squad_options options_of(const squad_values *v) {
  ig_squad_options o = {
      .null_odds = v->null_odds,
      .null_threshold = v->null_threshold != no_threshold ? &v->null_threshold : NULL,
      .reporter = cli_report_begin(&(cli_log){0}, false)};
  if (v->version != NULL) o.rules = *v->version == '1' ? IG_SQUAD_RULES_V1 : IG_SQUAD_RULES_V2;
  if (v->language == NULL) return o;
  if (strcmp(v->language, "zh") == 0) {
    o.rules = IG_SQUAD_RULES_CMRC;
  } else {
    o.rules = IG_SQUAD_RULES_MLQA;
    o.language = strcmp(v->language, "zh-mlqa") == 0 ? "zh" : v->language;
  }
  return o;
}

static const char *path_of(const char *path) { return cli_is_standard(path) ? "/dev/stdin" : path; }

static ig_status score_answers(squad_values *v, ig_squad_score *score, ig_error *err) {
  ig_squad_options options = options_of(v);
  const ig_resampling resampling = cli_confidence_resampling(&v->confidence);
  cli_whole_file file = {0};
  ig_status status =
      v->per_question != NULL ? cli_whole_file_open(&file, v->per_question, err) : IG_OK;
  if (v->per_question != NULL) {
    options.question = write_question;
    options.question_context = file.file;
  }
  if (cli_confidence_asked(&v->confidence)) {
    const size_t count = cli_confidence_count(&v->confidence);
    cli_list *baselines = &v->confidence.baselines;
    for (size_t i = 0; i < baselines->count; i++)
      baselines->items[i] = path_of(baselines->items[i]);
    options.resampling = &resampling;
    options.resample_articles = draws_articles(v);
    options.baselines = baselines->items;
    options.baseline_count = baselines->count;
    options.resampled_exact = v->exact = calloc(count, sizeof *v->exact);
    options.resampled_f1 = v->f1 = calloc(count, sizeof *v->f1);
    if (status == IG_OK && (v->exact == NULL || v->f1 == NULL)) status = cli_error_memory(err);
  }
  if (status == IG_OK)
    status = ig_score_squad(&options, path_of(v->reference), path_of(v->hypothesis), score, err);
  if (status == IG_OK && v->per_question != NULL) status = cli_whole_file_commit(&file, err);
  cli_whole_file_close(&file);
  return status;
}

static int print_scores(const cli_verb *verb, squad_values *values) {
  ig_squad_score score;
  ig_error err = {0};
  const ig_status status = score_answers(values, &score, &err);
  cli_report_end();
  if (status != IG_OK) return cli_fail(verb, "%s", err.message);
  if (values->json)
    print_object(values, &score);
  else
    print_lines(values, &score);
  return CLI_OK;
}

static int run_score_squad(const cli_verb *verb, int argc, char **argv) {
  squad_values values = {.null_threshold = no_threshold, .confidence = {.seed = -1}};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) code = check_values(verb, &values);
  if (code == CLI_GO_ON) code = print_scores(verb, &values);
  cli_list_free(&values.confidence.baselines);
  free(values.exact);
  free(values.f1);
  return code;
}

const cli_verb cli_score_squad = {
    .name = "score squad",
    .summary = "Exact match and F1 of answers to questions, as SQuAD's scripts compute them.",
    .synopsis =
        "score squad --reference SQUAD.json [--hypothesis PREDICTIONS.json] [--version 1|2 | "
        "--language CODE] [--null-odds FILE [--null-threshold X]] [--per-question FILE] "
        "[--confidence] "
        "[--paired FILE... [--paired-test ar|bs] [--trials N]] [--resamples N] [--seed N] "
        "[--resample questions|articles] [--json]",
    .description =
        "Compares predicted answers with the right ones of a file in the form of SQuAD 1.1, SQuAD "
        "2.0, XQuAD, MLQA, CMRC 2018 or DRCD. Figures have the names and all digits of the "
        "official "
        "scripts: exact match and F1, for 2.0 also of the questions with an answer (HasAns) and of "
        "those without (NoAns).\n\n"
        "Questions without a prediction count as wrong, and are told with those that the reference "
        "does not have. (The script of 2.0 fails on them.) What is odd in the reference, such as "
        "an answer that is not where answer_start says, is told, and does not change the "
        "scores.\n\n"
        "--confidence and --paired say how sure exact match and F1 of all questions are; questions "
        "are drawn, or with --resample articles whole articles.\n\n"
        "With --language zh, answers and predictions that may be several sentences in Latin "
        "letters are told and counted (uncut): the official script cuts them by a trained model "
        "(NLTK's Punkt), which may make other words of them. (Of 17,707 answers of CMRC 2018 and "
        "DRCD it makes other words of none.)",
    .examples =
        "ingot score squad --reference dev-v2.0.json --hypothesis predictions.json "
        "--null-odds null_odds.json\n"
        "ingot score squad --reference cmrc2018_dev.json --hypothesis predictions.json "
        "--language zh --json",
    .options = squad_options,
    .option_count = sizeof squad_options / sizeof *squad_options,
    .run = run_score_squad,
};
