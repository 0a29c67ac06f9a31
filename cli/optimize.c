// ingot optimize: a model with weights of fewer bits, and what that costs.
#include <stdio.h>

#include "held_out.h"
#include "ingot_optimize.h"
#include "optimize_report.h"
#include "options.h"
#include "report.h"
#include "size.h"
#include "stop.h"

typedef struct optimize_values {
  const char *output, *type, *shard_size, *check;
  double keep_above;
  bool keep_table;
  int beam_size, threads;
  bool shortlist;
  ig_shortlist_options corpus;
  cli_log log;
} optimize_values;
#define CLI_VALUES optimize_values

static const char *const types[] = {"int8", "bf16", "fp16", NULL};

static const cli_option optimize_options[] = {
    CLI_REQUIRED_OPTION('o', "output", "DIR", output,
                        "Directory to write, which must not exist yet."),
    CLI_CHOICE_OPTION(
        "type", "NAME", type, types,
        "int8: the weights of linear layers and of the tables that they share, with a "
        "scale for each row. bf16, fp16: all floating-point weights, as `ingot convert "
        "--type` stores them. Default: int8; with --shortlist alone the weights stay as they are."),
    CLI_NUMBER_OPTION("keep-above", "X", keep_above,
                      "int8: tensors whose relative error is above X stay as they are, and their "
                      "layers run in fp32."),
    CLI_FLAG_OPTION(0, "keep-table", keep_table,
                    "int8: a table of embeddings stays as it is though the output layer is tied to "
                    "it. transformers opens such a directory only then."),
    CLI_TEXT_OPTION(
        0, "check", "SOURCE", check,
        "Translate the lines of SOURCE with the model before and after, and print BLEU "
        "and chrF of both against the lines of REFERENCE, the operand after MODEL. The one "
        "after chooses by its shortlist, if it gets one."),
    CLI_INTEGER_OPTION("beam-size", "N", beam_size, 1, 64,
                       "Beams of the check. Default: the model's."),
    CLI_FLAG_OPTION(0, "shortlist", shortlist,
                    "Build a shortlist, lex.s2t.bin, from the texts of --source and --target: for "
                    "each source token the target tokens that it leads to. `ingot translate "
                    "--shortlist` chooses among those of a sentence alone."),
    CLI_TEXT_OPTION(0, "source", "FILE", corpus.source,
                    "Of the shortlist: lines in the language that the model reads, plain or .gz."),
    CLI_TEXT_OPTION(0, "target", "FILE", corpus.target,
                    "Of the shortlist: the translation of each, by people or by the model itself."),
    CLI_INTEGER_OPTION("shortlist-first", "N", corpus.first, 1, 1000000,
                       "Frequent target tokens that every sentence may have. Default: 100."),
    CLI_INTEGER_OPTION("shortlist-best", "N", corpus.best, 1, 1000000,
                       "Target tokens that a source token leads to, at most. Default: 100."),
    CLI_THREADS_OPTION,
    CLI_SHARD_SIZE_OPTION,
    CLI_QUIET_OPTION,
    CLI_FLAG_OPTION(0, "json", log.json,
                    "Print the report as one JSON object, and log to standard error as JSON."),
};

static int check_values(const cli_verb *verb, const optimize_values *v,
                        const cli_operands *operands) {
  if (v->check && operands->count < 2)
    return cli_usage_error(verb,
                           "--check takes two files: `--check SOURCE REFERENCE`, after MODEL");
  if (!v->check && operands->count > 1)
    return cli_usage_error(verb, "expected one MODEL, found also '%s'", operands->items[1]);
  if (!v->check && v->beam_size > 0)
    return cli_usage_error(verb, "--beam-size is of the check: --check asks for one");
  const ig_shortlist_options *c = &v->corpus;
  if (v->shortlist && (!c->source || !c->target))
    return cli_usage_error(verb, "--shortlist is built from two files: --source and --target");
  if (!v->shortlist && (c->source || c->target || c->first || c->best))
    return cli_usage_error(verb,
                           "--source, --target, --shortlist-first and --shortlist-best are of a "
                           "shortlist: --shortlist asks for one");
  if (v->keep_above < 0) return cli_usage_error(verb, "--keep-above: expected a number above 0");
  return CLI_GO_ON;
}

// Scores of one model's translations, by the shortlist that held_out->options names.
static ig_status score_model(cli_held_out *held_out, const char *directory,
                             double scores[CLI_CHECK_SCORES], ig_error *err) {
  held_out->options.other_scores = &scores[1];
  return ig_score_held_out(&held_out->options, directory, &scores[0], err);
}

