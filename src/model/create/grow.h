// Rows for tokens that were added to a vocabulary.
#ifndef IG_MODEL_CREATE_GROW_H
#define IG_MODEL_CREATE_GROW_H
#include "model/model.h"

// Makes the rows of `tokens` - `known` new tokens, the last of the vocabulary, in the embedding and
// in the output layer: each is the mean of the `known` rows before, and a constant that is added to
// the logits is 0 (as transformers makes them, but for the noise of 1e-9 that it adds). Rows that
// the model has after those are used before it grows. Source and target have one vocabulary. The
// model has no gradients, and is replaced where it grows: nothing may borrow of it.
ig_status ig_grow_vocabulary(ig_model **model, int known, int tokens, ig_error *err);
#endif
