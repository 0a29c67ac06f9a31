// The merges of byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909): which two neighbouring
// tokens become one, the first line of merges.txt before all others.
#ifndef IG_TEXT_MERGES_H
#define IG_TEXT_MERGES_H
#include <stddef.h>
#include "ingot/core.h"
#include "text/vocabulary.h"

typedef struct ig_merge {
  int left, right, result;  // ids
  int rank;                 // its number in the file, from 0
} ig_merge;
typedef struct ig_merges {
  ig_merge *list;  // (count) in the file's order
  size_t count, capacity;
  size_t *slots;  // hash table by (left, right) of numbers in list plus 1, 0 empty
  size_t slot_count;
} ig_merges;  // start from {0}; immutable once loaded; ig_merges_free
void ig_merges_free(ig_merges *merges);
// The file merges.txt: two tokens a line, and one space between them. Lines that begin with
// #version are passed over. Both tokens and what they make must be in the vocabulary. Of a pair
// that occurs twice the last line counts.
ig_status ig_merges_load(ig_merges *merges, const ig_vocabulary *vocabulary, const char *path,
                         ig_error *err);
// A merge as files write it: two tokens that make a third.
typedef struct ig_merge_text {
  const char *left, *right;
  size_t left_length, right_length;
} ig_merge_text;
// A line of the file. False: it is not two tokens with one space between them.
bool ig_merges_split(const char *line, size_t length, ig_merge_text *merge);
// Adds it. Both tokens and what they make must be in the vocabulary.
ig_status ig_merges_add_text(ig_merges *merges, const ig_vocabulary *vocabulary,
                             const ig_merge_text *merge, ig_error *err);
// Without a file: adds a merge after those that it has, and makes the table once all are there.
ig_status ig_merges_add(ig_merges *merges, int left, int right, int result, ig_error *err);
ig_status ig_merges_index(ig_merges *merges, ig_error *err);
ig_status ig_merges_save(const ig_merges *merges, const ig_vocabulary *vocabulary, const char *path,
                         ig_error *err);

// What a merging needs of memory, for many of them. Start from {0}; ig_merges_free_work.
typedef struct ig_merging {
  struct merging_symbol *symbols;
  struct merging_candidate *heap;
  size_t symbol_capacity, heap_capacity;
} ig_merging;
void ig_merges_free_work(ig_merging *work);
// Merges the ids in place until no pair of neighbours has a merge: at each step the one of the
// lowest rank, and of equal ones the leftmost. ends, where it is not NULL, holds what belongs to an
// id, and that of the right one of two survives. *count becomes the number of ids that remain. The
// time is O(count log count).
ig_status ig_merges_apply(const ig_merges *merges, ig_merging *work, int *ids, size_t *ends,
                          size_t *count, ig_error *err);
#endif
