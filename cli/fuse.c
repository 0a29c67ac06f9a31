// ingot fuse: several models into one, by a recipe.
#include <stdio.h>
#include <stdlib.h>

#include "ingot.h"
#include "options.h"
#include "report.h"
#include "stop.h"

typedef struct fuse_values {
  const char *output, *report;
  int threads;
  bool dry_run, sha256;
  cli_log log;
} fuse_values;
#define CLI_VALUES fuse_values

static const cli_option fuse_options[] = {
    CLI_TEXT_OPTION('o', "output", "DIR", output, "Directory of the fused model. Needed unless --dry-run."),
    CLI_FLAG_OPTION(0, "dry-run", dry_run, "Check everything, list all problems, print the plan; write no model."),
    CLI_TEXT_OPTION(0, "report", "FILE.html", report, "Write a page with cosines and distances between the models, tensor by tensor."),
    CLI_FLAG_OPTION(0, "sha256", sha256, "Record SHA-256 hashes of the inputs in place of XXH3-128."),
    CLI_THREADS_OPTION,
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

static ig_status plan(const char *recipe, const char *output, const ig_fuse_options *options, ig_error *err) {
  char *text = NULL;
  const ig_status status = ig_fuse_plan(recipe, output, options, &text, err);
  if (status == IG_OK) fputs(text, stdout);
  free(text);
  return status;
}

static int run(const cli_verb *verb, int argc, char **argv) {
  fuse_values values = {0};
  cli_operands operands;
  const int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code != CLI_GO_ON) return code;
  if (!values.output && !values.dry_run) return cli_usage_error(verb, "expected -o DIR, or --dry-run");
  ig_fuse_options options = ig_fuse_options_default();
  options.threads = values.threads;
  options.report = values.report;
  options.sha256 = values.sha256;
  options.reporter = cli_report_begin(&values.log, true);
  cli_stop_on_signals(!values.log.quiet && !values.log.json);
  ig_error err;
  const ig_status status =
      values.dry_run ? plan(operands.items[0], values.output, &options, &err) : ig_fuse(operands.items[0], values.output, &options, &err);
  cli_report_end();
  return cli_stop_code(status, status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message));
}

const cli_verb cli_fuse = {
    .name = "fuse",
    .summary = "Fuse several models into one.",
    .synopsis = "fuse RECIPE.yml -o DIR [--dry-run] [--report FILE.html] [--threads N]",
    .description =
        "Carries out a recipe: a method, the models, and its parameters for whole models, layers or single tensors. Recipes of mergekit are read as "
        "they stand. The result is an ordinary model directory; it does not depend on --threads.\n\n"
        "Before any weight is read everything is checked, and all problems are listed. SIGINT (Ctrl-C), SIGTERM and SIGHUP save the state and stop, "
        "with exit "
        "code 130, 143 and 129; the same command goes on from there, as it does after a crash, to the same bytes.",
    .examples = "ingot fuse recipe.yml -o fused",
    .options = fuse_options,
    .option_count = sizeof fuse_options / sizeof *fuse_options,
    .operand = "RECIPE.yml",
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
