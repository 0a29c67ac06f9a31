// Writing JSON: strings and numbers.
#ifndef CLI_JSON_H
#define CLI_JSON_H
#include <stdio.h>
// Writes "text" with its quotes, escaped; bytes from 0x80 up are written as they are.
void cli_json_string(FILE *file, const char *text);
// Writes a finite number in the fewest digits that keep it, as Python
// does: 60.0, 68.53333333333333.
void cli_json_number(FILE *file, double number);
#endif
