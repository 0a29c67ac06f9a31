// ingot inspect: what a model is.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingot.h"
#include "options.h"
#include "report.h"

typedef struct inspect_values {
  ig_inspect_options report;
  const char *page;
  bool verify;
} inspect_values;
#define CLI_VALUES inspect_values

static const cli_option inspect_options[] = {
    CLI_INTEGER_OPTION(
        "batch-tokens", "N", report.batch_tokens, 1, 1000000,
        "Tokens a batch, source and target each, for which the memory is planned. Default: 4096."),
    CLI_INTEGER_OPTION("length", "N", report.length, 1, 1000000,
                       "Tokens a sentence of such a batch. Default: 64."),
    CLI_INTEGER_OPTION("beam-size", "N", report.beam_size, 1, 1000000,
                       "Hypotheses a sentence when translating. Default: 4."),
    CLI_INTEGER_OPTION("threads", "N", report.threads, 0, 1000000, "Threads. Default: all cores."),
    CLI_CHOICE_OPTION(
        "type", "TYPE", report.type, cli_weight_types,
        "Plan the memory of running for weights held as fp32, bf16 or int8, as --type "
        "of translate has them; a draft is held as int8. Default: int8 if the "
        "directory holds int8, else fp32."),
    CLI_FLAG_OPTION(0, "verify", verify,
                    "Of a fused model: hash the files that fusion.json names, and tell which are "
                    "the same, changed or gone, and which weights it does not name."),
    CLI_TEXT_OPTION(0, "report", "FILE.html", page,
                    "Of a fused model: write a page of what was learned or searched for it."),
    CLI_FLAG_OPTION(0, "json", report.json, "Print one JSON object."),
};

static void print(const char *text) {
  const size_t length = strlen(text);
  printf("%s%s", text, length > 0 && text[length - 1] == '\n' ? "" : "\n");
}

// The exit code is 1 if a file is not what it was.
static int verify(const cli_verb *verb, const char *directory, const ig_inspect_options *options) {
  char *text = NULL;
  bool intact;
  ig_error err = {0};
  if (ig_fuse_verify(directory, options->json, options->threads, &text, &intact, &err) != IG_OK)
    return cli_fail(verb, "%s", err.message);
  print(text);
  free(text);
  return intact
             ? CLI_OK
             : cli_fail(verb,
                        "%s: files have changed since it was fused, or are not those of its record",
                        directory);
}

static int draw(const cli_verb *verb, const char *directory, const char *page) {
  ig_error err = {0};
  return ig_fuse_draw(directory, page, &err) == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message);
}

// What is hashed or drawn has no memory plan.
static int check_values(const cli_verb *verb, const inspect_values *v) {
  const ig_inspect_options none = ig_inspect_options_default(), *o = &v->report;
  if (v->verify && v->page) return cli_usage_error(verb, "expected either --verify or --report");
  if (v->page && o->json)
    return cli_usage_error(verb, "--json is of what is printed, not of a page");
  if ((v->verify || v->page) && (o->batch_tokens != none.batch_tokens || o->length != none.length ||
                                 o->beam_size != none.beam_size || o->type))
    return cli_usage_error(verb,
                           "--batch-tokens, --length, --beam-size and --type are of the memory "
                           "plan, which --%s does not show",
                           v->verify ? "verify" : "report");
  return CLI_GO_ON;
}

static int run_inspect(const cli_verb *verb, int argc, char **argv) {
  inspect_values values = {.report = ig_inspect_options_default()};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) code = check_values(verb, &values);
  if (code != CLI_GO_ON) return code;
  char *text = NULL;
  ig_error err = {0};
  if (values.verify) return verify(verb, operands.items[0], &values.report);
  if (values.page) return draw(verb, operands.items[0], values.page);
  if (ig_inspect(operands.items[0], &values.report, &text, &err) != IG_OK)
    return cli_fail(verb, "%s", err.message);
  print(text);
  free(text);
  return CLI_OK;
}

const cli_verb cli_inspect = {
    .name = "inspect",
    .summary = "What a model is: family, sizes, dtypes, tied tensors, memory plan.",
    .synopsis =
        "inspect MODEL [--batch-tokens N] [--length N] [--beam-size N] [--threads N] [--type TYPE] "
        "[--json]\n"
        "inspect --verify MODEL [--threads N] [--json]\n"
        "inspect --report FILE.html MODEL",
    .description =
        "Prints what a model directory holds: its family and sizes, its tensors with their dtypes, "
        "which are tied, and the memory that training and "
        "translating it takes for batches of a given size; of a fused model also what it was made "
        "from. No weight is read.\n\n"
        "With --verify the files that a fused model was made from are hashed again, as far as they "
        "are still there, and its own weights. The exit "
        "code is 1 "
        "where one has changed, or where there are weights that the record does not name. Paths "
        "are those of the recipe, relative to the current directory.\n\n"
        "With --report a page draws what a learned fusion or a search found, from fusion.json: "
        "coefficients as colours, losses, and all that was tried.",
    .examples = "ingot inspect models/en-de",
    .options = inspect_options,
    .option_count = sizeof inspect_options / sizeof *inspect_options,
    .operand = "MODEL",
    .min_operands = 1,
    .max_operands = 1,
    .run = run_inspect,
};
