// One vector out of those of a text's tokens.
#ifndef IG_EMBED_POOLING_H
#define IG_EMBED_POOLING_H
#include "ingot_embed.h"

// What a directory of sentence-transformers says of its vectors; a directory without its files says
// nothing.
typedef struct ig_pooling_files {
  ig_pooling pooling;          // IG_POOLING_OF_MODEL: nothing is said
  ig_unit_length unit_length;  // IG_UNIT_LENGTH_OF_MODEL: nothing is said
  int max_length;              // 0: nothing is said
} ig_pooling_files;
ig_status ig_pooling_files_read(const char *directory, ig_pooling_files *out, ig_error *err);

// rows (count, d), at least one, to vector (d). pooling: any but IG_POOLING_OF_MODEL.
void ig_pooling_apply(ig_pooling pooling, int count, int d, const float *rows, float *vector);
// Divides by the length, and by 1e-12 at least   (torch.nn.functional.normalize).
void ig_pooling_normalize(int d, float *vector);
#endif
