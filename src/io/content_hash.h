// Hashes of what files hold, as text. XXH3-128 (libxxhash) is as fast as reading and enough against
// mistakes; SHA-256 (nettle) protects against forgery.
#ifndef IG_IO_CONTENT_HASH_H
#define IG_IO_CONTENT_HASH_H
#include <stddef.h>
#include "ingot/core.h"

typedef enum ig_hash_kind { IG_HASH_XXH3, IG_HASH_SHA256 } ig_hash_kind;
enum { IG_HASH_TEXT = 65 };  // bytes: the hexadecimal digits of the longer one, and a NUL

const char *ig_content_hash_name(ig_hash_kind kind);  // "xxh3-128", "sha256"
ig_status ig_content_hash_file(const char *path, ig_hash_kind kind, char text[IG_HASH_TEXT],
                               size_t *bytes, ig_error *err);  // *bytes: the file's size
// The XXH3-128 of bytes in memory.
void ig_content_hash_text(const void *data, size_t size, char text[IG_HASH_TEXT]);
#endif
