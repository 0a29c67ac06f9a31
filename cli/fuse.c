// ingot fuse: several models into one, by a recipe.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "held_out.h"
#include "ingot.h"
#include "metrics.h"
#include "options.h"
#include "paths.h"
#include "report.h"
#include "size.h"
#include "stop.h"

typedef struct fuse_values {
  const char *output, *report, *source, *reference, *metric, *shard_size;
  int threads, beam_size;
  bool dry_run, sha256;
  cli_log log;
} fuse_values;
#define CLI_VALUES fuse_values

// Those of which more is better.
static const char *const metrics[] = {"bleu",   "chrf",      "rouge1", "rouge2",
                                      "rougeL", "rougeLsum", NULL};

static const cli_option fuse_options[] = {
    CLI_TEXT_OPTION('o', "output", "DIR", output,
                    "Directory of the fused model. Needed unless --dry-run."),
    CLI_FLAG_OPTION(0, "dry-run", dry_run,
                    "Check everything, list all problems, print the plan; write no model."),
    CLI_TEXT_OPTION(
        0, "report", "FILE.html", report,
        "Write a page with cosines and distances between the models, tensor by tensor."),
    CLI_TEXT_OPTION(
        0, "held-out-source", "FILE", source,
        "What greedy_soup chooses its models by: sentences to translate, one a line ..."),
    CLI_TEXT_OPTION(0, "held-out-reference", "FILE", reference,
                    "... and their right translations."),
    CLI_CHOICE_OPTION("metric", "NAME", metric, metrics, "The held-out score. Default: bleu."),
    CLI_INTEGER_OPTION("beam-size", "N", beam_size, 1, 1000,
                       "Of the held-out translations. Default: the model's."),
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

static int run_fuse(const cli_verb *verb, int argc, char **argv) {
  fuse_values values = {0};
  cli_operands operands;
  const int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code != CLI_GO_ON) return code;
  if (!values.source != !values.reference)
    return cli_usage_error(verb, "--held-out-source and --held-out-reference belong together");
  if (cli_same_file(values.report, values.source) || cli_same_file(values.report, values.reference))
    return cli_usage_error(verb, "--report %s is a file of the held-out lines", values.report);
  if (!values.output && !values.dry_run)
    return cli_usage_error(verb, "expected -o DIR, or --dry-run");
  ig_fuse_options options = ig_fuse_options_default();
  options.threads = values.threads;
  options.report_path = values.report;
  if (values.shard_size && !cli_size_read(values.shard_size, &options.shard_bytes))
    return cli_size_error(verb, "out-shard-size", values.shard_size);
  options.sha256 = values.sha256;
  options.reporter = cli_report_begin(&values.log, true);
  options.interrupter = cli_stop_on_signals(!values.log.quiet && !values.log.json);
  ig_error err;
  cli_held_out held_out = {.options = ig_held_out_options_default()};
  if (values.metric) cli_metrics_find(values.metric, &held_out.options.score.metric);
  held_out.options.threads = values.threads;
  held_out.options.interrupter = options.interrupter;
  held_out.options.beam_size = values.beam_size;
  ig_status status = IG_OK;
  if (values.source) {
    options.score = ig_score_held_out;
    options.score_context = &held_out.options;
    status = cli_held_out_open(&held_out, values.source, values.reference, &options.reporter, &err);
  }
  if (status == IG_OK)
    status = values.dry_run ? plan(operands.items[0], values.output, &options, &err)
                            : ig_fuse(operands.items[0], values.output, &options, &err);
  cli_held_out_close(&held_out);
  cli_report_end();
  return cli_stop_code(status, status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message));
}

const cli_verb cli_fuse = {
    .name = "fuse",
    .summary = "Fuse several models into one.",
    .synopsis =
        "fuse RECIPE.yml -o DIR [--dry-run] [--report FILE.html] [--threads N]\n"
        "fuse RECIPE.yml -o DIR --held-out-source FILE --held-out-reference FILE [--metric NAME] "
        "[--beam-size N]",
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
