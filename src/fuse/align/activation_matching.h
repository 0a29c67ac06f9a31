// The orders in which one model's units do most nearly what another's do on pairs of sentences
// (Li et al. 2015, "Convergent Learning"; Ainsworth et al. 2023, "Git Re-Basin", 3.1): each
// permutation is set to the assignment of the largest sum of correlations. It does not depend on
// the others, so that one turn each is the best of all.
//
// Units that the pairs do not tell apart (they never change, or change together) go by their
// weights: these have a small share in what a unit gains, while the streams are set first, by the
// embeddings.
#ifndef IG_FUSE_ALIGN_ACTIVATION_MATCHING_H
#define IG_FUSE_ALIGN_ACTIVATION_MATCHING_H
#include "fuse/align/activation_taps.h"
#include "fuse/align/transport_maps.h"

typedef struct ig_activation_matching {
  const ig_symmetries *symmetries;
  const ig_activation_taps *taps;  // summed
  const float *to, *from;          // values of two models with these symmetries
  // Where the stream moves though sinusoids are added to it: a column at another's place loses the
  // penalty times their mean squared difference. (sinusoid_count, columns); NULL: none are.
  const float *sinusoids;
  size_t sinusoid_count;
  double position_penalty;
  const ig_kernels *kernels;
  ig_pool *pool;
  const ig_interrupter *interrupter;  // NULL: nothing ends it early
} ig_activation_matching;

// Bytes of buffers, besides the models' values and the taps.
size_t ig_activation_matching_memory(const ig_symmetries *symmetries, const ig_kernels *kernels);
// orders (places): those of `from` that fit `to`; maps (NULL: not wanted): soft ones, of the same
// gains. The same bits for any threads. IG_INTERRUPTED: it was asked to stop.
ig_status ig_activation_matching_find(const ig_activation_matching *matching, uint32_t *orders,
                                      ig_transport_maps *maps, ig_error *err);

// The mean, over all units that have taps, of the correlation of each place's units in these
// orders.
ig_status ig_activation_matching_correlation(const ig_activation_matching *matching,
                                             const uint32_t *orders, double *out, ig_error *err);
#endif
