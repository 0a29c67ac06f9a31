// The help pages, rendered from the tables in three forms.
#ifndef CLI_HELP_H
#define CLI_HELP_H
#include <stdio.h>
#include "options.h"

void cli_help_overview(FILE *file);
void cli_help_text(FILE *file, const cli_verb *verb);
void cli_help_man(FILE *file);       // ingot.1, all verbs
void cli_help_markdown(FILE *file);  // docs/cli.md, all verbs
#endif
