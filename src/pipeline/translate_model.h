// Lines translated with a model in memory.
#ifndef IG_PIPELINE_TRANSLATE_MODEL_H
#define IG_PIPELINE_TRANSLATE_MODEL_H
#include "base/pool.h"
#include "ingot.h"
#include "model/model.h"
#include "text/tokenizer.h"

typedef struct ig_translate_model_args {
  const ig_model *model;  // also one that is being trained: its weights are read as they are now
  const ig_tokenizer *tokenizer;
  const ig_translator_options *options;  // as for ig_translator_open_on; n_best is at most 1
  ig_pool *pool;                         // its threads are used; NULL: the caller's alone
} ig_translate_model_args;

// out (count): malloc'ed strings for the caller to free(); on failure none is left. Call it from
// the thread that trains the model.
ig_status ig_translate_model(const ig_translate_model_args *args, const char *const *lines,
                             size_t count, char **out, ig_error *err);
#endif
