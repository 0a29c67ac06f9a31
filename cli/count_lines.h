// How many lines an input has, for reports of progress.
#ifndef CLI_COUNT_LINES_H
#define CLI_COUNT_LINES_H
#include <stddef.h>

// path NULL or "-": standard input, from where it is, and it stays there. 0: that is not known
// without reading what can be read only once or has to be unpacked.
size_t cli_count_lines(const char *path);
#endif
