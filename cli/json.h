// Writing JSON: strings.
#ifndef CLI_JSON_H
#define CLI_JSON_H
#include <stdio.h>
// Writes "text" with its quotes, escaped; bytes from 0x80 up are written as they are.
void cli_json_string(FILE *file, const char *text);
#endif