static ig_status open_check(const optimize_values *v, const char *reference,
                            const ig_optimize_options *options, cli_held_out *held_out,
                            ig_error *err) {
  static const ig_score_options chrf = {.metric = IG_METRIC_CHRF};
  held_out->options = ig_held_out_options_default();
  held_out->options.threads = v->threads;
  held_out->options.beam_size = v->beam_size;
  held_out->options.interrupter = options->interrupter;
  held_out->options.others = &chrf;
  held_out->options.other_count = 1;
  return cli_held_out_open(held_out, v->check, reference, &options->reporter, err);
}

typedef struct optimize_run {
  const optimize_values *values;
  const cli_operands *operands;
  ig_optimize_options options;
  cli_optimize_report report;
  cli_optimize_check check;
  ig_optimized sum;
} optimize_run;

// The model is scored before anything is written: what cannot be checked fails then.
static ig_status optimize_and_check(optimize_run *r, ig_error *err) {
  const optimize_values *v = r->values;
  const char *model = r->operands->items[0];
  cli_held_out held_out = {0};
  ig_status status = IG_OK;
  if (v->check) status = open_check(v, r->operands->items[1], &r->options, &held_out, err);
  if (v->check && status == IG_OK) status = score_model(&held_out, model, r->check.before, err);
  if (status == IG_OK) status = ig_optimize(model, v->output, &r->options, &r->sum, err);
  if (v->shortlist) held_out.options.shortlist = v->output;
  if (v->check && status == IG_OK) status = score_model(&held_out, v->output, r->check.after, err);
  cli_held_out_close(&held_out);
  return status;
}

static int run_optimize(const cli_verb *verb, int argc, char **argv) {
  optimize_values values = {0};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) code = check_values(verb, &values, &operands);
  if (code != CLI_GO_ON) return code;
  optimize_run r = {
      .values = &values, .operands = &operands, .options = ig_optimize_options_default()};
  r.options.type = values.type;
  r.options.keep_above = values.keep_above;
  r.options.keep_table = values.keep_table;
  r.options.shortlist = values.shortlist ? &values.corpus : NULL;
  r.options.threads = values.threads;
  r.options.tensor = cli_optimize_report_add;
  r.options.tensor_context = &r.report;
  if (values.shard_size && !cli_size_read(values.shard_size, &r.options.shard_bytes))
    return cli_size_error(verb, "out-shard-size", values.shard_size);
  r.options.reporter = cli_report_begin(&values.log, true);
  r.options.interrupter = cli_stop_on_signals(!values.log.quiet && !values.log.json);
  ig_error err;
  const ig_status status = optimize_and_check(&r, &err);
  cli_report_end();
  code = cli_stop_code(status, status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message));
  if (status == IG_OK && r.report.failed) code = cli_fail_memory(verb);
  if (code == CLI_OK)
    cli_optimize_report_print(&r.report, &r.sum, values.check ? &r.check : NULL, values.log.json);
  cli_optimize_report_free(&r.report);
  return code;
}

const cli_verb cli_optimize = {
    .name = "optimize",
    .summary = "Write a model with weights of fewer bits, and say what that costs.",
    .synopsis =
        "optimize MODEL -o DIR [--type NAME] [--keep-above X] [options]\n"
        "optimize MODEL -o DIR --check SOURCE REFERENCE [options]\n"
        "optimize MODEL -o DIR [--type NAME] --shortlist --source FILE --target FILE [options]",
    .description =
        "Writes a Hugging Face directory, whose other files are copied as `ingot convert` copies "
        "them. With int8 each weight that inference in int8 packs so is stored as I8 with a scale "
        "for each row, by the recipe of `--type int8`: it runs with the same bits as the model "
        "before with that option, opens with the memory of its file, and runs in int8 unless "
        "another type is asked for. Norms, biases and small heads stay as they are. "
        "docs/int8.md has the layout.\n\n"
        "Prints for each tensor the relative error (root mean square of the differences, over that "
        "of the values) and the largest one, those that lose most first; on a terminal the first "
        "ten. MODEL is named as in translate, without adapters. The directory appears when it is "
        "complete.\n\n"
        "--shortlist adds a list of likely target tokens for each source token, by which "
        "translations are made faster; docs/shortlists.md says how and at what cost.",
    .examples =
        "ingot optimize en-de -o en-de-int8\n"
        "ingot optimize en-de -o en-de-int8 --keep-above 0.02 --check dev.en dev.de\n"
        "ingot optimize en-de -o en-de-int8 --type int8 --shortlist --source train.en --target "
        "train.de",
    .options = optimize_options,
    .option_count = sizeof optimize_options / sizeof *optimize_options,
    .operand = "MODEL",
    .min_operands = 1,
    .max_operands = 2,
    .run = run_optimize,
};
