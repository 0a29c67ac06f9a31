// The unigram model (Kudo 2018, arXiv:1804.10959) as Hugging Face tokenizers 0.23 finds its best
// segmentation (models/unigram/model.rs, encode_optimized): scores are summed in double precision,
// and of equal ones the longest last piece wins. SentencePiece sums in single precision.
#ifndef IG_TEXT_UNIGRAM_H
#define IG_TEXT_UNIGRAM_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_unigram_piece {
  const char *text;
  double score;
  int id;
} ig_unigram_piece;
// The pieces as a tree of bytes: the children of a node are beside each other, in rising order.
typedef struct ig_unigram_node {
  uint32_t first_child;
  uint16_t child_count;
  unsigned char byte;
  int piece;  // number in scores and ids; -1: no piece ends here
} ig_unigram_node;
typedef struct ig_unigram {
  ig_unigram_node *nodes;  // the first one is the root
  size_t node_count, node_capacity;
  double *scores;
  int *ids;
  double unknown_score;
  int unknown_id;
} ig_unigram;  // start from {0}; immutable once made; ig_unigram_free
void ig_unigram_free(ig_unigram *unigram);
// Of pieces (count), which are put in order. Of equal texts the last one counts. The score of an
// unknown character is 10 below the lowest of all pieces.
ig_status ig_unigram_make(ig_unigram *unigram, ig_unigram_piece *pieces, size_t count,
                          int unknown_id, ig_error *err);

// The node that a byte leads to; NULL: no piece goes on so.
const ig_unigram_node *ig_unigram_child(const ig_unigram *unigram, const ig_unigram_node *node,
                                        unsigned char byte);

// What a segmentation needs of memory, for many of them. Start from {0}; ig_unigram_free_work.
typedef struct ig_unigram_work {
  struct unigram_step *steps;
  size_t step_capacity;
} ig_unigram_work;
void ig_unigram_free_work(ig_unigram_work *work);
// A part of the text. Neighbouring unknown characters are one part, of unknown_id.
typedef struct ig_unigram_part {
  size_t begin, end;
  int id;
} ig_unigram_part;
typedef struct ig_unigram_parts {
  ig_unigram_part *list;
  size_t count, capacity;
} ig_unigram_parts;  // start from {0}; free(list)
// The parts of a text of valid UTF-8, in order; those that the list holds are replaced.
ig_status ig_unigram_encode(const ig_unigram *unigram, ig_unigram_work *work, const char *text,
                            size_t length, ig_unigram_parts *out, ig_error *err);
#endif
