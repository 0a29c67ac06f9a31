// A directory of Marian: model.npz with its options inside, decoder.yml, vocabularies.
#ifndef IG_MODEL_ARCH_MARIAN_NPZ_H
#define IG_MODEL_ARCH_MARIAN_NPZ_H
#include "model/arch/foreign.h"

// Opens the directory's model, if it has one, as ig_foreign_open says.
ig_status ig_marian_npz_open(const char *directory, ig_foreign *out, ig_error *err);
#endif
