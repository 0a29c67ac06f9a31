// Zip archives, as torch.save and numpy.savez write them: the directory of members, read with every
// size checked against the file, and single members. Stored and deflated members are read.
// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#ifndef IG_IO_ZIP_H
#define IG_IO_ZIP_H
#include <stddef.h>
#include "base/file.h"
#include "ingot/core.h"

typedef struct ig_zip_member {
  char *name;
  size_t begin;   // of its bytes in the file
  size_t packed;  // bytes in the file
  size_t size;    // bytes of the member; the same if it is stored
  bool deflated;
} ig_zip_member;

typedef struct ig_zip {
  ig_zip_member *members;  // sorted by name
  size_t count, capacity;
} ig_zip;

// path: what messages call the file. Members that overlap, names that are there twice, encrypted
// members and other methods of compression are IG_ERROR_FORMAT or IG_ERROR_UNSUPPORTED. Checksums
// are not looked at, for PyTorch may write zeros.
ig_status ig_zip_open(const ig_file *file, const char *path, ig_zip *out, ig_error *err);
void ig_zip_close(ig_zip *zip);                                         // harmless on a zeroed one
const ig_zip_member *ig_zip_find(const ig_zip *zip, const char *name);  // or NULL
// The bytes of a member, for free(). The memory grows with the bytes that are really there, so
// that a false size costs none.
ig_status ig_zip_load(const ig_file *file, const char *path, const ig_zip_member *member,
                      unsigned char **out, ig_error *err);
// The member's first `size` bytes, at most all of them; no more of it is inflated than that takes.
ig_status ig_zip_read_start(const ig_file *file, const char *path, const ig_zip_member *member,
                            void *to, size_t size, ig_error *err);
#endif
