// Copies of alignments: see alignment_copy.h.
#include "pipeline/alignment_copy.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

// What is left of the block, from the values with the strictest alignment to the letters.
typedef struct copy_block {
  char *next;
} copy_block;

static const void *put(copy_block *b, const void *from, size_t bytes) {
  void *to = b->next;
  if (bytes) memcpy(to, from, bytes);
  b->next += bytes;
  return to;
}

static size_t count_letters(const char *const *pieces, size_t count) {
  size_t letters = 0;
  for (size_t i = 0; pieces && i < count; i++) letters += pieces[i] ? strlen(pieces[i]) + 1 : 0;
  return letters;
}

// The pointers stand in the block already; they get copies of what they point to.
static void put_pieces(copy_block *b, const char *const *pieces, size_t count) {
  const char **own = (const char **)pieces;
  for (size_t i = 0; pieces && i < count; i++)
    if (own[i]) own[i] = put(b, own[i], strlen(own[i]) + 1);
}

static void fill(copy_block *b, const ig_token_alignment *from, ig_token_alignment *to) {
  const size_t s = (size_t)from->source_count, t = (size_t)from->target_count,
               pointer = sizeof *from->source_pieces;
  if (from->source_pieces) to->source_pieces = put(b, from->source_pieces, s * pointer);
  if (from->target_pieces) to->target_pieces = put(b, from->target_pieces, t * pointer);
  to->source_ids = put(b, from->source_ids, s * sizeof(int));
  to->target_ids = put(b, from->target_ids, t * sizeof(int));
  to->source_positions = put(b, from->source_positions, s * sizeof(int));
  to->target_positions = put(b, from->target_positions, t * sizeof(int));
  to->links = put(b, from->links, t * sizeof(int));
  to->weights = put(b, from->weights, s * t * sizeof(float));
  put_pieces(b, to->source_pieces, s);
  put_pieces(b, to->target_pieces, t);
}

ig_status ig_alignment_copy_make(const ig_token_alignment *from, const ig_token_alignment **out,
                                 ig_error *err) {
  const size_t s = (size_t)from->source_count, t = (size_t)from->target_count;
  const size_t bytes = sizeof *from + (s + t) * sizeof *from->source_pieces +
                       (2 * s + 3 * t) * sizeof(int) + s * t * sizeof(float) +
                       count_letters(from->source_pieces, s) +
                       count_letters(from->target_pieces, t);
  ig_token_alignment *copy = ig_allocate(1, bytes, err);
  if (!copy) return IG_ERROR_MEMORY;
  *copy = *from;
  fill(&(copy_block){(char *)(copy + 1)}, from, copy);
  *out = copy;
  return IG_OK;
}
