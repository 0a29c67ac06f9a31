// Lines of a text file, one at a time in bounded memory. The file is plain or gzip-compressed: its
// content tells.
#ifndef IG_IO_LINES_H
#define IG_IO_LINES_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_lines ig_lines;  // ig_lines_close
ig_status ig_lines_open(const char *path, ig_lines **out, ig_error *err);
// The next line without its newline (and without a carriage return before that), NUL-terminated and
// borrowed until the next call. At the end *line is NULL.
ig_status ig_lines_next(ig_lines *lines, const char **line, size_t *length, ig_error *err);
size_t ig_lines_number(const ig_lines *lines);  // of the line last read, from 1
void ig_lines_close(ig_lines *lines);
#endif
