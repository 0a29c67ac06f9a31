// The memory plan of a model: what the code that will use the memory asks of an arena that only
// measures. No weight is read, and no page is touched.
#ifndef IG_MODEL_RUN_MEMORY_PLAN_H
#define IG_MODEL_RUN_MEMORY_PLAN_H
#include "model/model.h"
#include "model/run/stored_weights.h"

// Batches that the plan is for: `tokens` on either side, in sentences of `length`.
typedef struct ig_memory_plan_sizes {
  int tokens, length, beam_size;
  int threads;                      // 0: all cores
  const ig_stored_weights *stored;  // NULL: as float32
  ig_weight_type type;              // what they are held as while the model runs
} ig_memory_plan_sizes;

// Bytes.
typedef struct ig_memory_plan {
  bool trains;  // whether the model's head has a loss; without, the sizes of training are 0
  struct {
    size_t weights, gradients, moments;  // of Adam
    size_t activations, recomputed;      // all layers kept, or their inputs only
    size_t scratch;
  } training;
  struct {
    ig_weight_type type;
    size_t weights;  // packed
    size_t state;    // of one worker with a thread of its own
    size_t shared;   // of one worker with all threads
    size_t
        columns;  // of either besides, with a shortlist: columns of the output layer that it copies
  } running;      // translating by a search that needs no written logits (decode/choice.h); of a
                  // model without a decoder encoding, which has no beam
} ig_memory_plan;
ig_status ig_memory_plan_of(const ig_config *config, const ig_memory_plan_sizes *sizes,
                            ig_memory_plan *out, ig_error *err);
#endif
