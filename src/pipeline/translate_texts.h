// Arrays of texts (ingot_texts.h).
#ifndef IG_PIPELINE_TRANSLATE_TEXTS_H
#define IG_PIPELINE_TRANSLATE_TEXTS_H
#include "ingot_texts.h"

// IG_ERROR_ARGUMENT if texts (count) or one of them is NULL.
ig_status ig_translate_texts_check(const char *const *texts, size_t count, ig_error *err);
#endif
