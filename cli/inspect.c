// ingot inspect: what a model is.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingot.h"
#include "options.h"
#include "report.h"

typedef ig_inspect_options inspect_values;
#define CLI_VALUES inspect_values

static const cli_option inspect_options[] = {
    CLI_INTEGER_OPTION("batch-tokens", "N", batch_tokens, 1, 1000000,
                       "Tokens a batch, source and target each, for which the memory is planned. Default: 4096."),
    CLI_INTEGER_OPTION("length", "N", length, 1, 1000000, "Tokens a sentence of such a batch. Default: 64."),
    CLI_INTEGER_OPTION("beam-size", "N", beam_size, 1, 1000000, "Hypotheses a sentence when translating. Default: 4."),
    CLI_INTEGER_OPTION("threads", "N", threads, 0, 1000000, "Threads. Default: all cores."),
    CLI_FLAG_OPTION(0, "json", json, "Print one JSON object."),
};

static int run(const cli_verb *verb, int argc, char **argv) {
  inspect_values values = ig_inspect_options_default();
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code != CLI_GO_ON) return code;
  char *text = NULL;
  ig_error err = {0};
  if (ig_inspect(operands.items[0], &values, &text, &err) != IG_OK) return cli_fail(verb, "%s", err.message);
  size_t length = strlen(text);
  printf("%s%s", text, length > 0 && text[length - 1] == '\n' ? "" : "\n");
  free(text);
  return CLI_OK;
}

const cli_verb cli_inspect = {
    .name = "inspect",
    .summary = "What a model is: family, sizes, dtypes, tied tensors, memory plan.",
    .synopsis = "inspect MODEL [--batch-tokens N] [--length N] [--beam-size N] [--threads N] [--json]",
    .description =
        "Prints what a model directory holds: its family and sizes, its tensors with their dtypes, which are tied, and the memory that training and "
        "translating it takes for batches of a given size. No weight is read.",
    .examples = "ingot inspect models/en-de",
    .options = inspect_options,
    .option_count = sizeof inspect_options / sizeof *inspect_options,
    .operand = "MODEL",
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
