// ingot inspect: what a model is.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingot.h"
#include "options.h"
#include "report.h"

typedef struct inspect_values {
  bool json;
} inspect_values;
#define CLI_VALUES inspect_values

static const cli_option inspect_options[] = {
    CLI_FLAG_OPTION(0, "json", json, "Print one JSON object."),
};

static int run(const cli_verb *verb, int argc, char **argv) {
  inspect_values values = {0};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code != CLI_GO_ON) return code;
  char *text = NULL;
  ig_error err = {0};
  if (ig_inspect(operands.items[0], values.json, &text, &err) != IG_OK) return cli_fail(verb, "%s", err.message);
  size_t length = strlen(text);
  printf("%s%s", text, length > 0 && text[length - 1] == '\n' ? "" : "\n");
  free(text);
  return CLI_OK;
}

const cli_verb cli_inspect = {
    .name = "inspect",
    .summary = "What a model is: family, sizes, dtypes, tied tensors.",
    .synopsis = "inspect MODEL [--json]",
    .description = "Prints what a model directory holds: its family and sizes, its tensors with their dtypes, and which are tied.",
    .examples = "ingot inspect models/en-de",
    .options = inspect_options,
    .option_count = sizeof inspect_options / sizeof *inspect_options,
    .operand = "MODEL",
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
