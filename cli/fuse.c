// ingot fuse: several models into one, by a recipe.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "held_out.h"
#include "ingot.h"
#include "metrics.h"
#include "options.h"
#include "paths.h"
#include "report.h"
#include "size.h"
#include "stop.h"

typedef struct fuse_values {
  const char *output, *report, *source, *reference, *questions, *command, *metric, *shard_size,
      *statistics;
  int threads, beam_size;
  bool dry_run, sha256, allow_commands;
  cli_log log;
} fuse_values;
#define CLI_VALUES fuse_values

// Those of which more is better.
static const char *const metrics[] = {"bleu",      "chrf", "rouge1", "rouge2", "rougeL",
                                      "rougeLsum", "loss", "f1",     "exact",  NULL};

static const cli_option fuse_options[] = {
    CLI_TEXT_OPTION('o', "output", "DIR", output,
                    "Directory of the fused model. Needed unless --dry-run."),
    CLI_FLAG_OPTION(0, "dry-run", dry_run,
                    "Check everything, list all problems, print the plan; write no model."),
    CLI_TEXT_OPTION(0, "report", "FILE.html", report,
                    "Write a page with cosines and distances between the models, pair by pair and "
                    "tensor by tensor, and with "
                    "what was learned or searched."),
    CLI_TEXT_OPTION(
        0, "held-out-source", "FILE", source,
        "What greedy_soup chooses its models by, and a search its values: sentences to translate, "
        "one a line ..."),
    CLI_TEXT_OPTION(0, "held-out-reference", "FILE", reference,
                    "... and their right translations."),
    CLI_TEXT_OPTION(0, "held-out-questions", "FILE", questions,
                    "Or questions with their answers, in the form of SQuAD, for models that answer "
                    "(`ingot answer`)."),
    CLI_TEXT_OPTION(0, "held-out-command", "COMMAND", command,
                    "Or a command of the shell, with the model's directory as its last argument: "
                    "the last line that it writes is the score, more being better."),
    CLI_CHOICE_OPTION("metric", "NAME", metric, metrics,
                      "The held-out score; of loss the lower is the better, and it is told with a "
                      "minus. Default: bleu, of questions f1 (or exact)."),
    CLI_INTEGER_OPTION("beam-size", "N", beam_size, 1, 1000,
                       "Of the held-out translations, or answers that are generated. Default: the "
                       "model's."),
    CLI_TEXT_OPTION(
        0, "statistics", "DIR", statistics,
        "Keep statistics of the models (of fisher and regmean) here, and use them again for the "
        "same model and data."),
    CLI_FLAG_OPTION(0, "allow-commands", allow_commands,
                    "Let the recipe run commands of its own: those that a search scores models by. "
                    "Only for recipes that you trust."),
    CLI_SHARD_SIZE_OPTION,
    CLI_FLAG_OPTION(0, "sha256", sha256,
                    "Record SHA-256 hashes of the inputs in place of XXH3-128."),
    CLI_THREADS_OPTION,
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

static ig_status plan(const char *recipe, const char *output, const ig_fuse_options *options,
                      ig_error *err) {
  char *text = NULL;
  const ig_status status = ig_fuse_describe(recipe, output, options, &text, err);
  if (status == IG_OK) fputs(text, stdout);
  free(text);
  return status;
}

static bool is_of_questions(const char *metric) {
  return strcmp(metric, "f1") == 0 || strcmp(metric, "exact") == 0;
}

static int check_held_out(const cli_verb *verb, const fuse_values *v) {
  if (!v->source != !v->reference)
    return cli_usage_error(verb, "--held-out-source and --held-out-reference belong together");
  if (v->source && v->questions)
    return cli_usage_error(verb, "expected either --held-out-source or --held-out-questions");
  if (v->command && (v->source || v->questions))
    return cli_usage_error(verb, "expected either --held-out-command or --held-out-%s",
                           v->source ? "source" : "questions");
  if (v->command && (v->metric || v->beam_size > 0))
    return cli_usage_error(verb, "%s has no effect on --held-out-command",
                           v->metric ? "--metric" : "--beam-size");
  if (v->metric && strcmp(v->metric, "loss") == 0 && v->beam_size > 0)
    return cli_usage_error(verb, "--beam-size has no effect on --metric loss");
  if (v->metric && is_of_questions(v->metric) != (v->questions != NULL))
    return cli_usage_error(verb, "--metric %s is of --held-out-%s", v->metric,
                           v->questions ? "source" : "questions");
  if (!v->source && !v->questions && (v->metric || v->beam_size > 0))
    return cli_usage_error(verb,
                           "%s is of what is held out: expected --held-out-source and "
                           "--held-out-reference, or --held-out-questions",
                           v->metric ? "--metric" : "--beam-size");
  const char *const files[] = {v->source, v->reference, v->questions};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (cli_same_file(v->report, files[i]))
      return cli_usage_error(verb, "--report %s is a file of what is held out", v->report);
  return CLI_GO_ON;
}

// files (3): what models are scored by. Returns how many.
static size_t list_score_files(const fuse_values *v, const char **files) {
  const char *const all[] = {v->source, v->reference, v->questions};
  size_t count = 0;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i]) files[count++] = all[i];
  return count;
}

