// The names in a directory. Whatever hinders the reading is an error: a listing is whole.
#ifndef IG_BASE_LISTING_H
#define IG_BASE_LISTING_H
#include <stddef.h>
#include "ingot/core.h"

// Sorted by bytes, without "." and "..". Entries may be removed while the names are walked through.
typedef struct ig_listing {
  char **names;
  size_t count, capacity;
} ig_listing;

// Of a failure the listing is empty; else ig_listing_free.
ig_status ig_listing_read(const char *directory, ig_listing *out, ig_error *err);
// The same of a directory that is open, which the caller keeps. path: for messages.
ig_status ig_listing_read_open(int descriptor, const char *path, ig_listing *out, ig_error *err);
void ig_listing_free(ig_listing *listing);  // harmless on a zeroed one
#endif
