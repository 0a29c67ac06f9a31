// One pass over a batch: forward, and backward where gradients are wanted. A pass owns the memory
// of all activations: reserved for the largest batch before the first one, or made anew when a
// larger one comes.
#ifndef IG_MODEL_RUN_PASS_H
#define IG_MODEL_RUN_PASS_H
#include "base/interrupt.h"
#include "model/model.h"
#include "model/run/decoder.h"
#include "nn/loss.h"

typedef struct ig_pass ig_pass;  // ig_pass_free; borrows model and pool
ig_status ig_pass_create(const ig_model *model, ig_pool *pool, ig_pass **out, ig_error *err);
void ig_pass_free(ig_pass *pass);
// What runs with a backward compute in, instead of float32. To be called before memory is reserved.
void ig_pass_set_compute(ig_pass *pass, ig_compute compute);

// The largest numbers of any batch: each of its own, since no batch need have them all.
typedef struct ig_pass_bounds {
  int sequences, source_rows, target_rows;
  int longest_source, longest_target;  // rows of one sequence
  bool backward;
  bool recompute;               // as in ig_pass_args
  bool headless;                // the pass ends with ig_pass_args.hidden
  const ig_soft_targets *soft;  // as in ig_pass_args, of which the rows are not read
  bool entropy;                 // as in ig_pass_args
  float r_drop;                 // as in ig_pass_args
} ig_pass_bounds;
typedef struct ig_pass_plan {
  size_t activations, scratch;  // bytes
} ig_pass_plan;
ig_status ig_pass_measure(ig_pass *pass, const ig_pass_bounds *bounds, ig_pass_plan *out,
                          ig_error *err);
// Reserves the memory of batches up to `most` (without masks), and touches what batches up to
// `expected` (NULL: none) need: no run within `most` allocates, and none within `expected` faults
// in a page.
ig_status ig_pass_reserve(ig_pass *pass, const ig_pass_bounds *most, const ig_pass_bounds *expected,
                          ig_error *err);

typedef struct ig_pass_args {
  const ig_batch *batch;
  float label_smoothing;
  bool backward;  // adds to the model's gradients; dropout on
  // Of a backward: only the layers' inputs are kept, and each layer is run forward again. Less
  // memory, the same bits.
  bool recompute;
  double normalizer;  // of a backward: loss sums are divided by this
  uint64_t seed;      // dropout's key, with `update` and the rows of earlier micro-batches of it
  uint32_t update;
  uint32_t first_source_row, first_target_row;
  // Teachers that have a share in the loss of a model with a decoder, or with a head for spans;
  // NULL: none.
  const ig_soft_targets *soft;
  bool entropy;  // of a model with a decoder, as in ig_loss_args
  float r_drop;  // of a model with a decoder, as in ig_loss_args: the batch is there twice
  // Not NULL: the pass ends with the rows that the head would read: *hidden (T, d_model), of an
  // encoder (S, d_model), lies in the pass until its next run. No loss is computed.
  const float **hidden;
  float *logits;     // (T, V) or NULL
  float *log_probs;  // (T) or NULL: log p(target_output) instead of the loss, without backward
  const ig_linear_observer *observer;  // of a forward; NULL: nobody looks
  const ig_attended *attended;         // filled with what the target attends to; NULL: nobody asks
  // Once it has seen a request, what is left of the pass is left out, and its results are of no
  // use. NULL: the pass is always whole.
  ig_interrupt_watch *watch;
} ig_pass_args;
// sums may be NULL, and is left alone where no loss is computed.
ig_status ig_pass_run(ig_pass *pass, const ig_pass_args *args, ig_loss_sums *sums, ig_error *err);
#endif