// What models are scored by, in words that differ where scores would: files by size and time.
static void identify_score(const fuse_values *v, char *text, size_t size) {
  const char *files[3];
  const size_t count = list_score_files(v, files);
  int used = snprintf(text, size, "%s, beam size %d, %s", v->metric ? v->metric : "", v->beam_size,
                      v->command ? v->command : "");
  for (size_t i = 0; i < count && used >= 0 && (size_t)used < size; i++) {
    struct stat s;
    if (stat(files[i], &s) != 0) continue;
    used += snprintf(text + used, size - (size_t)used, ", %lld bytes of %lld.%09ld",
                     (long long)s.st_size, (long long)s.st_mtim.tv_sec, (long)s.st_mtim.tv_nsec);
  }
}

// What models are scored by, in *options.
static ig_status open_lines(const fuse_values *v, cli_held_out *held_out, ig_fuse_options *options,
                            ig_error *err) {
  held_out->options = ig_held_out_options_default();
  held_out->options.loss = v->metric && strcmp(v->metric, "loss") == 0;
  if (v->metric) cli_metrics_find(v->metric, &held_out->options.score.metric);
  held_out->options.threads = v->threads;
  held_out->options.interrupter = options->interrupter;
  held_out->options.beam_size = v->beam_size;
  options->score = ig_score_held_out;
  options->score_context = &held_out->options;
  return cli_held_out_open(held_out, v->source, v->reference, &options->reporter, err);
}

static ig_status open_questions(const fuse_values *v, cli_held_out *held_out,
                                ig_fuse_options *options, ig_error *err) {
  ig_held_out_questions_options o = ig_held_out_questions_options_default();
  o.exact = v->metric && strcmp(v->metric, "exact") == 0;
  o.answering.threads = v->threads;
  o.answering.interrupter = options->interrupter;
  o.answering.beam_size = v->beam_size;
  o.reporter = &options->reporter;
  const ig_status status = ig_held_out_questions_open(v->questions, &o, &held_out->questions, err);
  options->score = ig_score_held_out_questions;
  options->score_context = held_out->questions;
  return status;
}

static void set_command(const fuse_values *v, cli_held_out *held_out, ig_fuse_options *options) {
  held_out->command = ig_held_out_command_options_default();
  held_out->command.command = v->command;
  held_out->command.interrupter = options->interrupter;
  options->score = ig_score_held_out_command;
  options->score_context = &held_out->command;
}

static int fuse_parsed(const cli_verb *verb, const fuse_values *v, const char *recipe,
                       ig_fuse_options *options) {
  ig_error err;
  cli_held_out held_out = {0};
  char identity[1024];
  identify_score(v, identity, sizeof identity);
  options->score_identity = identity;
  const char *files[3];
  options->score_files = files;
  options->score_file_count = list_score_files(v, files);
  if (v->command) set_command(v, &held_out, options);
  ig_status status = v->source      ? open_lines(v, &held_out, options, &err)
                     : v->questions ? open_questions(v, &held_out, options, &err)
                                    : IG_OK;
  if (status == IG_OK)
    status = v->dry_run ? plan(recipe, v->output, options, &err)
                        : ig_fuse(recipe, v->output, options, &err);
  cli_held_out_close(&held_out);
  cli_report_end();
  return cli_stop_code(status, status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message));
}

static int run_fuse(const cli_verb *verb, int argc, char **argv) {
  fuse_values values = {0};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) code = check_held_out(verb, &values);
  if (code != CLI_GO_ON) return code;
  if (!values.output && !values.dry_run)
    return cli_usage_error(verb, "expected -o DIR, or --dry-run");
  ig_fuse_options options = ig_fuse_options_default();
  options.threads = values.threads;
  options.report_path = values.report;
  options.statistics_directory = values.statistics;
  if (values.shard_size && !cli_size_read(values.shard_size, &options.shard_bytes))
    return cli_size_error(verb, "out-shard-size", values.shard_size);
  options.sha256 = values.sha256;
  options.allow_commands = values.allow_commands;
  options.reporter = cli_report_begin(&values.log, true);
  options.interrupter = cli_stop_on_signals(!values.log.quiet && !values.log.json);
  return fuse_parsed(verb, &values, operands.items[0], &options);
}

const cli_verb cli_fuse = {
    .name = "fuse",
    .summary = "Fuse several models into one.",
    .synopsis =
        "fuse RECIPE.yml -o DIR [--dry-run] [--report FILE.html] [--threads N]\n"
        "fuse RECIPE.yml -o DIR --held-out-source FILE --held-out-reference FILE [--metric NAME] "
        "[--beam-size N]\n"
        "fuse RECIPE.yml -o DIR --held-out-questions SQUAD.json [--metric f1|exact]\n"
        "fuse RECIPE.yml -o DIR --held-out-command COMMAND\n"
        "fuse RECIPE.yml -o DIR --allow-commands",
    .description =
        "Carries out a recipe: a method, the models, and its parameters for whole models, layers "
        "or single tensors. Recipes of mergekit are read as "
        "they stand. The result is an ordinary model directory, of extract_lora a LoRA adapter; it "
        "does not depend on --threads.\n\n"
        "Before any weight is read everything is checked, and all problems are listed. SIGINT "
        "(Ctrl-C), SIGTERM and SIGHUP save the state and stop, "
        "with exit "
        "code 130, 143 and 129; the same command goes on from there, as it does after a crash, to "
        "the same bytes.",
    .examples = "ingot fuse recipe.yml -o fused",
    .options = fuse_options,
    .option_count = sizeof fuse_options / sizeof *fuse_options,
    .operand = "RECIPE.yml",
    .min_operands = 1,
    .max_operands = 1,
    .run = run_fuse,
};
