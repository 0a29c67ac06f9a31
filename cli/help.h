// The help pages, rendered from the tables: text for the terminal and Markdown.
#ifndef CLI_HELP_H
#define CLI_HELP_H
#include <stdio.h>
#include "options.h"

void cli_help_overview(FILE *file);
void cli_help_text(FILE *file, const cli_verb *verb);
void cli_help_markdown(FILE *file);  // docs/cli.md, all verbs

// What is true of the command as a whole.
typedef struct cli_fact {
  const char *name, *text;
} cli_fact;

typedef struct cli_fact_list {
  const char *head;
  const cli_fact *facts;
  size_t count;
} cli_fact_list;

enum { CLI_HELP_FACTS = 3 };
extern const char *const cli_help_purpose;
extern const cli_fact_list cli_help_facts[CLI_HELP_FACTS];

// "-m, --model DIR", with blanks in place of a letter that there is not.
void cli_help_option_name(char *out, size_t size, const cli_option *option);
// What it means, with its choices.
void cli_help_option_text(char *out, size_t size, const cli_option *option);
#endif
