// A directory of CTranslate2: model.bin, config.json, vocabularies.
#ifndef IG_MODEL_ARCH_CTRANSLATE2_H
#define IG_MODEL_ARCH_CTRANSLATE2_H
#include "model/arch/foreign.h"

// Opens the directory's model, if it has one, as ig_foreign_open says.
ig_status ig_ctranslate2_open(const char *directory, ig_foreign *out, ig_error *err);
#endif
