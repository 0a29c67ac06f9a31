/* Lines of text files, as every part of Ingot reads them. ingot.h includes this header. */
#ifndef INGOT_LINES_H
#define INGOT_LINES_H

#include "ingot/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of bytes that are no text: of malformed UTF-8, and of NULs. */
typedef enum ig_bad_bytes {
  IG_BAD_BYTES_REPAIR, /* each malformed sequence is read as U+FFFD, each NUL as a space */
  IG_BAD_BYTES_REFUSE, /* the line is IG_ERROR_FORMAT */
  IG_BAD_BYTES_KEEP    /* the line is given as it is */
} ig_bad_bytes;

/* All zero: the defaults. */
typedef struct ig_lines_options {
  ig_bad_bytes bad_bytes; /* default: repair */
  /* The first ten repaired lines are told with file, line and byte, at the end of the file their
   * number; default: nothing is told. Read when the file is opened; its context must outlive it. */
  ig_reporter reporter;
  /* Ends the reading with IG_INTERRUPTED, also where it waits for a pipe; default NULL: nothing
   * does. */
  const ig_interrupter *interrupter;
} ig_lines_options;

/* A text file that is read line by line in bounded memory. It may be compressed by gzip: its first
 * bytes tell, not its name. A byte order mark at its start is dropped. UTF-16 and UTF-32 are
 * errors that name them, and so is a line of more than IG_LINES_MOST_BYTES. */
typedef struct ig_lines ig_lines; /* ig_lines_close */
#define IG_LINES_MOST_BYTES ((size_t)128 << 20)
/* path NULL: standard input, which stays open. options NULL: the defaults. */
ig_status ig_lines_open(const char *path, const ig_lines_options *options, ig_lines **out,
                        ig_error *err);
/* The next line without its newline (and without a carriage return before that), NUL-terminated
 * and borrowed until the next call; *line is NULL at the end. Whole lines before damage come first,
 * then the error. */
ig_status ig_lines_next(ig_lines *lines, const char **line, size_t *length, ig_error *err);
/* Would ig_lines_next give a line, the end or an error without waiting for a writer? */
bool ig_lines_ready(ig_lines *lines);
size_t ig_lines_number(const ig_lines *lines);   /* of the line last read, from 1 */
size_t ig_lines_repaired(const ig_lines *lines); /* how many lines were repaired so far */
void ig_lines_close(ig_lines *lines);

#ifdef __cplusplus
}
#endif
#endif
