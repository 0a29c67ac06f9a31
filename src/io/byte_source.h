// The bytes of a file, a pipe or standard input, decompressed if gzip has compressed them: the
// first two bytes tell.
#ifndef IG_IO_BYTE_SOURCE_H
#define IG_IO_BYTE_SOURCE_H
#include "ingot/core.h"

typedef struct ig_byte_source ig_byte_source;  // ig_byte_source_close
// path NULL: standard input, which stays open. interrupter: ends the waiting for a pipe; NULL:
// nothing does.
ig_status ig_byte_source_open(const char *path, const ig_interrupter *interrupter,
                              ig_byte_source **out, ig_error *err);
void ig_byte_source_close(ig_byte_source *source);
// Puts at least one byte and at most `size` (1 or more) at `to`; *got 0: the end. Waits for a
// writer if it must. Damaged compressed data is IG_ERROR_FORMAT, never an early end. Messages do
// not name the file.
ig_status ig_byte_source_read(ig_byte_source *source, void *to, size_t size, size_t *got,
                              ig_error *err);
// Has it something to read, or ended, within so many milliseconds?
bool ig_byte_source_ready(const ig_byte_source *source, int milliseconds);
#endif
