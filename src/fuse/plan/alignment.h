// An alignment tells which row of each model's embeddings and output layer becomes which row of the
// output's. Rows are matched by the piece that they belong to.
#ifndef IG_FUSE_PLAN_ALIGNMENT_H
#define IG_FUSE_PLAN_ALIGNMENT_H
#include "fuse/input/pieces.h"

// What the recipe says of one piece, with its model and rows looked up.
typedef struct ig_row_rule {
  int row;        // of the output
  bool force;     // the rule also holds for models that have the piece
  bool zero;      // the row is zeros; else it is model_row of model
  size_t model;   // index in the plan's models
  int model_row;  // in that model
} ig_row_rule;

// One side's vocabulary.
typedef struct ig_aligned_side {
  int pieces, rows;  // of the output; rows - pieces are padding
  int **row_of;      // (models)(pieces): the row in that model; -1: it lacks the piece
  ig_row_rule *rules;
  size_t rule_count;
} ig_aligned_side;

typedef struct ig_alignment {
  ig_pieces output;
  bool added;  // output has pieces that the tokenizer in `directory` lacks
  // All models have the output's vocabulary and as many rows as each other: nothing is matched, and
  // rows after the last piece stay.
  bool idle;
  // The pieces are in no form by which rows can be matched, and all models have the same files:
  // idle, and without pieces.
  bool unread;
  // Entries of the added tokens of output.tokenizer that its files in `directory` lack. NULL: none,
  // or the pieces come from no tokenizer.json.
  json_t *new_tokens;
  // output.tokenizer has pieces or merges that its files in `directory` lack: other files there
  // that list pieces do not tell the output's any more.
  bool new_text;
  // The directory whose tokenizer the output gets. NULL: the tokenizer of another stage's model,
  // which has not been made yet.
  char *directory;
  ig_aligned_side side[2];
  size_t models;
  int *new_id;  // (new_ids): the output's id for each target id of the donor; -1: none
  int new_ids;
} ig_alignment;
void ig_alignment_free(ig_alignment *alignment);  // NULL is fine
#endif
