// One turn of a search for orders: the permutations that have one order of heads, or one
// permutation alone, are set to the best by what somebody says of how well units fit places.
#ifndef IG_FUSE_ALIGN_ORDER_TURNS_H
#define IG_FUSE_ALIGN_ORDER_TURNS_H
#include "fuse/align/symmetries.h"
#include "numeric/assignment.h"

typedef struct ig_order_gains_wanted {
  size_t permutation;
  const uint32_t *orders;  // of all permutations; that of this one does not matter
  bool of_fixed;           // only by matrices whose other side stays whatever the orders
} ig_order_gains_wanted;

// Who says it: find returns gain (n, n), until the next call: gain[i][j] of unit j at place i.
typedef struct ig_order_gains {
  const double *(*find)(void *context, const ig_order_gains_wanted *wanted);
  void *context;
} ig_order_gains;

typedef struct ig_order_turns {
  const ig_symmetries *symmetries;
  ig_order_gains gains;
  ig_assignment assignment;
  uint32_t *orders;      // (places): the present ones
  uint32_t *found;       // (places): those that a turn finds
  uint32_t *within;      // (places, most_heads): order in a head for each pair of heads
  double *head_gain;     // (most_heads, most_heads)
  uint32_t *head_order;  // (most_heads)
  size_t most_heads;
} ig_order_turns;

// Bytes of buffers.
size_t ig_order_turns_memory(const ig_symmetries *symmetries);
// The caller has set symmetries and gains. ig_order_turns_free in any case.
ig_status ig_order_turns_create(ig_order_turns *turns, ig_error *err);
void ig_order_turns_free(ig_order_turns *turns);

// Sets the permutations of a turn to the best that there is for the present orders of the others.
// Returns whether that gains more than rounding may have added; if not, they stay.
bool ig_order_turns_take(ig_order_turns *turns, size_t turn);
// The same of one permutation without heads, by matrices whose other side stays.
bool ig_order_turns_anchor(ig_order_turns *turns, size_t permutation);
// Whether a turn is that of a stream.
bool ig_order_turns_is_of_stream(const ig_symmetries *symmetries, size_t turn);
// moved (kinds): adds how many units of each kind stand at another place than before.
void ig_order_turns_count_moved(const ig_symmetries *symmetries, const uint32_t *orders,
                                size_t *moved);
#endif
