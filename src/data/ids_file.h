// The token ids of pairs in a file that has no name, for corpora larger than memory: the system
// takes its blocks back when the process ends, however it ends, and nobody else can change it. In
// memory are the lengths of each pair, 8 bytes, and the place of every 32nd.
#ifndef IG_DATA_IDS_FILE_H
#define IG_DATA_IDS_FILE_H
#include <stdint.h>
#include <stdio.h>
#include "ingot/core.h"

enum { IG_IDS_FILE_STEP = 32 };  // pairs from one known place to the next

typedef struct ig_ids_file {
  char *directory;  // that holds it: for messages
  FILE *stream;     // written through; read at any place by its descriptor
  size_t pairs;
  size_t tokens[2];   // of all pairs, by ig_side
  uint32_t *lengths;  // (2 * pairs): source and target of pair 0, of pair 1, …
  uint64_t *places;   // (pairs / IG_IDS_FILE_STEP + 1): ids before pair 0, before pair 32, …
  size_t length_capacity, place_capacity;
  uint64_t fingerprint;  // whoever finishes it notes that of the corpus
} ig_ids_file;

// A file in the directory, which must exist.
ig_status ig_ids_file_create(const char *directory, ig_ids_file **out, ig_error *err);
void ig_ids_file_free(ig_ids_file *file);  // harmless on NULL
// Adds a pair. A full disk is told with the directory.
ig_status ig_ids_file_append(ig_ids_file *file, const int *const ids[2], const size_t count[2],
                             ig_error *err);
// What was added can be read from then on; nothing is added any more.
ig_status ig_ids_file_finish(ig_ids_file *file, ig_error *err);

size_t ig_ids_file_bytes(const ig_ids_file *file);   // on disk
size_t ig_ids_file_memory(const ig_ids_file *file);  // bytes of lengths and places
// Reads the ids of `count` pairs one after the other, the source's before the target's.
// Thread-safe.
ig_status ig_ids_file_read(const ig_ids_file *file, size_t pair, size_t count, int32_t *to,
                           ig_error *err);
// Tells the system that the pair will be read soon, so that the disk begins now.
void ig_ids_file_expect(const ig_ids_file *file, size_t pair);
#endif
