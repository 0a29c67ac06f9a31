// Where the units of two models can be seen at work: the numbers that units of each permutation
// hold while both models run over the same sentences, and what is summed of them: how each unit of
// one correlates with each of the other.
//
// A tap sees what goes into a linear layer (of a feed-forward's last layer its hidden units, of an
// attention's last the values of its heads, elsewhere the residual stream), or the queries and keys
// that come out of one, or the last rows of the decoder.
#ifndef IG_FUSE_ALIGN_ACTIVATION_TAPS_H
#define IG_FUSE_ALIGN_ACTIVATION_TAPS_H
#include "base/arena.h"
#include "fuse/align/symmetries.h"

// The two models, of which the other is put in the order of the first.
typedef enum ig_aligned_role { IG_ALIGNED_ROLE_TO, IG_ALIGNED_ROLE_FROM } ig_aligned_role;

// What is summed of one model's units, each less `shift`, which is near its mean.
typedef struct ig_unit_sums {
  float *shift;           // (count)
  double *sum, *squares;  // (count)
} ig_unit_sums;

typedef struct ig_activation_tap {
  size_t permutation;
  size_t count;   // of units
  size_t linear;  // the layer that is seen: where its weight begins in the values; SIZE_MAX: none,
                  // but the decoder's last rows
  // Of an output: its part of the weight (count, columns), and of the bias; SIZE_MAX: none. Of an
  // input: SIZE_MAX both.
  size_t weight, bias;
  size_t columns;
  size_t rows;            // that were seen of both models
  ig_unit_sums units[2];  // by ig_aligned_role
  float *products;        // (count, count): sums over rows of TO's units times FROM's
} ig_activation_tap;

typedef struct ig_activation_taps {
  ig_activation_tap *items;  // (count)
  size_t count, capacity;
  ig_arena memory;
} ig_activation_taps;

// Lists the taps of models with these symmetries, whose sums are 0. ig_activation_taps_free in any
// case.
ig_status ig_activation_taps_create(const ig_symmetries *symmetries, ig_activation_taps *out,
                                    ig_error *err);
void ig_activation_taps_free(ig_activation_taps *taps);
// Bytes of all sums.
ig_status ig_activation_taps_memory(const ig_symmetries *symmetries, size_t *out, ig_error *err);

// Adds to gain (count, count of the permutation) the mean, over its taps, of the correlations:
// gain[i][j] of TO's unit i with FROM's unit j; 0 where one of them never changes.
void ig_activation_taps_correlate(const ig_activation_taps *taps, size_t permutation, double *gain);
#endif
