// Strings in, strings out: the translator's inner API. The public one is in ingot.h.
#ifndef IG_PIPELINE_TRANSLATOR_H
#define IG_PIPELINE_TRANSLATOR_H
#include "base/pool.h"
#include "model/model.h"
#include "text/tokenizer.h"

// Translates count lines with a model in memory, one still in training too (its weights are read as
// they stand now; call from the training thread). pool: its threads are used (NULL: one). options
// as for ig_translator_open (threads, workers are ignored). out (count): malloc'ed strings for the
// caller to free(); on failure none is left.
ig_status ig_pipeline_translate_model(const ig_model *model, const ig_tokenizer *tokenizer,
                                      const ig_translator_options *options, ig_pool *pool,
                                      const char *const *lines, size_t count, char **out,
                                      ig_error *err);
#endif
