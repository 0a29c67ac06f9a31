// Which dict of a saved object has the model's weights: people save a state dict alone, or a
// checkpoint that has the optimizer's state, numbers and texts besides.
#ifndef IG_IO_TORCH_STATE_H
#define IG_IO_TORCH_STATE_H
#include "io/pickle.h"

enum { IG_TORCH_STATE_NOTE = 512 };

// Stores the dict. note: which one it is and what is left out, "" if it is the whole object.
ig_status ig_torch_state_find(const ig_pickle *pickle, const char *where, uint32_t *out,
                              char note[IG_TORCH_STATE_NOTE], ig_error *err);
#endif
