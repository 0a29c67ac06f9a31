// Small files that are written at once, atomically.
#ifndef CLI_WHOLE_FILE_H
#define CLI_WHOLE_FILE_H
#include "ingot.h"

// Could the file be written now? To be asked before long work. path NULL or "-": standard output.
ig_status cli_whole_file_check(const char *path, ig_error *err);
// What is no regular file is written directly.
ig_status cli_whole_file_write(const char *path, const char *text, size_t size, ig_error *err);
#endif
