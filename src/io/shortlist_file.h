// Shortlists as browsermt/marian-dev stores them (src/data/shortlist.h), the lex.*.bin beside the
// models of Firefox Translations, as it stands or compressed by gzip. All numbers are
// little-endian:
//   0   u64  the magic number
//   8   u64  a checksum of all whole words of 8 bytes after it
//   16  u64  target ids that every list has: those below this number
//   24  u64  target ids of a source id, at most, as the file was made
//   32  u64  n, the number of offsets: one more than there are source ids with a list
//   40  u64  m, the number of target ids in all lists
//   48  u64  n offsets, from 0, which do not run backwards, to m
//       u32  m target ids
#ifndef IG_IO_SHORTLIST_FILE_H
#define IG_IO_SHORTLIST_FILE_H
#include "io/shortlist.h"

// Whether what the file holds, decompressed, begins as one of this form does. It must be a regular
// file.
ig_status ig_shortlist_file_is(const char *path, bool *is, ig_error *err);
ig_status ig_shortlist_file_read(const char *path, ig_shortlist **out, ig_error *err);
// Atomically. Marian refuses a file whose last source id has an empty list.
ig_status ig_shortlist_file_write(const ig_shortlist *shortlist, const char *path, ig_error *err);
#endif
