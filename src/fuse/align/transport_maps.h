// Soft orders   (Imfeld et al. 2024, "Transformer Fusion with Optimal Transport"): a place gets a
// mean of units instead of one, by a matrix of non-negative shares whose rows and columns sum to 1.
// Heads stay whole: each comes to one place, and its columns are mixed among themselves.
#ifndef IG_FUSE_ALIGN_TRANSPORT_MAPS_H
#define IG_FUSE_ALIGN_TRANSPORT_MAPS_H
#include "base/pool.h"
#include "fuse/align/order_turns.h"
#include "nn/gemm.h"

typedef struct ig_transport_maps {
  const ig_symmetries *symmetries;
  double regularization;  // of the transport, in the unit of gains
  size_t *begin;          // (permutations): where the shares of each begin
  // Of each permutation, for each head (without heads: once) (size, size): the shares that the
  // units of the head that comes to this place have at its places.
  float *shares;
  double error;  // how far a column's sum is from 1 at most
} ig_transport_maps;

// The caller has set symmetries and regularization. ig_transport_maps_free in any case.
ig_status ig_transport_maps_create(ig_transport_maps *maps, ig_error *err);
void ig_transport_maps_free(ig_transport_maps *maps);
// Bytes of the maps, and of what finding and applying them takes.
size_t ig_transport_maps_memory(const ig_symmetries *symmetries, const ig_kernels *kernels);

// Finds the maps of all permutations by their gains; orders (places) say which head comes where.
// IG_INTERRUPTED: the interrupter (NULL: none) asks to stop.
ig_status ig_transport_maps_find(ig_transport_maps *maps, const ig_order_gains *gains,
                                 const uint32_t *orders, ig_pool *pool,
                                 const ig_interrupter *interrupter, ig_error *err);
// Replaces the values (of a model with these symmetries) by those of the soft orders. Those
// matrices that it multiplies have the same bits for any number of threads. nn: kernels and pool.
ig_status ig_transport_maps_apply(const ig_transport_maps *maps, const uint32_t *orders,
                                  const ig_nn *nn, float *values, ig_error *err);
#endif
