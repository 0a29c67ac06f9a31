// A command line: words, each ended by a NUL byte, parsed for every verb.
#include "input.h"

#include "../cli/options.h"
#include "../cli/report.h"

enum { MOST = 32 };

static void parse(const cli_verb *verb, int count, char **words) {
  static union {
    char bytes[4096];  // larger than any verb's struct of values
    double aligned;
  } values;
  memset(&values, 0, sizeof values);
  cli_operands operands;
  cli_parse(verb, &values, &operands, count, words);
  for (size_t i = 0; i < verb->option_count; i++)
    if (verb->options[i].kind == CLI_LIST)
      cli_list_free((cli_list *)(void *)(values.bytes + verb->options[i].offset));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool silent;
  if (!silent && (!freopen("/dev/null", "w", stdout))) abort();
  const cli_log log = {.quiet = true};
  cli_report_begin(&log, false);
  silent = true;
  char *text = malloc(size + 1), *words[MOST];
  if (!text) abort();
  memcpy(text, data, size);
  text[size] = '\0';
  int count = 0;
  for (size_t at = 0; at < size && count < MOST; at += strlen(text + at) + 1)
    words[count++] = text + at;
  for (size_t i = 0; i < cli_verb_count; i++) parse(cli_verbs[i], count, words);
  free(text);
  return 0;
}
