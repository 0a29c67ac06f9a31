// The man pages, rendered from the tables.
#ifndef CLI_MAN_H
#define CLI_MAN_H
#include <stdio.h>
#include "options.h"

void cli_man_overview(FILE *file);                    // ingot.1
void cli_man_verb(FILE *file, const cli_verb *verb);  // ingot-VERB.1
#endif
